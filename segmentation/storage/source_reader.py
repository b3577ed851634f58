"""Reads input tables: the log, and lookups. CSV, JSON lines, Parquet, Delta, or a table of the catalog."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as arrow
from pyarrow import parquet
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from segmentation.errors import InputError, SegmentationError
from segmentation.schemas import RECORD, STRING, named, whole_microseconds
from segmentation.storage.error_translation import translate_error, translate_option_error
from segmentation.storage.files import spark_path
from segmentation.storage.source_checks import check_columns, check_csv_headers, check_parquet_schemas, has_generated_names
from segmentation.storage.source_files import Source, list_source_files, require_files, require_no_skipped_files

CORRUPT_RECORD = "__unreadable_record"
"""Column of a table as it is read: the text of a record that could not be parsed."""
CSV_DEFAULTS: dict[str, Any] = {"header": True, "escape": '"', "enforceSchema": False, "columnPruning": False}
PERMISSIVE = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT_RECORD}
_PARQUET_DEFAULTS = {"parquet.page.verify-checksum.enabled": True}
_NO_LIMITS = {"maxCharsPerColumn": -1, "maxColumns": 1_000_000}
_NANOS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong"

_SAMPLED_LINES = 1000
_TEXT, _OBJECT = "value", "__object"
_SECOND_OBJECT = r'\}\s*\{\s*"(?:[^"\\]|\\.)*"\s*:'
"""The end of an object followed by another object. Within a string the quote would be escaped."""


@dataclass(frozen=True)
class _UnlimitedCsv:
    """CSV files, read without the parser's limits: its error would quote the line."""

    path: str
    options: dict[str, str | bool | int | float]
    format: Literal["csv"] = "csv"


def read_source(
    spark: SparkSession, source: Source, columns: Mapping[str, str], section: str = "input.columns", may_quote: bool = True
) -> DataFrame:
    """Read the mapped columns of an input table under our names, with their values unchanged.

    There is one row per record: the mapped columns, and `record`, the text of a record that could not be parsed (otherwise null).

    `columns` maps our names to the table's; no other column is read. `section` is where the settings name the columns, for messages.
    Without `may_quote` messages do not quote the table's column names: in a file without a header these are its first line.

    Raises
    ------
    InputError
        There is no file, files would be skipped, or a column is missing in all files or in some; names the columns present and the
        nearest match.
    SettingsError
        Spark rejects the reader options.
    """
    require_files(source, section)
    if source.format == "parquet":
        _check_parquet_files(source, columns)
    if not may_quote and source.format == "csv":
        source = _UnlimitedCsv(source.path, {**source.options, **_NO_LIMITS})
        _check_headers(source)
    frame = _open(spark, source, section)
    check_columns([name for name in frame.columns if name != CORRUPT_RECORD], columns, source, section, may_quote)
    require_no_skipped_files(frame, source, section)
    is_text = source.format in ("csv", "json")
    record = F.col(CORRUPT_RECORD) if is_text else F.lit(None).cast(STRING)
    return frame.select(*(named(theirs).alias(ours) for ours, theirs in columns.items()), record.alias(RECORD))


def _open(spark: SparkSession, source: Source, section: str) -> DataFrame:
    try:
        return _READERS[source.format](spark, source)
    except SegmentationError:
        raise
    except Exception as error:
        raise translate_error(error) or translate_option_error(error, source.options, section) or error from None


def _read_csv(spark: SparkSession, source: Source) -> DataFrame:
    schema, options = csv_schema(spark, source)
    return spark.read.options(**options).schema(schema).csv(spark_path(source.path))


def csv_schema(spark: SparkSession, source: Source) -> tuple[StructType, dict[str, Any]]:
    """Schema and options for reading CSV files: all columns as text, and records that do not fit the header in a column of their own."""
    options = {**CSV_DEFAULTS, **source.options, **_wide_encoding_options(source)}
    header = spark.read.options(**options).csv(spark_path(source.path)).schema
    for field in header.fields:
        field.dataType = STRING
    if str(options["header"]).lower() == "true" and has_generated_names(header.names) and _check_headers(source):
        # Otherwise Spark would compare each header with the names it has generated, and reject it.
        options["enforceSchema"] = True
    return header.add(CORRUPT_RECORD, STRING), {**options, **PERMISSIVE}


def _check_headers(source: Source) -> bool:
    """Raise unless all files have the same header; False if they could not be listed from here."""
    listed = list_source_files(source) if str(source.options.get("header", True)).lower() == "true" else None
    if listed:
        check_csv_headers(*listed, source.options)
    return listed is not None


def _wide_encoding_options(source: Source) -> dict[str, bool]:
    """UTF-16 and UTF-32 text can be split into lines only when read from the file's beginning."""
    given = {key.lower(): str(value).lower() for key, value in source.options.items()}
    is_wide = given.get("encoding", given.get("charset", "")).startswith(("utf-16", "utf-32", "utf16", "utf32"))
    return {"multiLine": True} if is_wide else {}


