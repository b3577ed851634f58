"""What a new model changes, on the page."""

from collections.abc import Iterator, Mapping
from typing import Any

from segmentation.report.formats import count, is_missing, percent, score
from segmentation.report.report_data import ReportData
from segmentation.report.section import Paragraph, Section

_QUALITIES = {"silhouette": "Mean silhouette", "stability": "Stability of the least stable segment"}


def gate_section(data: ReportData) -> Section | None:
    """The new model compared with the one in use; None where nothing can be shown."""
    sentences = tuple(map(Paragraph, impact_sentences(data.facts("gate"))))
    return Section("changes", "What changed", "What changed", sentences) if sentences else None


def impact_sentences(impact: Mapping[str, Any]) -> Iterator[str]:
    """Customers who move, and the quality of both models, as far as they are published."""
    if not impact:
        return
    moved, revenue = impact["moved_share"], impact["moved_revenue_share"]
    if not is_missing(moved):
        common = count(impact["customers"]["stayed"] + impact["customers"]["moved"])
        money = "" if is_missing(revenue) else f", with {percent(revenue)} of their net spend"
        yield f"The new model puts {percent(moved)} of {common} customers in another segment{money}."
    for quality, name in _QUALITIES.items():
        sides = impact[quality]
        if not any(is_missing(value) for value in sides.values()):
            yield f"{name} {score(sides['challenger'])}, compared with {score(sides['champion'])} of the model in use."
