"""The user's tables: the log, and lookups beside it."""

import difflib
import json
import posixpath
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import fsspec
import pyarrow as arrow
from pyarrow import parquet
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F

from segmentation.errors import InputError
from segmentation.schemas import RECORD, STRING, named, whole_microseconds
from segmentation.storage.files import spark_path
from segmentation.storage.headers import check_headers

_CORRUPT = "__unreadable_record"
_JSON_LINES_LOOKED_AT = 1000
_CSV_DEFAULTS = {"header": True, "escape": '"', "enforceSchema": False, "columnPruning": False}
_NANOS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong"


class Source(Protocol):
    """Where a table of the user's lies: the log, or a lookup."""

    @property
    def format(self) -> Literal["csv", "parquet", "json", "delta", "table"]:
        """How it is written."""

    @property
    def path(self) -> str:
        """File, folder, glob, or a table's name."""

    @property
    def options(self) -> dict[str, str | bool | int | float]:
        """Spark's reader options."""


@dataclass(frozen=True)
class _Roomy:
    """CSV files without limits of which Spark's parser could only tell by quoting the line."""

    path: str
    options: dict[str, str | bool | int | float]
    format: Literal["csv"] = "csv"


_NO_LIMITS = {"maxCharsPerColumn": -1, "maxColumns": 1_000_000}


