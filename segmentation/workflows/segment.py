"""The main job: a transaction log or a customer table in, published segment tables out."""

from datetime import datetime

from pyspark.sql import SparkSession

from segmentation.context import RunContext
from segmentation.progress import RunLog
from segmentation.settings import Settings
from segmentation.workflows.customers import described
from segmentation.workflows.grouping import grouped
from segmentation.workflows.predecessor import predecessor_of
from segmentation.workflows.running import Found, Outcome, carried_out
from segmentation.workflows.usefulness import Outlook, looked_ahead, window_of


def segment(spark: SparkSession, settings: Settings, started_at: datetime, run_log: RunLog | None = None) -> Outcome:
    """Turn a transaction log, a customer table, or both into published segments of a model fitted to them.

    Parameters and errors are those of `carried_out`.
    """
    return carried_out(spark, settings, started_at, run_log, _fitted)


def _fitted(context: RunContext) -> Found:
    source = described(context)
    window = window_of(context.settings.usefulness, source.log)
    before = predecessor_of(context)
    groups = grouped(context, source.features, source.attribute_features, before)
    outlook = looked_ahead(context, source.log, groups, window) if source.log and window else Outlook()
    return Found(source, groups, before, outlook)