def _read_json_lines(spark: SparkSession, source: Source) -> DataFrame:
    """All fields of the first lines, as text; inferring the schema of the whole log would read it twice.

    A line is one object or cannot be parsed: Spark's own reader would take the first of several objects and ignore the others.
    """
    lines = spark.read.options(**source.options).text(spark_path(source.path)).select(_TEXT)
    names = dict.fromkeys(name for row in lines.limit(_SAMPLED_LINES).collect() for name in _json_keys(row[_TEXT]))
    return json_records(lines, list(names), source) if names else lines.select(F.lit(None).cast(STRING).alias(CORRUPT_RECORD))


def _json_keys(line: str) -> list[str]:
    try:
        value = json.loads(line)
    except (RecursionError, ValueError):
        return []
    return list(value) if isinstance(value, dict) else []


def json_records(lines: DataFrame, names: list[str], source: Source, *others: str) -> DataFrame:
    """Fields of the JSON objects in `value`, Spark's column of text lines, and other columns; blank lines are dropped."""
    options = {key: str(value) for key, value in source.options.items()}
    parsed = lines.where(F.trim(F.col(_TEXT)) != "").withColumn(_OBJECT, parse_json_object(F.col(_TEXT), names, options))
    return parsed.select(*(value.alias(name) for name, value in parsed_fields(_TEXT, _OBJECT, names).items()), *others)


def parse_json_object(text: Column, names: Iterable[str], options: Mapping[str, str]) -> Column:
    """A JSON object's fields as text, with the corrupt record; null if the text is not exactly one object."""
    parsed = F.from_json(text, text_fields(names), {**options, **PERMISSIVE})
    trimmed = F.trim(text)
    is_single_object = trimmed.startswith("{") & trimmed.endswith("}") & ~trimmed.rlike(_SECOND_OBJECT)
    return F.when(is_single_object, parsed)


def text_fields(names: Iterable[str]) -> str:
    """Schema (DDL) of parsed records: all fields as text, and the corrupt record."""
    return ", ".join(f"`{name.replace('`', '``')}` STRING" for name in (*names, CORRUPT_RECORD))


def parsed_fields(text: str, parsed: str, names: Iterable[str]) -> dict[str, Column]:
    """Fields of a column of parsed records by name; the corrupt record is the whole text where parsing returned null."""
    fields = {name: F.col(parsed).getField(name) for name in (*names, CORRUPT_RECORD)}
    return fields | {CORRUPT_RECORD: F.when(F.col(parsed).isNull(), F.col(text)).otherwise(fields[CORRUPT_RECORD])}


def _read_parquet(spark: SparkSession, source: Source) -> DataFrame:
    """Nanosecond timestamps, which Spark rejects, are read as BIGINT and truncated to microseconds."""
    reader = _reader(spark, source, _PARQUET_DEFAULTS)
    try:
        return reader.parquet(spark_path(source.path))
    except AnalysisException as error:
        if "TIMESTAMP(NANOS" not in str(error):
            raise
    spark.conf.set(_NANOS_AS_LONG, "true")
    frame = reader.parquet(spark_path(source.path))
    return frame.withColumns({name: F.timestamp_micros(whole_microseconds(named(name))) for name in _nanosecond_columns(source)})


def _check_parquet_files(source: Source, columns: Mapping[str, str]) -> None:
    listed = list_source_files(source)
    if listed is None:
        return
    filesystem, files = listed
    if empty := [file for file in files if not filesystem.size(file)]:
        more = f", like {len(empty) - 1:,} others" if len(empty) > 1 else ""
        raise InputError(f"{empty[0]}: an empty file, not a Parquet file{more}. It was probably not written to its end: fetch it again")
    check_parquet_schemas(filesystem, files, set(columns.values()))


def _nanosecond_columns(source: Source) -> list[str]:
    listed = list_source_files(source)
    if listed is None:
        raise InputError(f"{source.path}: times in nanoseconds, on a file system that only Spark can list: write them as microseconds")
    filesystem, files = listed
    with filesystem.open(files[0]) as file:
        schema = parquet.read_schema(file)
    return [field.name for field in schema if arrow.types.is_timestamp(field.type) and field.type.unit == "ns"]


def _read_delta(spark: SparkSession, source: Source) -> DataFrame:
    return _reader(spark, source).format("delta").load(spark_path(source.path))


def _read_catalog_table(spark: SparkSession, source: Source) -> DataFrame:
    return _reader(spark, source).table(source.path)


_READERS = {
    "csv": _read_csv,
    "json": _read_json_lines,
    "parquet": _read_parquet,
    "delta": _read_delta,
    "table": _read_catalog_table,
}


def _reader(spark: SparkSession, source: Source, defaults: Mapping[str, Any] | None = None) -> DataFrameReader:
    return spark.read.options(**{**(defaults or {}), **source.options})
