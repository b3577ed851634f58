"""History of segments over all runs: where each customer was on any day, and how segments have grown."""

from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from segmentation import storage
from segmentation.analyses.analysis import Analysis, Result, Rows
from segmentation.analyses.history.intervals import continued_history, first_history
from segmentation.analyses.history.section import history_section
from segmentation.analyses.history.tables import SEGMENT_HISTORY, SEGMENT_TREND
from segmentation.clustering.assignment import segment_name
from segmentation.context import RunContext
from segmentation.fitted.predecessor import earlier_rows
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import AS_OF, CUSTOMER_ID, RUN_ID, SEGMENT_ID, SEGMENT_NAME


class History(Analysis):
    """Intervals of customers in segments, and the sizes of segments in every run."""

    name = "history"
    tables = (SEGMENT_HISTORY, SEGMENT_TREND)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result:
        """The predecessor's tables with this run added; what they have about this day and later ones is replaced."""
        tables: dict[str, Rows | DataFrame] = {
            SEGMENT_HISTORY.name: _history(context, segments),
            SEGMENT_TREND.name: trend_rows(segments, segments.source.as_of),
        }
        return Result(tables)

    def section(self, result: Result, data: ReportData) -> Section | None:
        """How segments have grown, from the second run on."""
        return history_section(data)


def _history(context: RunContext, segments: FittedSegments) -> DataFrame:
    name = segment_name(segments.names).alias(SEGMENT_NAME)
    members, as_of = segments.customers.select(CUSTOMER_ID, SEGMENT_ID, name), segments.source.as_of
    history = _previous_history(context, segments)
    if history is None:
        return first_history(members, as_of, segments.run_id)
    return continued_history(history, members, as_of, segments.run_id)


def _previous_history(context: RunContext, segments: FittedSegments) -> DataFrame | None:
    """Up to the predecessor; None where it has none, or its customers have other pseudonyms."""
    predecessor = segments.predecessor
    if predecessor is None or not predecessor.knows_customers or not storage.exists(predecessor.run.path(SEGMENT_HISTORY.name)):
        return None
    return storage.read_table(context.spark, predecessor.run.path(SEGMENT_HISTORY.name), SEGMENT_HISTORY.schema)


def trend_rows(segments: FittedSegments, as_of: date) -> list[dict[str, Any]]:
    """Rows of segment_trend: those of earlier days, and of this run as published."""
    own = [
        {
            RUN_ID: segments.run_id,
            AS_OF: as_of,
            "model_run_id": segments.model_run_id,
            **{name: row.get(name) for name in SEGMENT_TREND.schema.names[3:]},
        }
        for row in segments.published_summary
    ]
    predecessor = segments.predecessor
    return [*(earlier_rows(predecessor.run, SEGMENT_TREND.name, as_of, SEGMENT_ID) if predecessor else []), *own]
