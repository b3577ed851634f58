"""Champion and challenger: a newly fitted model is published only if it is about as good and moves few enough customers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from segmentation.analyses.analysis import Analysis, Result
from segmentation.context import RunContext
from segmentation.fitted.identity import Flow, movement_counts
from segmentation.fitted.segments import FittedSegments
from segmentation.privacy.suppression import suppress_together
from segmentation.profiling.aggregates import mean_silhouette, min_stability
from segmentation.report.formats import count, is_missing, percent, score
from segmentation.report.report_data import ReportData
from segmentation.report.section import Paragraph, Section
from segmentation.settings.output import PublishSettings

_QUALITIES = {"silhouette": "Mean silhouette", "stability": "Stability of the least stable segment"}
_MAX_SHOWN_SHARE = 0.9
"""Larger shares are not shown: they would reveal the small group of the others."""


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


@dataclass(frozen=True)
class ModelQuality:
    """Quality of a model's segments on the customers of its latest run; None where not known."""

    silhouette: float | None
    stability: float | None

    @staticmethod
    def of(summary: Sequence[Mapping[str, Any]]) -> "ModelQuality":
        """From rows of segment_summary."""
        return ModelQuality(mean_silhouette(summary), min_stability(summary))


@dataclass(frozen=True)
class RefitImpact:
    """What publishing the challenger would change."""

    champion: ModelQuality
    challenger: ModelQuality
    customers: Mapping[str, int]  # new, left, stayed, moved
    moved_revenue: Decimal | None  # net spend of customers who would move to another segment; None without purchases
    common_revenue: Decimal | None  # the same of all customers who are in both runs

    @property
    def moved_share(self) -> float:
        """Of the customers in both runs."""
        n_common = self.customers["stayed"] + self.customers["moved"]
        return self.customers["moved"] / n_common if n_common else 0.0

    @property
    def moved_revenue_share(self) -> float | None:
        """Of the net spend of customers in both runs; None where that is not above 0."""
        if self.moved_revenue is None or not self.common_revenue or self.common_revenue <= 0:
            return None
        return float(self.moved_revenue / self.common_revenue)

    def to_dict(self) -> dict[str, Any]:
        """For the manifest, exact."""
        return {
            "silhouette": {"champion": self.champion.silhouette, "challenger": self.challenger.silhouette},
            "stability": {"champion": self.champion.stability, "challenger": self.challenger.stability},
            "customers": dict(self.customers),
            "moved_share": self.moved_share,
            "moved_revenue_share": self.moved_revenue_share,
        }


def refit_impact(champion: ModelQuality, challenger: ModelQuality, flows: Sequence[Flow]) -> RefitImpact:
    """What would change."""
    spending = [flow for flow in flows if None not in (flow.old, flow.new) and flow.revenue_net is not None]
    moved = sum((Decimal(flow.revenue_net) for flow in spending if flow.old != flow.new), Decimal(0))
    common = sum((Decimal(flow.revenue_net) for flow in spending), Decimal(0))
    return RefitImpact(champion, challenger, movement_counts(flows), moved if spending else None, common if spending else None)


def gate_faults(impact: RefitImpact, settings: PublishSettings) -> Iterator[str]:
    """Why the challenger may not replace the champion; none where it may."""
    champion, challenger = impact.champion, impact.challenger
    yield from _drop("silhouette", champion.silhouette, challenger.silhouette, settings.max_silhouette_drop, "silhouette")
    stability = "stability of the least stable segment"
    yield from _drop(stability, champion.stability, challenger.stability, settings.max_stability_drop, "stability")
    allowed = settings.max_moved_share
    if allowed is not None and impact.moved_share > allowed:
        share = _percent(impact.moved_share)
        yield f"customers who would move to another segment: {share}; publish.max_moved_share is {allowed:.0%}"
    allowed = settings.max_moved_revenue_share
    if allowed is not None and impact.moved_revenue_share is not None and impact.moved_revenue_share > allowed:
        share = _percent(impact.moved_revenue_share)
        yield f"net revenue of customers who would move: {share}; publish.max_moved_revenue_share is {allowed:.0%}"


def _drop(what: str, before: float | None, after: float | None, allowed: float | None, key: str) -> Iterator[str]:
    if allowed is None or before is None or after is None or before - after <= allowed:
        return
    yield f"{what}: {after:.3f}, of the model in use {before:.3f}; publish.max_{key}_drop is {allowed:g}"


def _percent(share: float) -> str:
    return f"{share:.1%}" if share <= _MAX_SHOWN_SHARE else f"more than {_MAX_SHOWN_SHARE:.0%}"


def suppress_impact(impact: Mapping[str, Any], min_group_size: int) -> dict[str, Any]:
    """The impact without counts of small groups, and then without shares, from which counts follow."""
    customers = suppress_together(impact["customers"], min_group_size)
    shares = ("moved_share", "moved_revenue_share") if None in customers.values() else ()
    return {**impact, "customers": customers, **dict.fromkeys(shares)}


class Gate(Analysis):
    """Impact of a new model compared with the one in use; its faults stop the run from being published."""

    name = "gate"

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Quality of both models and customers who would move; nothing on a first run, or where the model is not new."""
        predecessor = segments.predecessor
        if predecessor is None or not segments.is_new_model:
            return None
        qualities = ModelQuality.of(predecessor.summary()), ModelQuality.of(segments.published_summary)
        impact = refit_impact(*qualities, segments.flows)
        run_id = predecessor.run.run_id
        faults = tuple(f"{fault} (against run {run_id})" for fault in gate_faults(impact, context.settings.publish))
        return Result(facts=impact.to_dict(), faults=faults)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress counts and shares of moved customers where any group is small."""
        return Result(facts=suppress_impact(result.facts or {}, min_group_size), faults=result.faults)

    def section(self, result: Result, data: ReportData) -> Section | None:
        """What the new model changes."""
        return gate_section(data)
