"""The user's tables: the log, and lookups beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as arrow
from pyarrow import parquet
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from segmentation.errors import InputError, SegmentationError
from segmentation.schemas import RECORD, STRING, named, whole_microseconds
from segmentation.storage.agreement import check_footers, has_made_up_names
from segmentation.storage.columns import check_columns
from segmentation.storage.faults import explained, of_options
from segmentation.storage.files import spark_path
from segmentation.storage.headers import check_headers
from segmentation.storage.json_lines import json_lines
from segmentation.storage.source import CORRUPT, Source, check_none_passed_over, check_presence, files_of

CSV_DEFAULTS: dict[str, Any] = {"header": True, "escape": '"', "enforceSchema": False, "columnPruning": False}
_PARQUET_DEFAULTS = {"parquet.page.verify-checksum.enabled": True}
_NO_LIMITS = {"maxCharsPerColumn": -1, "maxColumns": 1_000_000}
_NANOS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong"


@dataclass(frozen=True)
class _Roomy:
    """CSV files without limits of which Spark's parser could only tell by quoting the line."""

    path: str
    options: dict[str, str | bool | int | float]
    format: Literal["csv"] = "csv"


def read_source(
    spark: SparkSession, source: Source, columns: Mapping[str, str], section: str = "input.columns", quotes: bool = True
) -> DataFrame:
    """The mapped columns of a user's table, under our names, as they stand there.

    Parameters
    ----------
    spark
        The session.
    source
        Format, path and options.
    columns
        Our name to theirs; nothing else is read.
    section
        Where the settings name the columns, for messages.
    quotes
        Whether messages may quote what was found: a file without a header shows its first line in place of one.

    Returns
    -------
    DataFrame
        One row a record: the mapped columns, and `record`, the text of a record that could not be read (else null).

    Raises
    ------
    InputError
        Nothing there, files that would be passed over, or a column that is missing in all files or in some: names what was found
        and the nearest match.
    SettingsError
        Reader options that Spark does not take.
    """
    check_presence(source, section)
    if source.format == "parquet":
        _check_footers(source, columns)
    if not quotes and source.format == "csv":
        source = _Roomy(source.path, {**source.options, **_NO_LIMITS})
        _check_headers(source)
    frame = _opened(spark, source, section)
    check_columns([name for name in frame.columns if name != CORRUPT], columns, source, section, quotes)
    check_none_passed_over(frame, source, section)
    is_text = source.format in ("csv", "json")
    record = F.col(CORRUPT) if is_text else F.lit(None).cast(STRING)
    return frame.select(*(named(theirs).alias(ours) for ours, theirs in columns.items()), record.alias(RECORD))


def _opened(spark: SparkSession, source: Source, section: str) -> DataFrame:
    try:
        return _READERS[source.format](spark, source)
    except SegmentationError:
        raise
    except Exception as error:
        raise explained(error) or of_options(error, source.options, section) or error from None


def _csv(spark: SparkSession, source: Source) -> DataFrame:
    schema, options = csv_layout(spark, source)
    return spark.read.options(**options).schema(schema).csv(spark_path(source.path))


def csv_layout(spark: SparkSession, source: Source) -> tuple[StructType, dict[str, Any]]:
    """How CSV files are read: every column as text, and records that do not fit the header kept apart."""
    options = {**CSV_DEFAULTS, **source.options, **_whole_files(source)}
    header = spark.read.options(**options).csv(spark_path(source.path)).schema
    for field in header.fields:
        field.dataType = STRING
    if str(options["header"]).lower() == "true" and has_made_up_names(header.names) and _check_headers(source):
        # Spark would find every header to differ from the names that it has made up.
        options["enforceSchema"] = True
    return header.add(CORRUPT, STRING), {**options, **KEEPING_CORRUPT}


KEEPING_CORRUPT = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT}


def _check_headers(source: Source) -> bool:
    """Raise unless all files have the same header; whether they could be looked at from here."""
    listed = files_of(source) if str(source.options.get("header", True)).lower() == "true" else None
    if listed:
        check_headers(*listed, source.options)
    return listed is not None


def _whole_files(source: Source) -> dict[str, bool]:
    """Text of two or four bytes a letter can be cut into lines only by who reads it from its beginning."""
    given = {key.lower(): str(value).lower() for key, value in source.options.items()}
    is_wide = given.get("encoding", given.get("charset", "")).startswith(("utf-16", "utf-32", "utf16", "utf32"))
    return {"multiLine": True} if is_wide else {}


def _parquet(spark: SparkSession, source: Source) -> DataFrame:
    """Nanosecond timestamps, which Spark refuses, come as BIGINT and are cut to microseconds."""
    reader = _reader(spark, source, _PARQUET_DEFAULTS)
    try:
        return reader.parquet(spark_path(source.path))
    except AnalysisException as error:
        if "TIMESTAMP(NANOS" not in str(error):
            raise
    spark.conf.set(_NANOS_AS_LONG, "true")
    frame = reader.parquet(spark_path(source.path))
    in_time = {name: F.timestamp_micros(whole_microseconds(named(name))) for name in _nanosecond_columns(source)}
    return frame.withColumns(in_time)


def _check_footers(source: Source, columns: Mapping[str, str]) -> None:
    listed = files_of(source)
    if listed is None:
        return
    filesystem, files = listed
    if empty := [file for file in files if not filesystem.size(file)]:
        more = f", like {len(empty) - 1:,} others" if len(empty) > 1 else ""
        raise InputError(f"{empty[0]}: an empty file, not a Parquet file{more}. It was probably not written to its end: fetch it again")
    check_footers(filesystem, files, set(columns.values()))


def _nanosecond_columns(source: Source) -> list[str]:
    listed = files_of(source)
    if listed is None:
        raise InputError(f"{source.path}: times in nanoseconds, on a file system that only Spark can list: write them as microseconds")
    filesystem, files = listed
    with filesystem.open(files[0]) as file:
        schema = parquet.read_schema(file)
    return [field.name for field in schema if arrow.types.is_timestamp(field.type) and field.type.unit == "ns"]


def _delta(spark: SparkSession, source: Source) -> DataFrame:
    return _reader(spark, source).format("delta").load(spark_path(source.path))


def _catalog_table(spark: SparkSession, source: Source) -> DataFrame:
    return _reader(spark, source).table(source.path)


_READERS = {"csv": _csv, "json": json_lines, "parquet": _parquet, "delta": _delta, "table": _catalog_table}


def _reader(spark: SparkSession, source: Source, defaults: Mapping[str, Any] | None = None) -> DataFrameReader:
    return spark.read.options(**{**(defaults or {}), **source.options})
