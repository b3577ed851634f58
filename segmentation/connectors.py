"""Packages that a streaming session needs in addition to Spark: Delta for tables updated in place, and the Kafka connector."""

import os
from collections.abc import Mapping

import pyspark

from segmentation.errors import MissingDependencyError

JARS_VARIABLE = "SEGMENTATION_JARS"
"""Environment variable: comma-separated paths of local jars to use instead of packages from a registry."""

DELTA = {spark: f"io.delta:delta-spark_{spark}_2.13:4.4.0" for spark in ("4.0", "4.1", "4.2")}
"""By Spark version."""
KAFKA = "org.apache.spark:spark-sql-kafka-0-10_2.13"

_EXCLUDES = {
    # Spark includes these.
    "spark.jars.excludes": "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime",
}
_SMALL_BATCHES = {
    "spark.databricks.delta.snapshotPartitions": "2",
    # The rows to merge are cached already.
    "spark.databricks.delta.merge.materializeSource": "none",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    # A batch compiles some 250 classes, which the next one reuses: with Spark's default of 100 they would be evicted by then.
    "spark.sql.codegen.cache.maxEntries": "2000",
}
DELTA_CONF = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
"""Settings with which a session that changes Delta tables in place must be started."""


def on_databricks() -> bool:
    """Whether this is a Databricks runtime, which includes Delta and refuses to read Delta tables as Parquet."""
    return "DATABRICKS_RUNTIME_VERSION" in os.environ


def delta_package(spark: str) -> str | None:
    """The Delta package for a Spark version; None if none is known."""
    return DELTA.get(".".join(spark.split(".")[:2]))


def streaming_conf(kafka: bool) -> Mapping[str, str]:
    """Spark settings of a local streaming session; `kafka` tells whether the stream is a Kafka topic.

    Raises MissingDependencyError where no Delta package is known for this Spark version, and no jars are given.
    """
    if given := os.environ.get(JARS_VARIABLE):
        return {**DELTA_CONF, **_SMALL_BATCHES, "spark.jars": given}
    delta = delta_package(pyspark.__version__)
    if delta is None:
        raise MissingDependencyError(
            f"no Delta is known for Spark {pyspark.__version__}: use one of {', '.join(DELTA)}, or name jars of it in {JARS_VARIABLE} "
            "(docs/streaming.md)"
        )
    packages = [delta, *([f"{KAFKA}:{pyspark.__version__}"] if kafka else [])]
    return {**DELTA_CONF, **_SMALL_BATCHES, **_EXCLUDES, "spark.jars.packages": ",".join(packages)}


def fetch_failure(packages: str) -> MissingDependencyError:
    """The error for a session that ended while Spark fetched packages; Spark itself has logged why."""
    return MissingDependencyError(
        f"Spark ended while it fetched {packages}: its messages above say what was not found. If a jar was tried at local-m2-cache alone, "
        "~/.m2/repository has its POM without the jar: remove its folder there, and Ivy's cache (~/.ivy2.5.2/cache, or the one in "
        f"spark.jars.ivy), which remembers the failure; then run this again. Or name local jars in {JARS_VARIABLE} (docs/streaming.md)"
    )
