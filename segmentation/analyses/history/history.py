"""History of segments over all runs: where each customer was on any day, and how segments have grown."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.history.section import history_section
from segmentation.analyses.history.tables import SEGMENT_HISTORY, SEGMENT_TREND
from segmentation.clustering.assignment import segment_name
from segmentation.context import RunContext
from segmentation.fitted.references import earlier_rows
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import AS_OF, CUSTOMER_ID, DATE, RUN_ID, SEGMENT_ID, SEGMENT_NAME, Record

VALID_FROM, VALID_TO = "valid_from", "valid_to"
_CURRENT, _IS_MEMBER = "current_segment_id", "is_member"


def first_history(members: DataFrame, as_of: date, run_id: str) -> DataFrame:
    """History of a first run: everybody is in their segment from that day on.

    `members` has `customer_id`, `segment_id` and `segment_name` as of that day.
    """
    return _opened(members, as_of, run_id)


def continued_history(history: DataFrame, members: DataFrame, as_of: date, run_id: str) -> DataFrame:
    """History with one more day: intervals of customers who moved or left are closed, those of customers who moved or came are opened.

    There is one row for each interval of a customer in a segment: from `valid_from` to before `valid_to`, which is null while it lasts.

    `members` has `customer_id`, `segment_id` and `segment_name` as of that day. Rows of `history` about the same day and later ones are
    replaced.
    """
    earlier = _before(history, as_of)
    current = members.select(CUSTOMER_ID, F.col(SEGMENT_ID).alias(_CURRENT), F.lit(True).alias(_IS_MEMBER))
    is_open = F.col(VALID_TO).isNull()
    has_stayed = F.coalesce(F.col(_CURRENT) == F.col(SEGMENT_ID), F.lit(False))
    closed = F.when(is_open & ~has_stayed, F.lit(as_of)).otherwise(F.col(VALID_TO))
    past = _with_valid_to(earlier.join(current, CUSTOMER_ID, "left"), closed)
    staying = earlier.where(is_open).select(CUSTOMER_ID, SEGMENT_ID)
    return past.unionByName(_opened(members.join(staying, [CUSTOMER_ID, SEGMENT_ID], "left_anti"), as_of, run_id))


def _before(history: DataFrame, as_of: date) -> DataFrame:
    """What was known before a day: intervals that began earlier, open where they ended on that day or later."""
    reopened = F.when(F.col(VALID_TO) < F.lit(as_of), F.col(VALID_TO))
    return _with_valid_to(history.where(F.col(VALID_FROM) < F.lit(as_of)), reopened)


def _with_valid_to(rows: DataFrame, valid_to: Column) -> DataFrame:
    return rows.select(*(valid_to.alias(VALID_TO) if name == VALID_TO else F.col(name) for name in SEGMENT_HISTORY.schema.names))


def _opened(members: DataFrame, as_of: date, run_id: str) -> DataFrame:
    added = {VALID_FROM: F.lit(as_of), VALID_TO: F.lit(None).cast(DATE), RUN_ID: F.lit(run_id)}
    return members.select(CUSTOMER_ID, SEGMENT_ID, SEGMENT_NAME).withColumns(added).select(*SEGMENT_HISTORY.schema.names)


class History(Analysis):
    """Intervals of customers in segments, and the sizes of segments in every run."""

    name = "history"
    tables = (SEGMENT_HISTORY, SEGMENT_TREND)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result:
        """The predecessor's tables with this run added; what they have about this day and later ones is replaced."""
        tables: dict[str, Sequence[Record] | DataFrame] = {
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
