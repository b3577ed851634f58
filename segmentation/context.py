"""What every step of a run needs: session, settings, run folder, log, cached frames."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from pyspark import inheritable_thread_target
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.utils import is_remote

from segmentation import storage
from segmentation.privacy.denylist import Denylist
from segmentation.privacy.pseudonyms import Pseudonyms
from segmentation.progress import RunLog
from segmentation.publish.run import Run
from segmentation.schemas import Category
from segmentation.settings import Settings

ORDERS = "orders"
"""Table of orders; it is stored outside the run folders."""


def is_caching_refused(error: PySparkException) -> bool:
    """Whether an error says that the platform (Databricks serverless compute) does not cache DataFrames."""
    return "NOT_SUPPORTED_WITH_SERVERLESS" in str(error)


def run_concurrently(*steps: Callable[[], Any]) -> list[Any]:
    """Run independent steps concurrently and return their results in order; small Spark jobs alone leave most cores idle.

    The last step runs on the calling thread. Pass the one that draws charts last: Matplotlib opens its fonts once per thread and never
    closes them. The other threads inherit the session and its job group and tags, so a notebook that cancels its cell cancels them too.
    """
    *others, last = steps
    session = SparkSession.getActiveSession()
    # Each thread gets its own copy of the local properties: with shared ones, Spark would mix up their queries.
    carried = [inheritable_thread_target(session)(step) for step in others] if session else others
    with ThreadPoolExecutor(max(1, len(others))) as pool:
        futures = [pool.submit(step) for step in carried]
        result = last()
    return [*(future.result() for future in futures), result]


def cached(frame: DataFrame, resources: ExitStack) -> DataFrame:
    """Cache a DataFrame until `resources` is closed; serverless compute does not cache, and recomputes it on each use."""
    try:
        result = frame.persist()
        resources.callback(result.unpersist)
    except PySparkException as error:
        if not is_caching_refused(error):
            raise
        result = frame
    return _as_view(result, resources) if is_remote() else result


def _as_view(frame: DataFrame, resources: ExitStack) -> DataFrame:
    """A DataFrame read from a temporary view: Spark Connect cannot send a model a plan with a hundred levels."""
    spark, name = frame.sparkSession, f"cached_{uuid4().hex}"
    frame.createOrReplaceTempView(name)
    resources.callback(spark.catalog.dropTempView, name)
    return spark.table(name)


@dataclass(frozen=True)
class RunContext:
    """A run in progress."""

    spark: SparkSession
    settings: Settings
    run: Run
    started_at: datetime  # UTC
    run_log: RunLog  # receives stages and their counts
    resources: ExitStack  # releases cached frames and other resources when it is closed
    pseudonyms: Pseudonyms | None = None  # how customer ids are replaced; None if they are not
    erased: Denylist | None = None  # the denylist of erased customers; None before the first erasure
    categories: tuple[Category, ...] | None = None  # of the model in use; None if they are derived from the log
    # Whether the run will be published; otherwise it is only written, or only computed, and has no predecessor.
    is_published: bool = True
    # Where computed frames go: into the run's folder, or into Spark's cache.
    materializer: "Materializer" = field(default_factory=lambda: in_run_folder)

    def with_categories(self, categories: tuple[Category, ...]) -> "RunContext":
        """The same run with the categories of a model, if the settings use categories."""
        return replace(self, categories=categories if self.settings.has_categories else None)

    def cache(self, frame: DataFrame) -> DataFrame:
        """Cache a DataFrame that is read more than once, until the run ends."""
        return cached(frame, self.resources)

    def materialize(self, frame: DataFrame, name: str) -> DataFrame:
        """Compute a DataFrame once, and return the result: the seam between computing a run's frames and storing them."""
        return self.materializer(self, frame, name)


Materializer = Callable[[RunContext, DataFrame, str], DataFrame]


def in_run_folder(context: RunContext, frame: DataFrame, name: str) -> DataFrame:
    """Write a DataFrame as a table of the run (`orders` to the folder for orders), and return it as read from there."""
    path = context.run.orders if name == ORDERS else context.run.path(name)
    storage.write_table(frame, path)
    return storage.read_table(context.spark, path)


def in_cache(context: RunContext, frame: DataFrame, name: str) -> DataFrame:
    """Cache a DataFrame and write nothing, as in a notebook."""
    return context.cache(frame)
