"""The log as a stream: files as they come, or a Kafka topic. The only place that starts a streaming query."""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.types import StructType

from segmentation.errors import InputError, SettingsError
from segmentation.schemas import ARRIVED_AT, LINE_NAME, MESSAGE, RECORD, STRING, named
from segmentation.settings import InputSettings, KafkaSettings, StreamSettings
from segmentation.storage.columns import check_columns
from segmentation.storage.files import spark_path
from segmentation.storage.json_lines import fields_of, object_of
from segmentation.storage.messages import KEY, line_name, lines_of_messages
from segmentation.storage.secrets import read_properties
from segmentation.storage.source import CORRUPT, check_presence, files_of
from segmentation.storage.sources import CSV_DEFAULTS, KEEPING_CORRUPT, csv_layout
from segmentation.storage.tables import read_table

_LINE, _OBJECT = "__line", "__object"
_CLIENT = ("security.", "sasl.", "ssl.")
"""What properties of the client may be called."""
_PLACE = (MESSAGE, ARRIVED_AT)


@dataclass(frozen=True)
class Pace:
    """How a stream is followed.

    Parameters
    ----------
    once
        Whether all that is there now is taken, and the stream ends.
    every_seconds
        Else how long from one batch to the next.
    """

    once: bool
    every_seconds: int


def read_stream(spark: SparkSession, source: InputSettings, stream: StreamSettings, quotes: bool = True) -> DataFrame:
    """The log's mapped columns as they stand in what comes.

    Parameters
    ----------
    spark
        The session.
    source
        How lines are written, and where files lie.
    stream
        What is followed.
    quotes
        As of `read_source`.

    Returns
    -------
    DataFrame
        Streaming. The mapped columns under our names and `record`, as `read_source` gives them; line_name: what the settings name a line
        by, null without; message: where it lies, `topic`, `partition` and `offset`, or `file`; arrived_at: Kafka's timestamp, or the file's
        time of change.

    Raises
    ------
    InputError
        No file from which to tell the columns, or one without those mapped.
    SettingsError
        A format that cannot be followed, or properties of the client that are none.
    """
    columns = source.columns.mapped()
    if stream.kafka is None:
        rows = _FILES[source.format](spark, source, stream) if source.format in _FILES else _refused(source.format)
        name = line_name(stream.line_id)
    else:
        messages = _kafka(spark, stream.kafka, stream.most_messages)
        asked = dict.fromkeys((*columns.values(), *stream.line_id))
        rows = lines_of_messages(messages, stream.kafka.value, asked, stream.csv_columns, source.options)
        name = F.hex(KEY) if stream.kafka.key_names_line else line_name(stream.line_id)
    found = [field for field in rows.columns if field not in (CORRUPT, KEY, *_PLACE)]
    check_columns(found, columns | {f"line_id {name}": name for name in stream.line_id}, source, "input.columns", quotes)
    return rows.select(
        *(named(theirs).alias(ours) for ours, theirs in columns.items()), named(CORRUPT).alias(RECORD), name.alias(LINE_NAME), *_PLACE
    )


def follow(lines: DataFrame, take: Callable[[DataFrame, int], None], checkpoint: str, pace: Pace) -> StreamingQuery:
    """Hand a stream's batches over, one after the other, each until it has been taken; what was taken is noted in the checkpoint."""
    writer = lines.writeStream.foreachBatch(take).option("checkpointLocation", spark_path(checkpoint))
    if pace.once:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{pace.every_seconds} seconds").start()


def _csv(spark: SparkSession, source: InputSettings, stream: StreamSettings) -> DataFrame:
    if stream.csv_columns and not _has_files(source):
        schema, options = StructType(), {**CSV_DEFAULTS, **source.options, **KEEPING_CORRUPT}
        for name in (*stream.csv_columns, CORRUPT):
            schema.add(name, STRING)
    else:
        check_presence(source, "input")
        schema, options = csv_layout(spark, source)
    reader = spark.readStream.options(**options).option("maxFilesPerTrigger", stream.most_files).schema(schema)
    return _with_place(reader.csv(spark_path(source.path)))


def _json(spark: SparkSession, source: InputSettings, stream: StreamSettings) -> DataFrame:
    names = list(dict.fromkeys((*source.columns.mapped().values(), *stream.line_id)))
    reader = spark.readStream.options(**source.options).option("maxFilesPerTrigger", stream.most_files)
    lines = _with_place(reader.text(spark_path(source.path))).withColumnRenamed("value", _LINE).where(F.trim(F.col(_LINE)) != "")
    options = {key: str(value) for key, value in source.options.items()}
    rows = lines.withColumn(_OBJECT, object_of(F.col(_LINE), names, options))
    return rows.select(*(value.alias(name) for name, value in fields_of(_LINE, _OBJECT, names).items()), *_PLACE)


def _parquet(spark: SparkSession, source: InputSettings, stream: StreamSettings) -> DataFrame:
    check_presence(source, "input")
    schema = read_table(spark, source.path).schema
    reader = spark.readStream.options(**source.options).option("maxFilesPerTrigger", stream.most_files).schema(schema)
    return _with_place(reader.parquet(spark_path(source.path))).withColumn(CORRUPT, F.lit(None).cast(STRING))


_FILES = {"csv": _csv, "json": _json, "parquet": _parquet}


def _refused(form: str) -> DataFrame:
    raise SettingsError(f"input.format: a stream follows files of csv, json or parquet, or a Kafka topic (stream.kafka), and not {form}")


def _has_files(source: InputSettings) -> bool:
    listed = files_of(source)
    return listed is None or bool(listed[1])


def _with_place(rows: DataFrame) -> DataFrame:
    file, changed = (F.col(f"_metadata.{name}") for name in ("file_path", "file_modification_time"))
    return rows.select("*", F.struct(file.alias("file")).alias(MESSAGE), changed.alias(ARRIVED_AT))


def _kafka(spark: SparkSession, kafka: KafkaSettings, most: int) -> DataFrame:
    properties = read_properties(kafka.client, "stream.kafka.client") if kafka.client else {}
    if strange := sorted(name for name in properties if not name.startswith(_CLIENT)):
        raise SettingsError(
            f"stream.kafka.client: {len(strange)} properties are none of {', '.join(_CLIENT)}*, such as {strange[0][:60]!r}"
        )
    options = {
        **{f"kafka.{name}": value for name, value in properties.items()},
        "kafka.bootstrap.servers": ",".join(kafka.servers),
        "subscribe": kafka.topic,
        "startingOffsets": kafka.start,
        "maxOffsetsPerTrigger": str(most),
    }
    try:
        return spark.readStream.format("kafka").options(**options).load()
    except Exception as error:
        if "kafka" in str(error).lower() and "DATA_SOURCE" in str(error):
            raise InputError("this Spark has no reader for Kafka: add its package (docs/streaming.md)") from None
        raise
