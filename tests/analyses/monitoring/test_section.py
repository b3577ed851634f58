"""The decision of monitoring and its alerts, on the page."""

from segmentation.analyses.monitoring.monitoring import alert_sentence, monitoring_section
from segmentation.report.report_data import ReportData
from segmentation.report.section import Bullets, Paragraph

ALERT = {"kind": "prices have changed", "evidence": "4 % <b>up</b>", "is_known": False, "verdict": "refit"}


def _section(verdict, *alerts, **references):
    facts = {"verdict": verdict, "alerts": alerts, "references": references}
    return monitoring_section(ReportData({"analyses": {"monitoring": facts}}))


def test_the_section_has_the_verdict_and_a_sentence_for_each_alert():
    assert _section("refit", ALERT, ALERT | {"is_known": True}).blocks == (
        Paragraph("", strong="The model in use describes other customers than these: fit a new one."),
        Bullets(("Prices have changed: 4 % <b>up</b>.", "Prices have changed (the model was fitted since): 4 % <b>up</b>.")),
    )
    assert alert_sentence(ALERT) == "Prices have changed: 4 % <b>up</b>."


def test_a_quiet_first_run_has_no_section_and_a_later_one_has():
    assert _section("keep scoring") is None
    later = _section("keep scoring", last="r0")
    assert later.blocks == (Paragraph("", strong="The model in use describes these customers: keep scoring."),)
