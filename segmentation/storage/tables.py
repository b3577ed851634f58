"""Tables and models of this project's own, through Spark."""

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
    """A table this project wrote; with its schema given, its folder may be empty."""
    return (spark.read.schema(schema) if schema else spark.read).parquet(spark_path(path))


def write_model(model: PipelineModel, path: str) -> None:
    """Save a fitted pipeline to a path where nothing is yet."""
    model.write().save(spark_path(path))
    settle(path)


def read_model(path: str) -> PipelineModel:
    """A fitted pipeline this project saved."""
    return PipelineModel.load(spark_path(path))
