"""What every step of one run needs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.progress import Journal
from segmentation.publish.run import Run
from segmentation.settings import Settings


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Results of independent steps, run at once: small ones leave Spark's cores idle most of the time."""
    with ThreadPoolExecutor(len(steps)) as pool:
        return [future.result() for future in [pool.submit(step) for step in steps]]


@dataclass(frozen=True)
class Job:
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
    """

    spark: SparkSession
    settings: Settings
    run: Run
    started_at: datetime
    journal: Journal
    kept: ExitStack

    def keep(self, frame: DataFrame) -> DataFrame:
        """Hold a frame that is read more than once until the run is over."""
        held = frame.persist()
        self.kept.callback(held.unpersist)
        return held

    def written(self, frame: DataFrame, name: str) -> DataFrame:
        """Write a table into the run's folder, and read it from there."""
        storage.write_table(frame, self.run.path(name))
        return storage.read_table(self.spark, self.run.path(name))
