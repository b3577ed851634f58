"""The decision of monitoring and its alerts, on the page."""

from collections.abc import Mapping
from typing import Any

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