def input_bytes(source: Source) -> int | None:
    """Bytes of the input's files; None where they cannot be listed from here."""
    try:
        filesystem, files = _files(source.path)
        return sum(filesystem.size(file) or 0 for file in files)
    except (ImportError, OSError, ValueError):
        return None


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
        Nothing there, or a column that is not: names what was found and the nearest match.
    """
    _check_presence(source, section)
    if not quotes and source.format == "csv":
        source = _Roomy(source.path, {**source.options, **_NO_LIMITS})
        if str(source.options.get("header", True)).lower() == "true":
            with suppress(ImportError, ValueError):  # a scheme only Spark can list
                check_headers(*_files(source.path), source.options)
    frame = _READERS[source.format](spark, source)
    _check_columns(frame, columns, source.path, section, quotes)
    record = F.col(_CORRUPT) if _CORRUPT in frame.columns else F.lit(None).cast(STRING)
    return frame.select(*(named(theirs).alias(ours) for ours, theirs in columns.items()), record.alias(RECORD))


def _csv(spark: SparkSession, source: Source) -> DataFrame:
    """Every column as text, and records that do not fit the header kept apart."""
    reader = _reader(spark, source, _CSV_DEFAULTS)
    header = reader.csv(spark_path(source.path)).schema
    for field in header.fields:
        field.dataType = STRING
    # Spark makes up a name where the header has none, and then finds the header to differ.
    made_up = any(re.fullmatch(r"_c\d+", name) for name in header.names)
    return (
        _reader(spark, source, {**_CSV_DEFAULTS, "enforceSchema": made_up})
        .option("mode", "PERMISSIVE")
        .option("columnNameOfCorruptRecord", _CORRUPT)
        .schema(header.add(_CORRUPT, STRING))
        .csv(spark_path(source.path))
    )


def _json(spark: SparkSession, source: Source) -> DataFrame:
    """Every field of the first lines as text; a scan of the whole log for its schema would read it twice."""
    texts = spark.read.text(spark_path(source.path)).limit(_JSON_LINES_LOOKED_AT).collect()
    names = dict.fromkeys(name for row in texts for name in _keys(row.value))
    schema = ", ".join(f"`{name.replace('`', '``')}` STRING" for name in (*names, _CORRUPT))
    reader = _reader(spark, source).option("mode", "PERMISSIVE").option("columnNameOfCorruptRecord", _CORRUPT)
    return reader.schema(schema).json(spark_path(source.path))


def _keys(line: str) -> list[str]:
    try:
        found = json.loads(line)
    except ValueError:
        return []
    return list(found) if isinstance(found, dict) else []


def _parquet(spark: SparkSession, source: Source) -> DataFrame:
    """Nanosecond timestamps, which Spark refuses, come as BIGINT and are cut to microseconds."""
    try:
        return _reader(spark, source).parquet(spark_path(source.path))
    except AnalysisException as error:
        if "TIMESTAMP(NANOS" not in str(error):
            raise
    spark.conf.set(_NANOS_AS_LONG, "true")
    frame = _reader(spark, source).parquet(spark_path(source.path))
    in_time = {name: F.timestamp_micros(whole_microseconds(named(name))) for name in _nanosecond_columns(source.path)}
    return frame.withColumns(in_time)


def _nanosecond_columns(path: str) -> list[str]:
    filesystem, files = _files(path)
    with filesystem.open(files[0]) as file:
        schema = parquet.read_schema(file)
    return [field.name for field in schema if arrow.types.is_timestamp(field.type) and field.type.unit == "ns"]


def _delta(spark: SparkSession, source: Source) -> DataFrame:
    return _reader(spark, source).format("delta").load(spark_path(source.path))


def _catalog_table(spark: SparkSession, source: Source) -> DataFrame:
    return _reader(spark, source).table(source.path)


_READERS = {"csv": _csv, "json": _json, "parquet": _parquet, "delta": _delta, "table": _catalog_table}


def _reader(spark: SparkSession, source: Source, defaults: Mapping[str, Any] | None = None) -> DataFrameReader:
    return spark.read.options(**{**(defaults or {}), **source.options})


def _check_presence(source: Source, section: str) -> None:
    if source.format == "table":
        return
    try:
        _, files = _files(source.path)
    except (ImportError, ValueError):  # a scheme only Spark can list
        return
    if not files:
        filesystem, target = fsspec.core.url_to_fs(source.path)
        what = "an empty folder" if filesystem.isdir(target) else "no such file or folder"
        root, _, _ = section.partition(".")
        hint = ", or give another with --input" if root == "input" else ""
        raise InputError(f"{source.path}: {what}. Check {root}.path{hint}")


def _files(path: str) -> tuple[fsspec.AbstractFileSystem, list[str]]:
    """Data files at a path, folder or glob; what Spark passes over (names with _ or . in front) is passed over."""
    filesystem, target = fsspec.core.url_to_fs(path)
    roots = filesystem.glob(target) if any(sign in target for sign in "*?[{") else [target]
    found = [file for root in roots for file in (filesystem.find(root) if filesystem.exists(root) else [])]
    return filesystem, [file for file in found if posixpath.basename(file)[0] not in "._"]


def _check_columns(frame: DataFrame, columns: Mapping[str, str], path: str, section: str, quotes: bool) -> None:
    found = [name for name in frame.columns if name != _CORRUPT]
    missing = {ours: theirs for ours, theirs in columns.items() if theirs not in found}
    if not missing:
        return
    near = {theirs: difflib.get_close_matches(theirs, found, n=1, cutoff=0.5) if quotes else [] for theirs in missing.values()}
    lines = [
        f"  - {theirs!r} ({section}.{ours}){f', did you mean {near[theirs][0]!r}?' if near[theirs] else ''}"
        for ours, theirs in missing.items()
    ]
    alone = len(found) == 1 and any(sign in found[0] for sign in ",;\t|")
    hint = f"\nThe header is a single column: is the separator right? Set {section.partition('.')[0]}.options.sep" if alone else ""
    raise InputError(
        "\n".join([f"{path}: {len(missing)} of {len(columns)} columns are missing", *lines])
        + f"\nFound: {', '.join(map(repr, found[:50])) if quotes else _unquoted(found)}{hint}"
    )


def _unquoted(found: list[str]) -> str:
    return f"{len(found)} others. They are not shown: in a file without a header they are a customer's line (privacy.pseudonyms)"
