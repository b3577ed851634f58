"""Drift: how far features have moved since earlier runs, over all customers and in each segment."""

from dataclasses import replace

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.drift.drift_rows import DriftTable, drift_table, trend_rows
from segmentation.analyses.drift.section import drift_section
from segmentation.analyses.drift.tables import DRIFT, DRIFT_TREND
from segmentation.context import RunContext
from segmentation.fitted.predecessor import earlier_rows
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import AS_OF, RUN_ID


class Drift(Analysis):
    """Population stability index and quantiles of each feature, since each of the run's references."""

    name = "drift"
    tables = (DRIFT, DRIFT_TREND)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Two passes over the customers of this run and of each reference; nothing on a first run."""
        if segments.predecessor is None or not segments.references:
            return None
        table = drift_table(segments.feature_drifts, segments.references, context.settings.monitor.max_psi)
        if not table.rows:
            return None
        as_of = segments.source.as_of
        own = trend_rows(table.rows, {RUN_ID: segments.run_id, AS_OF: as_of})
        trend = [*earlier_rows(segments.predecessor.run, DRIFT_TREND.name, as_of, "reference", "feature"), *own]
        return Result({DRIFT.name: table.rows, DRIFT_TREND.name: trend}, counts={"references": len(segments.references)}, details=table)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress quantiles that rest on too few customers."""
        table: DriftTable = result.details
        return replace(result, tables={**result.tables, DRIFT.name: table.suppressed(min_group_size).rows})

    def section(self, result: Result, data: ReportData) -> Section | None:
        """The index of the features that moved most, run by run."""
        return drift_section(data)
