"""Migration: who moved from which segment to which since the run before, and what became of each segment."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.migration.section import migration_section
from segmentation.analyses.migration.tables import SEGMENT_LINEAGE, SEGMENT_MIGRATION
from segmentation.context import RunContext
from segmentation.fitted.identity import Flow, LineageEvent, movement_counts
from segmentation.fitted.segments import FittedSegments
from segmentation.privacy.cell_suppression import is_below_threshold, suppressed_in_grid
from segmentation.privacy.suppression import contingency_table, suppress_together, with_nulls
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import SEGMENT_ID, SEGMENT_NAME, Record, Records

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


def suppress_migration(rows: Sequence[Record], min_group_size: int) -> Records:
    """Rows of segment_migration without small groups; the sizes of segments are published elsewhere.

    So is what the customers of a segment have spent. The spend suppressed of a segment is therefore that of `min_group_size`
    customers at least.
    """
    if min_group_size == 1 or not rows:
        return [dict(row) for row in rows]
    counts, cells = contingency_table(rows, ["from_segment_id"], [SEGMENT_ID])
    suppressed = suppressed_in_grid(counts, min_group_size, row_totals_are_known=True).cells
    without_spend = _without_spend(counts, suppressed, min_group_size)
    return [_migration_row(row, bool(suppressed[cell]), bool(without_spend[cell])) for cell, row in zip(cells, rows, strict=True)]


def _without_spend(counts: NDArray[np.int64], suppressed: NDArray[np.bool_], min_group_size: int) -> NDArray[np.bool_]:
    """Cells whose spend is suppressed: those suppressed, and the smallest others of a column where these hold too few customers."""
    without_spend = suppressed.copy()
    for column in range(counts.shape[1]):
        for row in np.argsort(counts[:, column], kind="stable"):
            customers = int(counts[without_spend[:, column], column].sum())
            if 0 < customers < min_group_size and counts[row, column]:
                without_spend[row, column] = True
    return without_spend


def _migration_row(row: Record, is_suppressed: bool, is_spend_suppressed: bool) -> dict[str, object]:
    counts = ("customers", "from_share") if is_suppressed else ()
    return with_nulls(row, [*counts, *(("revenue_net",) if is_spend_suppressed else ())])


def suppress_lineage(rows: Sequence[Record], min_group_size: int) -> Records:
    """Rows of segment_lineage without counts and shares of a small group, or of all but a small group."""
    counts = ("customers", "from_share", "to_share")
    return [with_nulls(row, counts if _reveals_small_group(row, min_group_size) else ()) for row in rows]


def _reveals_small_group(row: Record, min_group_size: int) -> bool:
    shares = (row["from_share"], row["to_share"])
    rest = [round(row["customers"] / share) - row["customers"] for share in shares if share]
    return any(is_below_threshold(count, min_group_size) for count in (row["customers"], *rest))


def suppress_churn(churn: Mapping[str, Any] | None, min_group_size: int) -> Mapping[str, Any] | None:
    """Churn statistics (`ChurnStats`), or None where one of their counts is of a small group."""
    if churn is None:
        return None
    counts = (churn["moved"], churn["moved_to_nearest"], churn["moved_to_nearest"] - churn["moved"])
    return None if any(is_below_threshold(count, min_group_size) for count in counts) else churn


class Migration(Analysis):
    """Customers between the segments of the run before and of this one, and the lineage of segments where the model is new."""

    name = "migration"
    tables = (SEGMENT_MIGRATION, SEGMENT_LINEAGE)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Two Spark jobs over the customers of both runs; nothing on a first run."""
        predecessor = segments.predecessor
        if predecessor is None:
            return None
        old_names, names, counts = predecessor.names, segments.names, movement_counts(segments.flows)
        tables = {SEGMENT_MIGRATION.name: migration_rows(segments.flows, old_names, names)}
        if segments.identity.lineage:
            tables[SEGMENT_LINEAGE.name] = lineage_rows(segments.identity.lineage, old_names, names)
        facts = {
            "since_run": predecessor.run.run_id,
            "since_as_of": predecessor.manifest["as_of"],
            "customers": counts,
            "churn": asdict(segments.reused.churn) if segments.reused else None,
        }
        return Result(tables, facts, counts=_publishable(counts, segments.min_group_size))

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress small flows, and counts of movement and churn where any of them is small."""
        functions = {SEGMENT_MIGRATION.name: suppress_migration, SEGMENT_LINEAGE.name: suppress_lineage}
        tables = {name: functions[name](result.rows(name), min_group_size) for name in result.tables}
        facts = dict(result.facts or {})
        facts |= {
            "customers": suppress_together(facts["customers"], min_group_size),
            "churn": suppress_churn(facts["churn"], min_group_size),
        }
        return Result(tables, facts, counts=result.counts)

    def section(self, result: Result, data: ReportData) -> Section:
        """Who moved, and what became of segments."""
        return migration_section(data)


def _publishable(counts: Mapping[str, int], min_group_size: int) -> dict[str, int]:
    suppressed: Mapping[str, Any] = suppress_together(counts, min_group_size)
    return {name: count for name, count in suppressed.items() if count is not None}
