"""Monitoring: whether the log came in whole and the model in use still fits, and what to do."""

from dataclasses import replace

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.monitoring.checks import MonitoringResult, run_checks
from segmentation.analyses.monitoring.section import monitoring_section
from segmentation.context import RunContext
from segmentation.fitted.references import run_in_progress
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section


class Monitoring(Analysis):
    """Alerts, and the decision to keep scoring, to refit, or to stop and look. It has no table; the manifest has it all."""

    name = "monitoring"

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Compare the run with its references; nothing where it is not to be published."""
        if not context.is_published:
            return None
        current = run_in_progress(context, segments.source.as_of, segments.model_run_id, segments.prepared)
        result = run_checks(context, current, segments.published_summary, segments.references, lambda: segments.feature_drifts)
        counts = {"references": len(segments.references), "alerts": len(result.decision.alerts)}
        return Result(facts=result.to_dict(min_group_size=1), counts=counts, details=result)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress shares of far customers that reveal a small group."""
        checked: MonitoringResult = result.details
        return replace(result, facts=checked.to_dict(min_group_size))

    def section(self, result: Result, data: ReportData) -> Section | None:
        """The decision and its alerts."""
        return monitoring_section(data)
