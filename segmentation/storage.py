"""The only place that reads or writes: tables through Spark, small files through fsspec."""

import difflib
import json
import os
import posixpath
import re
from collections.abc import Mapping
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import fsspec
import pyarrow as arrow
from fsspec.implementations.local import LocalFileSystem
from pyarrow import parquet
from pyspark.errors import AnalysisException, PySparkException
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F

from segmentation.errors import InputError, SegmentationError, SettingsError
from segmentation.schemas import RECORD, STRING, named

_CORRUPT = "__unreadable_record"
_JSON_LINES_LOOKED_AT = 1000
_CSV_DEFAULTS = {"header": True, "escape": '"', "enforceSchema": False}
_NANOS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong"


class Source(Protocol):
    """Where a table of the user's lies: the log, or a lookup."""

    format: Literal["csv", "parquet", "json", "delta", "table"]
    path: str
    options: dict[str, str | bool | int | float]


def join(root: str, *parts: str) -> str:
    """A path below a root."""
    return posixpath.join(root, *parts)


def spark_path(path: str) -> str:
    """A path as Spark reads it: without a scheme it is this machine's (or a Databricks volume), not the default file system's."""
    given = urlsplit(path).scheme or path.startswith("/Volumes/")
    return path if given else "file://" + os.path.abspath(path)


def input_bytes(source: Source) -> int | None:
    """Bytes of the input's files; None where they cannot be listed from here."""
    try:
        filesystem, files = _files(source.path)
        return sum(filesystem.size(file) or 0 for file in files)
    except (ImportError, OSError, ValueError):
        return None


def read_source(spark: SparkSession, source: Source, columns: Mapping[str, str]) -> DataFrame:
    """The mapped columns of a user's table, under our names, as they stand there.

    Parameters
    ----------
    spark
        The session.
    source
        Format, path and options.
    columns
        Our name to theirs; nothing else is read.

    Returns
    -------
    DataFrame
        One row a record: the mapped columns, and `record`, the text of a record that could not be read (else null).

    Raises
    ------
    InputError
        Nothing there, or a column that is not: names what was found and the nearest match.
    """
    _check_presence(source)
    frame = _READERS[source.format](spark, source)
    _check_columns(frame, columns, source.path)
    record = F.col(_CORRUPT) if _CORRUPT in frame.columns else F.lit(None).cast(STRING)
    return frame.select(*(named(theirs).alias(ours) for ours, theirs in columns.items()), record.alias(RECORD))


def write_table(frame: DataFrame, path: str) -> None:
    """Write a table as Parquet to a path where nothing is yet."""
    frame.write.mode("error").parquet(spark_path(path))


def read_table(spark: SparkSession, path: str) -> DataFrame:
    """A table this project wrote."""
    return spark.read.parquet(spark_path(path))


def write_model(model: PipelineModel, path: str) -> None:
    """Save a fitted pipeline to a path where nothing is yet."""
    model.write().save(spark_path(path))


def read_model(path: str) -> PipelineModel:
    """A fitted pipeline this project saved."""
    return PipelineModel.load(spark_path(path))


def write_text(path: str, text: str) -> None:
    """Write a small file whole, or not at all."""
    filesystem, target = fsspec.core.url_to_fs(path)
    if not isinstance(filesystem, LocalFileSystem):
        filesystem.pipe_file(target, text.encode())
        return
    aside = f"{target}.{os.getpid()}.tmp"
    with open(aside, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, target)


def read_text(path: str) -> str:
    """A small file's text."""
    filesystem, target = fsspec.core.url_to_fs(path)
    return str(filesystem.cat_file(target).decode())


def make_folder(path: str) -> None:
    """Make a folder with its parents.

    Raises
    ------
    SettingsError
        It cannot be made or written to.
    """
    filesystem, target = fsspec.core.url_to_fs(path)
    try:
        filesystem.makedirs(target, exist_ok=True)
        if isinstance(filesystem, LocalFileSystem) and not os.access(target, os.W_OK):
            raise PermissionError(f"no right to write to {target}")
    except OSError as error:
        raise SettingsError(f"output.path: {path} cannot be written: {error}. Name another with --output") from None


def exists(path: str) -> bool:
    """Whether anything is at a path."""
    filesystem, target = fsspec.core.url_to_fs(path)
    return bool(filesystem.exists(target))


def remove(path: str) -> None:
    """Remove a folder of this project's own, if it is there."""
    filesystem, target = fsspec.core.url_to_fs(path)
    if filesystem.exists(target):
        filesystem.rm(target, recursive=True)


