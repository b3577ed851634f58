"""The log as a stream: new files, or a Kafka topic. The only place that starts a streaming query."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.types import StructType

from segmentation.errors import InputError, SettingsError
from segmentation.schemas import ARRIVED_AT, LINE_NAME, MESSAGE, RECORD, STRING, named
from segmentation.settings import InputSettings, KafkaSettings, StreamSettings
from segmentation.storage.files import spark_path
from segmentation.storage.secrets import read_properties
from segmentation.storage.source_checks import check_columns
from segmentation.storage.source_files import list_source_files, require_files
from segmentation.storage.source_reader import (
    CORRUPT_RECORD,
    CSV_DEFAULTS,
    PERMISSIVE,
    csv_schema,
    json_records,
    parse_json_object,
    parsed_fields,
    text_fields,
)
from segmentation.storage.tables import read_table

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


_ORIGIN = (MESSAGE, ARRIVED_AT)


@dataclass(frozen=True)
class StreamTrigger:
    """When a stream takes batches: `available_now` processes what is there and stops, otherwise one batch per interval."""

    available_now: bool
    interval_seconds: int


def read_stream(spark: SparkSession, source: InputSettings, stream: StreamSettings, may_quote: bool = True) -> DataFrame:
    """Read the log's mapped columns as a stream, with their values unchanged.

    `may_quote` is as in `read_source`.

    Returns
    -------
    DataFrame
        Streaming. The mapped columns under our names and `record`, as in `read_source`; line_name: the line's identity according to the
        settings, null without; message: where the line is, `topic`, `partition` and `offset`, or `file`; arrived_at: Kafka's timestamp, or
        the file's modification time.

    Raises
    ------
    InputError
        No file from which to take the columns, or one without those mapped.
    SettingsError
        A format that cannot be streamed, or invalid properties of the Kafka client.
    """
    columns = source.columns.mapped()
    if stream.kafka is None:
        rows = _read_files(spark, source, stream)
        line_id = composite_line_id(stream.line_id)
    else:
        messages = read_messages(spark, stream.kafka, stream.max_offsets_per_trigger)
        names = dict.fromkeys((*columns.values(), *stream.line_id))
        rows = lines_from_messages(messages, stream.kafka.value, names, stream.csv_columns, source.options)
        line_id = F.hex(MESSAGE_KEY) if stream.kafka.key_names_line else composite_line_id(stream.line_id)
    present = [name for name in rows.columns if name not in (CORRUPT_RECORD, MESSAGE_KEY, *_ORIGIN)]
    check_columns(present, columns | {f"line_id {name}": name for name in stream.line_id}, source, "input.columns", may_quote)
    mapped = (named(theirs).alias(ours) for ours, theirs in columns.items())
    return rows.select(*mapped, named(CORRUPT_RECORD).alias(RECORD), line_id.alias(LINE_NAME), *_ORIGIN)


def start_stream(
    lines: DataFrame, process_batch: Callable[[DataFrame, int], None], checkpoint: str, trigger: StreamTrigger
) -> StreamingQuery:
    """Start a query that passes each batch of a stream, with its number, to a function, and records progress in the checkpoint."""
    writer = lines.writeStream.foreachBatch(process_batch).option("checkpointLocation", spark_path(checkpoint))
    if trigger.available_now:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{trigger.interval_seconds} seconds").start()


def _read_files(spark: SparkSession, source: InputSettings, stream: StreamSettings) -> DataFrame:
    if source.format not in _READERS:
        raise SettingsError(
            f"input.format: a stream follows files of csv, json or parquet, or a Kafka topic (stream.kafka), and not {source.format}"
        )
    return _READERS[source.format](spark, source, stream)


def _read_csv(spark: SparkSession, source: InputSettings, stream: StreamSettings) -> DataFrame:
    if stream.csv_columns and not _has_files(source):
        schema, options = StructType(), {**CSV_DEFAULTS, **source.options, **PERMISSIVE}
        for name in (*stream.csv_columns, CORRUPT_RECORD):
            schema.add(name, STRING)
    else:
        require_files(source, "input")
        schema, options = csv_schema(spark, source)
    reader = spark.readStream.options(**options).option("maxFilesPerTrigger", stream.max_files_per_trigger).schema(schema)
    return _with_origin(reader.csv(spark_path(source.path)))


def _read_json(spark: SparkSession, source: InputSettings, stream: StreamSettings) -> DataFrame:
    names = list(dict.fromkeys((*source.columns.mapped().values(), *stream.line_id)))
    reader = spark.readStream.options(**source.options).option("maxFilesPerTrigger", stream.max_files_per_trigger)
    return json_records(_with_origin(reader.text(spark_path(source.path))), names, source, *_ORIGIN)


def _read_parquet(spark: SparkSession, source: InputSettings, stream: StreamSettings) -> DataFrame:
    require_files(source, "input")
    schema = read_table(spark, source.path).schema
    reader = spark.readStream.options(**source.options).option("maxFilesPerTrigger", stream.max_files_per_trigger).schema(schema)
    return _with_origin(reader.parquet(spark_path(source.path))).withColumn(CORRUPT_RECORD, F.lit(None).cast(STRING))


_READERS = {"csv": _read_csv, "json": _read_json, "parquet": _read_parquet}


def _has_files(source: InputSettings) -> bool:
    listed = list_source_files(source)
    return listed is None or bool(listed[1])


def _with_origin(rows: DataFrame) -> DataFrame:
    file, modified = (F.col(f"_metadata.{name}") for name in ("file_path", "file_modification_time"))
    return rows.select("*", F.struct(file.alias("file")).alias(MESSAGE), modified.alias(ARRIVED_AT))
