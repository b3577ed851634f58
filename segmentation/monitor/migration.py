"""Who moves from which segment to which between two runs."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, MONETARY_NET, PREVIOUS_SEGMENT_ID, SEGMENT_ID


class Flow(NamedTuple):
    """Customers between two segments, and their net spend; None stands for those who are new, or have left."""

    old: int | None
    new: int | None
    customers: int
    revenue_net: Any = None


def flows(customers: DataFrame, before: DataFrame) -> list[Flow]:
    """Every way that any customer went.

    Parameters
    ----------
    customers
        Of the later run: `customer_id`, `segment_id`, `previous_segment_id`, null for who was not there, and `monetary_net`, if known.
    before
        Of the earlier one: `customer_id`, `previous_segment_id`, and `monetary_net`, if known: of who left, what they had spent.

    Returns
    -------
    list
        As many at most as there are pairs of segments, and each segment once more for those who came and once for those who left.
    """
    arrived = _counted(customers, PREVIOUS_SEGMENT_ID, SEGMENT_ID)
    left = _counted(before.join(customers.select(CUSTOMER_ID), CUSTOMER_ID, "left_anti"), PREVIOUS_SEGMENT_ID)
    return sorted([*arrived, *left], key=lambda flow: (_last(flow.old), _last(flow.new)))


def _counted(customers: DataFrame, *by: str) -> list[Flow]:
    revenue = F.sum(MONETARY_NET) if MONETARY_NET in customers.columns else F.lit(None)
    rows = customers.groupBy(*by).agg(F.count(F.lit(1)).alias("customers"), revenue.alias("revenue_net")).collect()
    return [Flow(row[by[0]], row[SEGMENT_ID] if SEGMENT_ID in by else None, row["customers"], row["revenue_net"]) for row in rows]


def _last(segment: int | None) -> tuple[bool, int]:
    return segment is None, segment or 0


def movement(found: Sequence[Flow]) -> dict[str, int]:
    """How many customers are new, have left, stayed in their segment, or moved to another."""
    return {
        "new": sum(flow.customers for flow in found if flow.old is None),
        "left": sum(flow.customers for flow in found if flow.new is None),
        "stayed": sum(flow.customers for flow in found if flow.old is not None and flow.old == flow.new),
        "moved": sum(flow.customers for flow in found if None not in (flow.old, flow.new) and flow.old != flow.new),
    }


def migration_rows(found: Sequence[Flow], old_names: Mapping[int, str], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Rows of segment_migration, exact.

    Parameters
    ----------
    found
        All flows between two runs.
    old_names, names
        Of the segments of the earlier and of the later run.
    """
    leaving: dict[int | None, int] = {}
    for flow in found:
        leaving[flow.old] = leaving.get(flow.old, 0) + flow.customers
    return [
        {
            "from_segment_id": flow.old,
            "from_segment_name": None if flow.old is None else old_names[flow.old],
            SEGMENT_ID: flow.new,
            "segment_name": None if flow.new is None else names[flow.new],
            "customers": flow.customers,
            "from_share": None if flow.old is None else flow.customers / leaving[flow.old],
            "revenue_net": flow.revenue_net,
        }
        for flow in found
    ]
