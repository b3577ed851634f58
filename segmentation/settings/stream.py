"""Settings of a stream: where messages come from, what names a line, and how late one may be."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator

from segmentation.settings.data import Name
from segmentation.settings.privacy import KeyReference
from segmentation.settings.section import Section


class KafkaSettings(Section):
    """A Kafka topic whose messages are lines of the log, one each; the value's columns are those of `input.columns`."""

    servers: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Brokers to ask first, such as [broker-1:9092]."""
    topic: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$", max_length=249)]
    """The topic."""
    value: Literal["json", "csv"] = "json"
    """What a message's value is: a JSON object, or a CSV row (with `stream.csv_columns`)."""
    key_names_line: bool = False
    """Whether a message's key names its line: a message with a key that was met before is the same line sent again."""
    start: Literal["earliest", "latest"] = "earliest"
    """Where a stream without a checkpoint begins."""
    client: KeyReference | None = None
    """Where Java properties of the client are (security.protocol, sasl.*, ssl.*), with its passwords. Default: none are needed."""


class StreamSettings(Section):
    """The log as a stream, for `segmentation stream`: the files of `input` as they come, or a Kafka topic (docs/streaming.md)."""

    kafka: KafkaSettings | None = None
    """The topic to read. Default: new files under input.path are read, in the order of their times of change."""
    csv_columns: tuple[Name, ...] = ()
    """Names of a CSV row's columns in their order, where no header tells them: in Kafka, or while input.path holds no file yet."""
    line_id: tuple[Name, ...] = ()
    """Columns, by the names they have there, that together name a line and no other, such as order number and line number: a line of a
    name that was met before is the same line sent again, and counts once. Default: every line that comes is a line of its own."""
    late_days: Annotated[int, Field(ge=1, le=36500)] = 7
    """A line this much older than the latest line before it is rejected as too_late, days. So long are lines kept."""
    every_seconds: Annotated[int, Field(ge=0, le=86400)] = 10
    """A batch begins so many seconds after the one before it began, or at once where that took longer."""
    most_files: Annotated[int, Field(ge=1)] = 100
    """Files of one batch at most."""
    most_messages: Annotated[int, Field(ge=1)] = 200_000
    """Kafka's messages of one batch at most."""

    @field_validator("csv_columns")
    @classmethod
    def _differ(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"columns must differ, found {', '.join(map(repr, twice))} more than once")
        return names

    def fault(self, mapped: Mapping[str, str]) -> str | None:
        """What does not fit the log's columns, given as our names with theirs; None where all does."""
        if self.kafka and self.kafka.key_names_line and self.line_id:
            return "stream.line_id and stream.kafka.key_names_line both name lines: keep one of them"
        if self.kafka and self.kafka.value == "csv" and not self.csv_columns:
            return "stream.kafka.value csv needs stream.csv_columns: a row does not tell what its columns are called"
        missing = [name for name in (*mapped.values(), *self.line_id) if name not in self.csv_columns] if self.csv_columns else []
        return f"stream.csv_columns lacks {', '.join(map(repr, missing))}, which input.columns or stream.line_id name" if missing else None
