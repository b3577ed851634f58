"""Why customers are in another segment than before: each move has one cause, and the causes add up to all moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from itertools import pairwise
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, MONETARY_NET

BEFORE, AFTER, CAUSE = "before", "after", "cause"


class Cause(StrEnum):
    """What brought a customer from one segment to another."""

    TIME = "time"
    """Days went by, without a new order: the model of before, on the customer of before, as of the later day."""
    BEHAVIOUR = "behaviour"
    """What the customer bought, or stopped buying: the model of before, on the customer of now."""
    MODEL = "model"
    """The model of now sees the same customer otherwise."""
    STEADINESS = "steadiness"
    """The customer is near a border, and was kept where he was, or is no longer (`clustering.switch_margin`)."""


@dataclass(frozen=True)
class Moved:
    """Customers who went from one segment to another for one reason; None where they stayed."""

    before: int
    after: int
    cause: Cause | None
    customers: int
    revenue_net: Any = None


STEPS = ("segment_before", "nearest_before", "nearest_later", "nearest_behaved", "nearest_after", "segment_after")
"""The way from the segment of before to that of after, one change at a time: published; nearest by the model of before; the same as of
the later day; the same with what was bought since; nearest by the model of after; published."""
_CAUSES = (Cause.STEADINESS, Cause.TIME, Cause.BEHAVIOUR, Cause.MODEL, Cause.STEADINESS)


def moves(customers: DataFrame) -> list[Moved]:
    """Who is where, and why.

    A move is put down to the last step that changed the segment: what brought customers to where they are. One that goes there and back
    is none.

    Parameters
    ----------
    customers
        Who is in both runs: `customer_id`, the columns of STEPS, and `monetary_net` of the later run, if known.

    Returns
    -------
    list
        One for each pair of segments and cause that occurs.
    """
    revenue = F.sum(MONETARY_NET) if MONETARY_NET in customers.columns else F.lit(None)
    by = (F.col(STEPS[0]).alias(BEFORE), F.col(STEPS[-1]).alias(AFTER), _cause().alias(CAUSE))
    rows = customers.groupBy(*by).agg(F.count(CUSTOMER_ID).alias("customers"), revenue.alias("revenue_net")).collect()
    found = [Moved(row[BEFORE], row[AFTER], row[CAUSE] and Cause(row[CAUSE]), row.customers, row.revenue_net) for row in rows]
    return sorted(found, key=lambda moved: (moved.before, moved.after, moved.cause or ""))


def _cause() -> Column:
    """Null for who stayed; else the cause of the last change."""
    steps = list(zip(pairwise(STEPS), _CAUSES, strict=True))
    last = reduce(lambda found, step: F.when(F.col(step[0][0]) != F.col(step[0][1]), step[1].value).otherwise(found), steps, F.lit(None))
    return F.when(F.col(STEPS[0]) != F.col(STEPS[-1]), last)


def by_cause(found: Sequence[Moved]) -> dict[str, int]:
    """Customers who moved, by cause; every cause is told of, and they add up to all who moved."""
    return {cause.value: sum(moved.customers for moved in found if moved.cause is cause) for cause in Cause}


def stayed(found: Sequence[Moved]) -> int:
    """Customers who are where they were."""
    return sum(moved.customers for moved in found if moved.cause is None)
