"""What a session needs beside Spark to follow a stream: Delta for tables changed in place, and Kafka where lines come from there."""

import os
from collections.abc import Mapping

import pyspark

from segmentation.errors import EnvironmentFault

JARS = "SEGMENTATION_JARS"
"""Variable of the environment: jars on this machine, by comma, in place of what a registry would be asked for."""

DELTA = {spark: f"io.delta:delta-spark_{spark}_2.13:4.4.0" for spark in ("4.0", "4.1", "4.2")}
"""By version of Spark."""
KAFKA = "org.apache.spark:spark-sql-kafka-0-10_2.13"

_LEAN = {
    # Spark brings these itself.
    "spark.jars.excludes": "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime",
}
_SMALL = {
    "spark.databricks.delta.snapshotPartitions": "2",
    # What is merged is at hand already.
    "spark.databricks.delta.merge.materializeSource": "none",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    # A batch is some 250 compiled classes, the same for the next: the 100 that Spark keeps would be out of use by then.
    "spark.sql.codegen.cache.maxEntries": "2000",
}
DELTA_EXTENSION = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
"""What a session that changes Delta tables in place is started with."""


def on_databricks() -> bool:
    """Whether this is a Databricks runtime: Delta is there without being asked for, and Delta tables are refused to readers of Parquet."""
    return "DATABRICKS_RUNTIME_VERSION" in os.environ


def delta_of(spark: str) -> str | None:
    """Delta's package for a version of Spark; None where none is known."""
    return DELTA.get(".".join(spark.split(".")[:2]))


def live_settings(kafka: bool) -> Mapping[str, str]:
    """Spark settings of a local session that follows a stream.

    Parameters
    ----------
    kafka
        Whether lines come from Kafka.

    Raises
    ------
    EnvironmentFault
        No package of Delta is known for this Spark, and no jars are given.
    """
    if given := os.environ.get(JARS):
        return {**DELTA_EXTENSION, **_SMALL, "spark.jars": given}
    delta = delta_of(pyspark.__version__)
    if delta is None:
        raise EnvironmentFault(
            f"no Delta is known for Spark {pyspark.__version__}: use one of {', '.join(DELTA)}, or name jars of it in {JARS} "
            "(docs/streaming.md)"
        )
    packages = [delta, *([f"{KAFKA}:{pyspark.__version__}"] if kafka else [])]
    return {**DELTA_EXTENSION, **_SMALL, **_LEAN, "spark.jars.packages": ",".join(packages)}
