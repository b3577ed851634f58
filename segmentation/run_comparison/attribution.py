"""Attribution of segment moves: each move between two runs has one cause, and the causes add up to all moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, MONETARY_NET

BEFORE, AFTER, CAUSE = "before", "after", "cause"


class MoveCause(StrEnum):
    """Why a customer is in another segment than before."""

    TIME = "time"
    """Days passed without a new order: the earlier model, on the earlier features as of the later day."""
    BEHAVIOUR = "behaviour"
    """New orders, or none: the earlier model, on the later features."""
    MODEL = "model"
    """The later model assigns the same features to another segment."""
    HYSTERESIS = "hysteresis"
    """The customer is near a boundary and stayed in a segment for that reason, or no longer does (`clustering.switch_margin`)."""


@dataclass(frozen=True)
class MoveGroup:
    """Customers with the same segments before and after and the same cause, which is None where they stayed."""

    before: int
    after: int
    cause: MoveCause | None
    customers: int
    revenue_net: Any = None


STEPS = ("segment_before", "nearest_before", "nearest_later", "nearest_behaved", "nearest_after", "segment_after")
"""Segments between the two runs, one change at a time: published before; nearest by the earlier model; the same as of the later day; the
same with later orders; nearest by the later model; published after."""
_CAUSES = (MoveCause.HYSTERESIS, MoveCause.TIME, MoveCause.BEHAVIOUR, MoveCause.MODEL, MoveCause.HYSTERESIS)


def attribute_moves(customers: DataFrame) -> list[MoveGroup]:
    """Count customers by segment before, segment after and cause.

    The cause is the last step that changed the segment. A customer who leaves a segment and returns within the steps has not moved.

    `customers` has one row for each customer of both runs: `customer_id`, the columns of STEPS, and `monetary_net` of the later run, if
    known.

    Returns a group for each combination that occurs, sorted.
    """
    revenue = F.sum(MONETARY_NET) if MONETARY_NET in customers.columns else F.lit(None)
    by = (F.col(STEPS[0]).alias(BEFORE), F.col(STEPS[-1]).alias(AFTER), _cause().alias(CAUSE))
    rows = customers.groupBy(*by).agg(F.count(CUSTOMER_ID).alias("customers"), revenue.alias("revenue_net")).collect()
    groups = [MoveGroup(row[BEFORE], row[AFTER], row[CAUSE] and MoveCause(row[CAUSE]), row.customers, row.revenue_net) for row in rows]
    return sorted(groups, key=lambda group: (group.before, group.after, group.cause or ""))


def customers_by_cause(groups: Sequence[MoveGroup]) -> dict[str, int]:
    """Customers who moved, by cause; all causes are listed."""
    return {cause.value: sum(group.customers for group in groups if group.cause is cause) for cause in MoveCause}


def n_stayed(groups: Sequence[MoveGroup]) -> int:
    """Number of customers who are in the same segment."""
    return sum(group.customers for group in groups if group.cause is None)


def _cause() -> Column:
    """Null for customers who stayed; otherwise the cause of the last change."""
    steps = zip(pairwise(STEPS), _CAUSES, strict=True)
    last = F.lit(None)
    for (step, following), cause in steps:
        last = F.when(F.col(step) != F.col(following), cause.value).otherwise(last)
    return F.when(F.col(STEPS[0]) != F.col(STEPS[-1]), last)
