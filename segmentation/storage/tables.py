"""Tables and models of this project's own, through Spark."""

import json
from contextlib import suppress

import fsspec
import pyarrow as arrow
import pyspark
from pyarrow import parquet
from pyspark.ml import PipelineModel
from pyspark.ml.util import DefaultParamsReader
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType
from pyspark.sql.utils import is_remote

from segmentation.connectors import on_databricks
from segmentation.schemas import named
from segmentation.storage.files import join, names_in, spark_path
from segmentation.storage.folders import has_log, table_files
from segmentation.storage.permissions import make_ready, settle

SCHEMA_OF_SPARK = b"org.apache.spark.sql.parquet.row.metadata"
"""Where Spark leaves its own schema in a Parquet file."""


def write_table(frame: DataFrame, path: str) -> None:
    """Write a table as Parquet to a path where nothing is yet."""
    mode = "append" if make_ready(path) else "error"
    frame.write.mode(mode).parquet(spark_path(path))
    settle(path)


def read_table(spark: SparkSession, path: str, schema: StructType | None = None) -> DataFrame:
    """A table this project wrote; with its schema given, its folder may be empty.

    Without, the schema is the one that Spark left in its first file: Spark would ask for it with a job. A Delta table is read by its files
    too, which are all of it, but where a platform refuses that.
    """
    if on_databricks() and has_log(path):
        return _read_by_log(spark, path, schema)
    known = schema or _schema_left(path)
    return (spark.read.schema(known) if known else spark.read).parquet(spark_path(path))


def _read_by_log(spark: SparkSession, path: str, schema: StructType | None) -> DataFrame:
    """Delta takes no schema: columns that the table lacks are added, as a reader of Parquet would."""
    rows = spark.read.format("delta").load(spark_path(path))
    if schema is None:
        return rows
    return rows.select(*(named(of.name) if of.name in rows.columns else F.lit(None).cast(of.dataType).alias(of.name) for of in schema))


def _schema_left(path: str) -> StructType | None:
    filesystem, files = table_files(path)
    # Spark says what is wrong with a damaged file, and where.
    with suppress(arrow.ArrowInvalid):
        return schema_in(filesystem.unstrip_protocol(files[0])) if files else None
    return None


def schema_in(file: str) -> StructType | None:
    """The schema that Spark left in a Parquet file; None where another wrote it."""
    filesystem, target = fsspec.core.url_to_fs(file)
    with filesystem.open(target) as opened:
        left = (parquet.read_schema(opened).metadata or {}).get(SCHEMA_OF_SPARK)
    return StructType.fromJson(json.loads(left)) if left else None


def parquet_rows(path: str) -> int:
    """Rows of a table this project wrote, by its files' footers; Spark is not needed."""
    filesystem, files = table_files(path)
    return sum(_rows_of(filesystem, file) for file in files)


def _rows_of(filesystem: fsspec.AbstractFileSystem, file: str) -> int:
    with filesystem.open(file, "rb") as opened:
        return int(parquet.ParquetFile(opened).metadata.num_rows)


def write_model(model: PipelineModel, path: str) -> None:
    """Save a fitted pipeline to a path where nothing is yet."""
    model.write().save(spark_path(path))
    settle(path)


def read_model(path: str) -> PipelineModel:
    """A fitted pipeline this project saved."""
    if is_remote() and pyspark.__version__ < "4.1":
        return _of_stages(join(path, "stages"))
    return PipelineModel.load(spark_path(path))


def _of_stages(path: str) -> PipelineModel:
    """A pipeline by its stages: what Spark 4.0 was not a client to write, it reads as a client in no other way."""
    names = sorted(names_in(path), key=lambda name: int(name.partition("_")[0]))
    spark = SparkSession.active()
    return PipelineModel([DefaultParamsReader.loadParamsInstance(spark_path(join(path, name)), spark) for name in names])
