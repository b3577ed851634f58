"""What publishing a newly fitted model (the challenger) instead of the one in use (the champion) would change, and what is allowed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from segmentation.fitted.flows import Flow, movement_counts
from segmentation.profiling.quality import mean_silhouette, min_stability
from segmentation.settings.publish import PublishSettings

_MAX_SHOWN_SHARE = 0.9
"""Larger shares are not shown: they would reveal the small group of the others."""


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
