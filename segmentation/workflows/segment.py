"""The main job: a transaction log or a customer table in, published segment tables out."""

from datetime import datetime

from pyspark.sql import SparkSession

from segmentation.progress import Journal
from segmentation.settings import Settings
from segmentation.workflows.customers import described
from segmentation.workflows.grouping import grouped
from segmentation.workflows.job import Job
from segmentation.workflows.predecessor import predecessor_of
from segmentation.workflows.running import Found, Outcome, carried_out
from segmentation.workflows.usefulness import Outlook, looked_ahead, window_of


def segment(spark: SparkSession, settings: Settings, started_at: datetime, journal: Journal | None = None) -> Outcome:
    """Turn a transaction log, a customer table, or both into published segments of a model fitted to them.

    Parameters and errors are those of `carried_out`.
    """
    return carried_out(spark, settings, started_at, journal, _fitted)


def _fitted(job: Job) -> Found:
    source = described(job)
    window = window_of(job.settings.usefulness, source.log)
    before = predecessor_of(job)
    groups = grouped(job, source.features, source.attribute_features, before)
    outlook = looked_ahead(job, source.log, groups, window) if source.log and window else Outlook()
    return Found(source, groups, before, outlook)
