"""Tables and models of this project's own, through Spark."""

import json
import posixpath

import fsspec
from pyarrow import parquet
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from segmentation.storage.files import spark_path
from segmentation.storage.permissions import make_ready, settle


def write_table(frame: DataFrame, path: str) -> None:
    """Write a table as Parquet to a path where nothing is yet."""
    mode = "append" if make_ready(path) else "error"
    frame.write.mode(mode).parquet(spark_path(path))
    settle(path)


def read_table(spark: SparkSession, path: str, schema: StructType | None = None) -> DataFrame:
    """A table this project wrote; with its schema given, its folder may be empty, and Spark has no file to open for it."""
    return (spark.read.schema(schema) if schema else spark.read).parquet(spark_path(path))


def schema_in(file: str) -> StructType | None:
    """The schema that Spark left in a Parquet file; None where another wrote it."""
    filesystem, target = fsspec.core.url_to_fs(file)
    with filesystem.open(target) as opened:
        left = (parquet.read_schema(opened).metadata or {}).get(b"org.apache.spark.sql.parquet.row.metadata")
    return StructType.fromJson(json.loads(left)) if left else None


def parquet_rows(path: str) -> int:
    """Rows of a table this project wrote, by its files' footers; Spark is not needed."""
    filesystem, target = fsspec.core.url_to_fs(path)
    files = [file for file in filesystem.find(target) if not posixpath.basename(file).startswith(("_", "."))]
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
    return PipelineModel.load(spark_path(path))
