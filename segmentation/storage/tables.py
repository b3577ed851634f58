"""Tables, models and lists of customers: Parquet through Spark, small ones through Arrow, CSV for export."""

import json
import posixpath
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import fsspec
import pyarrow as arrow
import pyspark
from pyarrow import parquet
from pyspark.ml import PipelineModel
from pyspark.ml.util import DefaultParamsReader
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType
from pyspark.sql.utils import is_remote

from segmentation.connectors import on_databricks
from segmentation.errors import InputError, IntegrityError
from segmentation.schemas import CUSTOMER_ID, named
from segmentation.storage.files import exists, join, list_names, spark_path
from segmentation.storage.permissions import apply_permissions, prepare_folder

DELTA_LOG = "_delta_log"
"""Folder within a table's folder that makes it a Delta table."""
SPARK_SCHEMA_KEY = b"org.apache.spark.sql.parquet.row.metadata"
"""Key of Parquet metadata under which Spark stores its schema."""

_SINGLE_FILE = "rows.parquet"
_RFC_4180 = {"header": "true", "quoteAll": "true", "escape": '"', "encoding": "UTF-8", "lineSep": "\n"}
_WHITESPACE_UNCHANGED = {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}
_CSV_OPTIONS = {"header": "true", "escape": '"', "mode": "PERMISSIVE"}


def write_table(frame: DataFrame, path: str) -> None:
    """Write a DataFrame as Parquet to a path that does not exist yet."""
    mode = "append" if prepare_folder(path) else "error"
    frame.write.mode(mode).parquet(spark_path(path))
    apply_permissions(path)


def read_table(spark: SparkSession, path: str, schema: StructType | None = None) -> DataFrame:
    """Read a table that this project wrote.

    A Delta table is read by its Parquet files too, which are all in use, except on Databricks, which refuses that. With a `schema` the
    folder may be empty. The default is the schema that Spark stored in the first file, which saves a Spark job.
    """
    if on_databricks() and is_delta_table(path):
        return _read_by_log(spark, path, schema)
    known = schema or _stored_schema(path)
    return (spark.read.schema(known) if known else spark.read).parquet(spark_path(path))


def _read_by_log(spark: SparkSession, path: str, schema: StructType | None) -> DataFrame:
    """Delta takes no schema: missing columns are added as nulls, as the Parquet reader does."""
    rows = spark.read.format("delta").load(spark_path(path))
    if schema is None:
        return rows
    return rows.select(*(named(of.name) if of.name in rows.columns else F.lit(None).cast(of.dataType).alias(of.name) for of in schema))


def _stored_schema(path: str) -> StructType | None:
    filesystem, files = table_files(path)
    # For a damaged file Spark's own error is better: it names the file.
    with suppress(arrow.ArrowInvalid):
        return stored_schema_of_file(filesystem.unstrip_protocol(files[0])) if files else None
    return None


def stored_schema_of_file(file: str) -> StructType | None:
    """The schema that Spark stored in a Parquet file; None if another program wrote it."""
    filesystem, target = fsspec.core.url_to_fs(file)
    with filesystem.open(target) as opened:
        stored = (parquet.read_schema(opened).metadata or {}).get(SPARK_SCHEMA_KEY)
    return StructType.fromJson(json.loads(stored)) if stored else None


def is_delta_table(path: str) -> bool:
    """Whether a path holds a Delta table."""
    return exists(join(path, DELTA_LOG))


def table_files(path: str) -> tuple[fsspec.AbstractFileSystem, list[str]]:
    """File system and data files of a table; as in Spark, files and folders whose names begin with _ or . are ignored."""
    filesystem, target = fsspec.core.url_to_fs(path)
    # A listing cached before Spark wrote would miss files.
    filesystem.invalidate_cache(target)
    parts = {file: posixpath.relpath(file, target).split("/") for file in filesystem.find(target)}
    return filesystem, [file for file, names in parts.items() if not any(name.startswith(("_", ".")) for name in names if name != ".")]


def count_rows(path: str) -> int:
    """Number of rows of a table that this project wrote, from its Parquet footers; no Spark job runs."""
    filesystem, files = table_files(path)
    return sum(_rows_in_file(filesystem, file) for file in files)


def _rows_in_file(filesystem: fsspec.AbstractFileSystem, file: str) -> int:
    with filesystem.open(file, "rb") as opened:
        return int(parquet.ParquetFile(opened).metadata.num_rows)


