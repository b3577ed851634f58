"""In which segment every customer was on any day: a slowly changing dimension, type 2 (Kimball)."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, DATE, RUN_ID, SEGMENT_HISTORY, SEGMENT_ID, SEGMENT_NAME

VALID_FROM, VALID_TO = "valid_from", "valid_to"
_NOW, _IS_HERE = "now", "is_here"


def first_history(members: DataFrame, as_of: date, run_id: str) -> DataFrame:
    """The history of a first run: everybody is where they are from that day on.

    Parameters
    ----------
    members
        `customer_id`, `segment_id`, `segment_name`.
    as_of
        The day they describe.
    run_id
        The run that says so.
    """
    return _opened(members, as_of, run_id)


def continued_history(history: DataFrame, members: DataFrame, as_of: date, run_id: str) -> DataFrame:
    """A history with one day more: who moved or left has an end, who moved or came a beginning.

    Parameters
    ----------
    history
        So far, as SEGMENT_HISTORY. What it says of `as_of` and later days is said anew.
    members
        Of that day: `customer_id`, `segment_id`, `segment_name`.
    as_of
        The day.
    run_id
        The run that says so.

    Returns
    -------
    DataFrame
        One row for each stay of a customer in a segment: from `valid_from` to before `valid_to`, which is null where it lasts.
    """
    known = _until(history, as_of)
    here = members.select(CUSTOMER_ID, F.col(SEGMENT_ID).alias(_NOW), F.lit(True).alias(_IS_HERE))
    open_or_not = known.join(here, CUSTOMER_ID, "left")
    lasts = F.col(VALID_TO).isNull()
    stays = F.coalesce(F.col(_NOW) == F.col(SEGMENT_ID), F.lit(False))
    ended = F.when(lasts & ~stays, F.lit(as_of)).otherwise(F.col(VALID_TO)).alias(VALID_TO)
    past = open_or_not.select(*(ended if name == VALID_TO else F.col(name) for name in SEGMENT_HISTORY.names))
    staying = known.where(F.col(VALID_TO).isNull()).select(CUSTOMER_ID, SEGMENT_ID)
    return past.unionByName(_opened(members.join(staying, [CUSTOMER_ID, SEGMENT_ID], "left_anti"), as_of, run_id))


def _until(history: DataFrame, as_of: date) -> DataFrame:
    """What was known before a day: stays that began earlier, open where they ended on that day or later."""
    open_again: Column = F.when(F.col(VALID_TO) < F.lit(as_of), F.col(VALID_TO)).alias(VALID_TO)
    earlier = history.where(F.col(VALID_FROM) < F.lit(as_of))
    return earlier.select(*(open_again if name == VALID_TO else F.col(name) for name in SEGMENT_HISTORY.names))


def _opened(members: DataFrame, as_of: date, run_id: str) -> DataFrame:
    added = {VALID_FROM: F.lit(as_of), VALID_TO: F.lit(None).cast(DATE), RUN_ID: F.lit(run_id)}
    return members.select(CUSTOMER_ID, SEGMENT_ID, SEGMENT_NAME).withColumns(added).select(*SEGMENT_HISTORY.names)
