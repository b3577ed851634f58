"""What every step of one run needs."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import pyarrow as arrow
from pyspark import inheritable_thread_target
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.utils import is_remote

from segmentation import storage
from segmentation.ingest.categories import Category
from segmentation.privacy.pseudonyms import Pseudonyms
from segmentation.progress import RunLog
from segmentation.publish.run import Run
from segmentation.settings import Settings


def is_caching_refused(error: PySparkException) -> bool:
    """Whether serverless compute of Databricks has said that it holds no frames."""
    return "NOT_SUPPORTED_WITH_SERVERLESS" in str(error)


def run_concurrently(*steps: Callable[[], Any]) -> list[Any]:
    """Results of independent steps, run at once: small ones leave Spark's cores idle most of the time.

    The last runs on the thread that asks. That is the place of drawing: Matplotlib keeps fonts open for every thread that draws,
    and a process that runs night after night would open them anew each time. The other threads have its session, and its jobs' group
    and tags: a notebook that cancels its cell cancels them too.
    """
    *others, last = steps
    session = SparkSession.getActiveSession()
    # A thread has properties of its own: two that shared them would take each other's queries for one.
    carried = [inheritable_thread_target(session)(step) for step in others] if session else others
    with ThreadPoolExecutor(max(1, len(others))) as pool:
        futures = [pool.submit(step) for step in carried]
        result = last()
    return [*(future.result() for future in futures), result]


def cached(frame: DataFrame, kept: ExitStack) -> DataFrame:
    """Hold a frame in memory until `kept` is closed; serverless compute holds nothing, and there it is made anew each time."""
    try:
        here = frame.persist()
        kept.callback(here.unpersist)
    except PySparkException as error:
        if not is_caching_refused(error):
            raise
        here = frame
    return _by_name(here, kept) if is_remote() else here


def _by_name(frame: DataFrame, kept: ExitStack) -> DataFrame:
    """A frame that the server knows by a name: clients of Spark Connect cannot hand a plan of a hundred levels to a model."""
    spark, name = frame.sparkSession, f"kept_{uuid4().hex}"
    frame.createOrReplaceTempView(name)
    kept.callback(spark.catalog.dropTempView, name)
    return spark.table(name)


def small_frame(spark: SparkSession, rows: Sequence[dict[str, Any]], schema: T.StructType) -> DataFrame:
    """Rows that are few as a frame, by way of Arrow: given as such they would start Python workers."""
    table = arrow.Table.from_pylist(list(rows), schema=to_arrow_schema(schema))
    return spark.createDataFrame(table, schema).coalesce(1)


@dataclass(frozen=True)
class RunContext:
    """One run under way.

    Parameters
    ----------
    spark
        The session.
    settings
        What to read, how to group, where to write.
    run
        Where it writes.
    started_at
        When it began (UTC).
    journal
        Told what happens.
    kept
        Frames held in memory; released when it closes.
    pseudonyms
        What customers are called by; None where by their ids.
    categories
        Those that the model in use tells apart; None where the log is to say which lead.
    """

    spark: SparkSession
    settings: Settings
    run: Run
    started_at: datetime
    run_log: RunLog
    resources: ExitStack
    pseudonyms: Pseudonyms | None = None
    categories: tuple[Category, ...] | None = None

    def cache(self, frame: DataFrame) -> DataFrame:
        """Hold a frame that is read more than once until the run is over."""
        return cached(frame, self.resources)

    def written(self, frame: DataFrame, name: str) -> DataFrame:
        """Write a table into the run's folder, and read it from there."""
        storage.write_table(frame, self.run.path(name))
        return storage.read_table(self.spark, self.run.path(name))

    def write_counted(self, frame: DataFrame, name: str) -> int:
        """Write a table into the run's folder; how many rows its files hold."""
        storage.write_table(frame, self.run.path(name))
        return storage.parquet_rows(self.run.path(name))

    def write_rows(self, name: str, rows: Sequence[dict[str, Any]], schema: T.StructType) -> None:
        """Write a small table into the run's folder, as one file."""
        storage.write_rows(rows, schema, self.run.path(name))
