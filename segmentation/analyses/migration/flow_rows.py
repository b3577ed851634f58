"""Rows of segment_migration and segment_lineage, exact."""

from collections.abc import Mapping, Sequence
from typing import Any

from segmentation.fitted.flows import Flow
from segmentation.fitted.identity import LineageEvent
from segmentation.schemas import SEGMENT_ID, SEGMENT_NAME

Names = Mapping[int, str]
"""Names of segments by id."""


def migration_rows(flows: Sequence[Flow], old_names: Names, names: Names) -> list[dict[str, Any]]:
    """Rows of segment_migration, from all flows between two runs."""
    sizes: dict[int | None, int] = {}
    for flow in flows:
        sizes[flow.old] = sizes.get(flow.old, 0) + flow.customers
    return [
        {
            **_sides(flow.old, flow.new, old_names, names),
            "customers": flow.customers,
            "from_share": None if flow.old is None else flow.customers / sizes[flow.old],
            "revenue_net": flow.revenue_net,
        }
        for flow in flows
    ]


def lineage_rows(events: Sequence[LineageEvent], old_names: Names, names: Names) -> list[dict[str, Any]]:
    """Rows of segment_lineage."""
    return [
        {
            "event": event.fate.value,
            **_sides(event.old, event.new, old_names, names),
            "customers": event.customers,
            "from_share": event.old_share,
            "to_share": event.new_share,
        }
        for event in events
    ]


def _sides(old: int | None, new: int | None, old_names: Names, names: Names) -> dict[str, Any]:
    return {
        "from_segment_id": old,
        "from_segment_name": None if old is None else old_names[old],
        SEGMENT_ID: new,
        SEGMENT_NAME: None if new is None else names[new],
    }