def switch(root: str, run: str, pointer: Mapping[str, Any]) -> None:
    """Point readers at a run, in one atomic step.

    On a local disk the one step is renaming the link `current`; `current.json` is a link through it, so that
    both always speak of the same run. Elsewhere `current.json` is written in one put.
    """
    text = json.dumps(pointer, indent=2) + "\n"
    filesystem, target = fsspec.core.url_to_fs(root)
    if not isinstance(filesystem, LocalFileSystem):
        write_text(join(root, "current.json"), text)
        return
    write_text(join(target, run, "pointer.json"), text)
    try:
        _link(join("current", "pointer.json"), join(target, "current.json"))
        _link(run, join(target, "current"))
    except OSError:  # a disk without links
        write_text(join(target, "current.json"), text)


def explained(error: PySparkException) -> SegmentationError | None:
    """What a failed read means for the user, or None where it is no fault of the input."""
    text = str(error)
    file = re.search(r"(?:file|Path:?|path)\s*(?:\[?)((?:file|s3a?|hdfs|abfss?|gs|dbfs):/[^\s,\]]+)", text)
    where = file[1].rstrip(".") if file else "the input"
    for sign, meaning in _SIGNS.items():
        if sign in text:
            return InputError(f"{where}: {meaning}")
    return None


_SIGNS = {
    "CSV header does not conform": "its header differs from the other files': same columns, same order, in every file",
    "EOFException": "the compressed file ends too early; it was probably cut off. Fetch it again",
    "ZipException": "not a gzip file, though it is named like one",
    "not a gzip file": "not a gzip file, though it is named like one",
    "incorrect header check": "not a gzip file, though it is named like one",
    "invalid block type": "the compressed file is damaged. Fetch it again",
    "is not a Parquet file": "not a Parquet file. Is input.format right?",
    "CANNOT_READ_FILE_FOOTER": "not a Parquet file, or a cut-off one. Is input.format right?",
    "FAILED_READ_FILE": "the file cannot be read; it may be damaged, or of another format than input.format",
    "PATH_NOT_FOUND": "no such file or folder",
    "DATA_SOURCE_NOT_FOUND": "this Spark has no reader for input.format; add its package (for delta: io.delta:delta-spark)",
    "TABLE_OR_VIEW_NOT_FOUND": "no such table in the catalog; check input.path",
}


def _csv(spark: SparkSession, source: Source) -> DataFrame:
    """Every column as text, and records that do not fit the header kept apart."""
    reader = _reader(spark, source, _CSV_DEFAULTS)
    header = reader.csv(spark_path(source.path)).schema
    for field in header.fields:
        field.dataType = STRING
    return (
        _reader(spark, source, _CSV_DEFAULTS)
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
    in_time = {name: F.timestamp_micros(F.floor(named(name) / 1000)) for name in _nanosecond_columns(source.path)}
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


def _check_presence(source: Source) -> None:
    if source.format == "table":
        return
    try:
        _, files = _files(source.path)
    except (ImportError, ValueError):  # a scheme only Spark can list
        return
    if not files:
        filesystem, target = fsspec.core.url_to_fs(source.path)
        what = "an empty folder" if filesystem.isdir(target) else "no such file or folder"
        raise InputError(f"{source.path}: {what}. Check input.path, or give another with --input")


def _files(path: str) -> tuple[fsspec.AbstractFileSystem, list[str]]:
    """Data files at a path, folder or glob; what Spark passes over (names with _ or . in front) is passed over."""
    filesystem, target = fsspec.core.url_to_fs(path)
    roots = filesystem.glob(target) if any(sign in target for sign in "*?[{") else [target]
    found = [file for root in roots for file in (filesystem.find(root) if filesystem.exists(root) else [])]
    return filesystem, [file for file in found if posixpath.basename(file)[0] not in "._"]


def _check_columns(frame: DataFrame, columns: Mapping[str, str], path: str) -> None:
    found = [name for name in frame.columns if name != _CORRUPT]
    missing = {ours: theirs for ours, theirs in columns.items() if theirs not in found}
    if not missing:
        return
    near = {theirs: difflib.get_close_matches(theirs, found, n=1, cutoff=0.5) for theirs in missing.values()}
    lines = [
        f"  - {theirs!r} (input.columns.{ours}){f', did you mean {near[theirs][0]!r}?' if near[theirs] else ''}"
        for ours, theirs in missing.items()
    ]
    alone = len(found) == 1 and any(sign in found[0] for sign in ",;\t|")
    hint = "\nThe header is a single column: is the separator right? Set input.options.sep" if alone else ""
    raise InputError(
        "\n".join([f"{path}: {len(missing)} of {len(columns)} columns are missing", *lines])
        + f"\nFound: {', '.join(map(repr, found[:50]))}{hint}"
    )


def _link(target: str, link: str) -> None:
    if os.path.islink(link) and os.readlink(link) == target:
        return
    aside = f"{link}.{os.getpid()}.tmp"
    os.symlink(target, aside)
    os.replace(aside, link)
