"""Customers between the segments of two runs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, MONETARY_NET, PREVIOUS_SEGMENT_ID, SEGMENT_ID


class Flow(NamedTuple):
    """Customers who were in one segment and are in another, and their net spend; None for new customers, and for those who left."""

    old: int | None
    new: int | None
    customers: int
    revenue_net: Any = None


def customer_flows(customers: DataFrame, before: DataFrame) -> list[Flow]:
    """Flows between all pairs of segments, ordered by their ids with None last.

    Both frames have `customer_id`, `previous_segment_id` (null for new customers) and `monetary_net`, if known; `customers` also has
    `segment_id`. `before` gives the spend of those who left.
    """
    arrived = _counted(customers, PREVIOUS_SEGMENT_ID, SEGMENT_ID)
    left = _counted(before.join(customers.select(CUSTOMER_ID), CUSTOMER_ID, "left_anti"), PREVIOUS_SEGMENT_ID)
    return sorted([*arrived, *left], key=lambda flow: (_none_last(flow.old), _none_last(flow.new)))


def movement_counts(flows: Sequence[Flow]) -> dict[str, int]:
    """How many customers are new, have left, stayed in their segment, or moved to another."""
    return {
        "new": sum(flow.customers for flow in flows if flow.old is None),
        "left": sum(flow.customers for flow in flows if flow.new is None),
        "stayed": sum(flow.customers for flow in flows if flow.old is not None and flow.old == flow.new),
        "moved": sum(flow.customers for flow in flows if None not in (flow.old, flow.new) and flow.old != flow.new),
    }


def _counted(customers: DataFrame, *by: str) -> list[Flow]:
    revenue = F.sum(MONETARY_NET) if MONETARY_NET in customers.columns else F.lit(None)
    rows = customers.groupBy(*by).agg(F.count(F.lit(1)).alias("customers"), revenue.alias("revenue_net")).collect()
    return [Flow(row[by[0]], row[SEGMENT_ID] if SEGMENT_ID in by else None, row["customers"], row["revenue_net"]) for row in rows]


def _none_last(segment: int | None) -> tuple[bool, int]:
    return segment is None, segment or 0
