"""A Kafka topic as lines of the log: JSON objects or CSV rows; messages that are neither become unreadable records."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.errors import InputError, SettingsError
from segmentation.schemas import ARRIVED_AT, MESSAGE, STRING, named
from segmentation.settings import KafkaSettings
from segmentation.storage.secrets import read_properties
from segmentation.storage.source_reader import CORRUPT_RECORD, PERMISSIVE, parse_json_object, parsed_fields, text_fields

MESSAGE_KEY = "message_key"
_TOPIC, _PARTITION, _OFFSET = "topic", "partition", "offset"
_TEXT, _PARSED = "__text", "__parsed"
_CLIENT_PREFIXES = ("security.", "sasl.", "ssl.")
_FILE_OPTIONS = {"header", "enforceschema", "columnpruning", "inferschema", "samplingratio", "multiline", "mode", "encoding", "charset"}
"""Reader options, in lower case, that apply to a file and not to a single row."""


def read_messages(spark: SparkSession, kafka: KafkaSettings, max_offsets: int) -> DataFrame:
    """The messages of a topic, streaming.

    Raises
    ------
    SettingsError
        Properties of the client that are not about security.
    InputError
        Spark has no Kafka connector.
    """
    properties = read_properties(kafka.client, "stream.kafka.client") if kafka.client else {}
    if unknown := sorted(name for name in properties if not name.startswith(_CLIENT_PREFIXES)):
        raise SettingsError(
            f"stream.kafka.client: {len(unknown)} properties are none of {', '.join(_CLIENT_PREFIXES)}*, such as {unknown[0][:60]!r}"
        )
    options = {
        **{f"kafka.{name}": value for name, value in properties.items()},
        "kafka.bootstrap.servers": ",".join(kafka.servers),
        "subscribe": kafka.topic,
        "startingOffsets": kafka.starting_offsets,
        "maxOffsetsPerTrigger": str(max_offsets),
    }
    try:
        return spark.readStream.format("kafka").options(**options).load()
    except Exception as error:
        if "kafka" in str(error).lower() and "DATA_SOURCE" in str(error):
            raise InputError("this Spark has no reader for Kafka: add its package (docs/streaming.md)") from None
        raise


def lines_from_messages(
    messages: DataFrame, value: Literal["json", "csv"], names: Iterable[str], csv_columns: Iterable[str], options: Mapping[str, Any]
) -> DataFrame:
    """Parse messages, one line each.

    `messages` are those of Spark's Kafka source. `names` are fields to read from a JSON object, `csv_columns` the columns of a CSV row,
    in order, and `options` those of Spark's reader.

    Returns
    -------
    DataFrame
        The fields as text under their own names; the text of a value that could not be parsed, without its line end (empty for a missing
        value); message_key, BINARY; message: topic, partition and offset; arrived_at: Kafka's timestamp.
    """
    fields = list(csv_columns if value == "csv" else names)
    row_options = {key: str(given) for key, given in options.items() if key.lower() not in _FILE_OPTIONS}
    text = F.regexp_replace(F.coalesce(F.make_valid_utf8(F.col("value").cast(STRING)), F.lit("")), r"[\r\n]+$", "")
    parse = _parse_csv_row if value == "csv" else parse_json_object
    rows = messages.select(
        text.alias(_TEXT),
        F.col("key").alias(MESSAGE_KEY),
        F.struct(_TOPIC, _PARTITION, _OFFSET).alias(MESSAGE),
        F.col("timestamp").alias(ARRIVED_AT),
    ).withColumn(_PARSED, parse(F.col(_TEXT), fields, row_options))
    parsed = parsed_fields(_TEXT, _PARSED, fields)
    is_empty = F.coalesce(*(parsed[name] for name in fields)).isNull()
    record = F.when(is_empty, F.col(_TEXT)).otherwise(parsed.pop(CORRUPT_RECORD))
    return rows.select(
        *(column.alias(name) for name, column in parsed.items()), record.alias(CORRUPT_RECORD), MESSAGE_KEY, MESSAGE, ARRIVED_AT
    )


def _parse_csv_row(text: Column, names: list[str], options: Mapping[str, str]) -> Column:
    """A CSV row; null for several, of which Spark would parse the first and ignore the others."""
    quote = options.get("quote", '"')
    unquoted = F.regexp_replace(text, rf"\Q{quote}\E[^{_escaped(quote)}]*\Q{quote}\E", "") if quote else text
    return F.when(~unquoted.rlike(r"[\r\n]"), F.from_csv(text, text_fields(names), {"escape": '"', **options, **PERMISSIVE}))


def _escaped(sign: str) -> str:
    return f"\\{sign}" if sign in "\\]^-[" else sign


def composite_line_id(columns: Iterable[str]) -> Column:
    """Columns joined into one text that is equal only for equal values; null if one of them is null."""
    parts = [named(name).cast(STRING) for name in columns]
    is_complete = F.lit(True)
    for part in parts:
        is_complete = is_complete & part.isNotNull()
    return F.when(is_complete, F.to_json(F.array(*parts))) if parts else F.lit(None).cast(STRING)
