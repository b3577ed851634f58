"""Which segment each customer was in on any day: a slowly changing dimension of type 2 (Kimball)."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.analyses.history.tables import SEGMENT_HISTORY
from segmentation.schemas import CUSTOMER_ID, DATE, RUN_ID, SEGMENT_ID, SEGMENT_NAME

VALID_FROM, VALID_TO = "valid_from", "valid_to"
_CURRENT, _IS_MEMBER = "current_segment_id", "is_member"


def first_history(members: DataFrame, as_of: date, run_id: str) -> DataFrame:
    """History of a first run: everybody is in their segment from that day on.

    `members` has `customer_id`, `segment_id` and `segment_name` as of that day.
    """
    return _opened(members, as_of, run_id)


def continued_history(history: DataFrame, members: DataFrame, as_of: date, run_id: str) -> DataFrame:
    """History with one more day: intervals of customers who moved or left are closed, those of customers who moved or came are opened.

    `members` has `customer_id`, `segment_id` and `segment_name` as of that day. Rows of `history` about the same day and later ones are
    replaced.

    Returns
    -------
    DataFrame
        One row for each interval of a customer in a segment: from `valid_from` to before `valid_to`, which is null while it lasts.
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
