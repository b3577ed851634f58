"""Migration: who moved from which segment to which since the run before, and what became of each segment."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.migration.flow_rows import lineage_rows, migration_rows
from segmentation.analyses.migration.section import migration_section
from segmentation.analyses.migration.suppression import suppress_churn, suppress_lineage, suppress_migration
from segmentation.analyses.migration.tables import SEGMENT_LINEAGE, SEGMENT_MIGRATION
from segmentation.context import RunContext
from segmentation.fitted.flows import movement_counts
from segmentation.fitted.segments import FittedSegments
from segmentation.privacy.suppression import suppress_together
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section


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
