"""Tables and models of this project's own, through Spark."""

import posixpath

import fsspec
from pyarrow import parquet
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, SparkSession

from segmentation.storage.files import spark_path


def write_table(frame: DataFrame, path: str) -> None:
    """Write a table as Parquet to a path where nothing is yet."""
    frame.write.mode("error").parquet(spark_path(path))


def read_table(spark: SparkSession, path: str) -> DataFrame:
    """A table this project wrote."""
    return spark.read.parquet(spark_path(path))


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


def read_model(path: str) -> PipelineModel:
    """A fitted pipeline this project saved."""
    return PipelineModel.load(spark_path(path))
