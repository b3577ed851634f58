"""Settings of a stream: where messages come from, what identifies a line, and how late it may be."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator

from segmentation.settings.privacy import KeyReference
from segmentation.settings.section import Name, SettingsSection


class KafkaSettings(SettingsSection):
    """A Kafka topic with one line of the log in each message; the value's columns are those of `input.columns`."""

    servers: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Bootstrap brokers, such as [broker-1:9092]."""
    topic: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$", max_length=249)]
    """The topic."""
    value: Literal["json", "csv"] = "json"
    """Format of a message's value: a JSON object, or a CSV row (with `stream.csv_columns`)."""
    key_names_line: bool = False
    """Whether a message's key identifies its line: a second message with the same key is the same line sent again."""
    starting_offsets: Literal["earliest", "latest"] = "earliest"
    """Where a stream without a checkpoint starts."""
    client: KeyReference | None = None
    """Where the client's Java properties are (security.protocol, sasl.*, ssl.*), with its passwords. Default: none."""


class StreamSettings(SettingsSection):
    """The log as a stream, for `segmentation stream`: files of `input` as they arrive, or a Kafka topic (docs/streaming.md)."""

    kafka: KafkaSettings | None = None
    """The topic to read. Default: new files under input.path, in the order of their modification times."""
    csv_columns: tuple[Name, ...] = ()
    """Names of a CSV row's columns in their order, where there is no header: in Kafka, or while input.path holds no file yet."""
    line_id: tuple[Name, ...] = ()
    """Columns, by their names in the log, that together identify a line, such as order number and line number: a second line with the same
    values is the same line sent again, and counts once. Default: every line counts."""
    max_lateness_days: Annotated[int, Field(ge=1, le=36500)] = 7
    """A line this much older than the latest line of the batches before is rejected as too_late, days. Lines are stored for this long."""
    trigger_seconds: Annotated[int, Field(ge=0, le=86400)] = 10
    """Seconds from the start of one batch to the start of the next, which starts at once where a batch takes longer."""
    max_files_per_trigger: Annotated[int, Field(ge=1)] = 100
    """Most files of one batch."""
    max_offsets_per_trigger: Annotated[int, Field(ge=1)] = 200_000
    """Most Kafka messages of one batch."""

    @field_validator("csv_columns")
    @classmethod
    def _differ(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"columns must differ, found {', '.join(map(repr, repeated))} more than once")
        return names

    def error(self, mapped: Mapping[str, str]) -> str | None:
        """What does not fit the log's columns, given as our names with theirs; None where all does."""
        if self.kafka and self.kafka.key_names_line and self.line_id:
            return "stream.line_id and stream.kafka.key_names_line both identify lines: give only one of them"
        if self.kafka and self.kafka.value == "csv" and not self.csv_columns:
            return "stream.kafka.value csv needs stream.csv_columns: a row does not name its columns"
        missing = [name for name in (*mapped.values(), *self.line_id) if name not in self.csv_columns] if self.csv_columns else []
        return f"stream.csv_columns lacks {', '.join(map(repr, missing))}, which input.columns or stream.line_id name" if missing else None
