"""Monitoring: whether the log came in whole and the model in use still fits, and what to do."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.monitoring.checks import MonitoringResult, run_checks
from segmentation.context import RunContext
from segmentation.fitted.references import run_in_progress
from segmentation.fitted.segments import FittedSegments
from segmentation.report.formats import plain
from segmentation.report.report_data import ReportData
from segmentation.report.section import Bullets, Paragraph, Section

_VERDICTS = {
    "keep scoring": "The model in use describes these customers: keep scoring.",
    "refit": "The model in use describes other customers than these: fit a new one.",
    "stop and look": "Something is odd about the log: look at it before acting on these segments.",
}
_MAX_LENGTH = 400


def monitoring_section(data: ReportData) -> Section | None:
    """What to do and why; None where nothing has happened and there was no run before."""
    facts = data.facts("monitoring")
    if not facts["alerts"] and not facts["references"]:
        return None
    alerts = (Bullets(tuple(map(alert_sentence, facts["alerts"]))),) if facts["alerts"] else ()
    blocks = (Paragraph("", strong=_VERDICTS[facts["verdict"]]), *alerts)
    return Section("changes", "What changed", "What changed", blocks)


def alert_sentence(alert: Mapping[str, Any]) -> str:
    """One alert of the manifest."""
    kind = plain(alert["kind"], _MAX_LENGTH)
    known = " (the model was fitted since)" if alert["is_known"] else ""
    return f"{kind[:1].upper()}{kind[1:]}{known}: {plain(alert['evidence'], _MAX_LENGTH)}."


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