def write_rows(rows: Sequence[Mapping[str, Any]], schema: StructType, path: str) -> None:
    """Write a small table as one Parquet file through Arrow, in milliseconds and without a Spark job.

    Columns that a row lacks are null. Raises FileExistsError where the path exists.
    """
    if exists(path):
        raise FileExistsError(f"{path} exists already")
    table = arrow.Table.from_pylist([dict(row) for row in rows], schema=to_arrow_schema(schema))
    filesystem, target = fsspec.core.url_to_fs(path)
    filesystem.makedirs(target)
    with filesystem.open(posixpath.join(target, _SINGLE_FILE), "wb") as file:
        parquet.write_table(table.replace_schema_metadata({SPARK_SCHEMA_KEY: schema.json()}), file)


def is_single_file_table(path: str) -> bool:
    """Whether a table was written by `write_rows`."""
    return exists(join(path, _SINGLE_FILE))


def read_arrow_table(path: str) -> arrow.Table:
    """Read a small table of this project into memory, without Spark.

    Raises IntegrityError where one of its files is damaged.
    """
    filesystem, target = fsspec.core.url_to_fs(path)
    try:
        return parquet.read_table(target, filesystem=filesystem, partitioning=None)
    except arrow.ArrowInvalid:
        raise IntegrityError(
            f"{path}: a file of this table is damaged. `segmentation verify` names it; `segmentation runs` lists other runs"
        ) from None


def read_rows(path: str) -> list[dict[str, Any]]:
    """Rows of a small table of this project as dictionaries."""
    rows: list[dict[str, Any]] = read_arrow_table(path).to_pylist()
    return rows


def small_frame(spark: SparkSession, rows: Sequence[Mapping[str, Any]], schema: StructType) -> DataFrame:
    """A DataFrame of a few rows, created through Arrow: from Python rows it would start Python workers."""
    table = arrow.Table.from_pylist([dict(row) for row in rows], schema=to_arrow_schema(schema))
    return spark.createDataFrame(table, schema).coalesce(1)


def read_text_rows(spark: SparkSession, path: str) -> DataFrame:
    """Lines of a text file as rows with the column `value`."""
    return spark.read.text(spark_path(path))


def write_csv(frame: DataFrame, path: str) -> None:
    """Write one CSV file to a path that does not exist yet: UTF-8, header, all cells quoted, quotes doubled (RFC 4180), rows sorted."""
    parts = f"{path}.parts"
    rows = frame.coalesce(1).sortWithinPartitions(*frame.columns)
    rows.write.mode("error").options(**_RFC_4180, **_WHITESPACE_UNCHANGED).csv(spark_path(parts))
    filesystem, target = fsspec.core.url_to_fs(path)
    _, folder = fsspec.core.url_to_fs(parts)
    # Listed rather than globbed: the folder's name may contain glob characters.
    (part,) = (file for file in filesystem.ls(folder, detail=False) if posixpath.basename(file).startswith("part-"))
    filesystem.mv(part, target)
    filesystem.rm(folder, recursive=True)
    apply_permissions(path)


def write_model(model: PipelineModel, path: str) -> None:
    """Save a fitted pipeline to a path that does not exist yet."""
    model.write().save(spark_path(path))
    apply_permissions(path)


def read_model(path: str) -> PipelineModel:
    """Load a fitted pipeline that this project saved."""
    if is_remote() and pyspark.__version__ < "4.1":
        return _pipeline_from_stages(join(path, "stages"))
    return PipelineModel.load(spark_path(path))


def _pipeline_from_stages(path: str) -> PipelineModel:
    """Load a pipeline stage by stage: over Spark Connect, Spark 4.0 cannot load one that was not saved over Connect."""
    names = sorted(list_names(path), key=lambda name: int(name.partition("_")[0]))
    spark = SparkSession.active()
    return PipelineModel([DefaultParamsReader.loadParamsInstance(spark_path(join(path, name)), spark) for name in names])


def read_customer_ids(spark: SparkSession, path: str) -> DataFrame:
    """Read the column `customer_id` of a list of customers, as unchanged text.

    A file named .csv (or .csv.gz) has a header and a column `customer_id`; any other file has one id per line.

    Raises InputError where there is no such file or no such column. The message quotes neither the header nor any line.
    """
    if not exists(path):
        raise InputError(f"{path}: no such file. Check --customer-file")
    if not path.lower().removesuffix(".gz").endswith(".csv"):
        return spark.read.text(spark_path(path)).select(F.regexp_replace("value", "^\ufeff", "").alias(CUSTOMER_ID))
    rows = spark.read.options(**_CSV_OPTIONS).csv(spark_path(path))
    columns = [name for name in rows.columns if name.strip('\ufeff "').lower() == CUSTOMER_ID]
    if not columns:
        # The header is not quoted: in a file without one it is a customer's line.
        raise InputError(
            f"{path}: none of {len(rows.columns)} columns is called {CUSTOMER_ID}. Give one id a line in a file not named .csv, or a header"
        )
    return rows.select(named(columns[0]).alias(CUSTOMER_ID))
