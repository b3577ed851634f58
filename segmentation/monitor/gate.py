"""A refit is a challenger: what it would change, and whether that is more than the settings allow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from segmentation.monitor.fit import least_stability, mean_silhouette
from segmentation.monitor.migration import Flow, movement
from segmentation.settings.publish import PublishSettings

_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Standing:
    """What a model's segments are worth on the customers of its latest run; None for what is not known."""

    silhouette: float | None
    stability: float | None

    @staticmethod
    def of(summary: Sequence[Mapping[str, Any]]) -> "Standing":
        """Of segment_summary's rows."""
        return Standing(mean_silhouette(summary), least_stability(summary))


@dataclass(frozen=True)
class Impact:
    """What publishing a challenger would change.

    Parameters
    ----------
    champion, challenger
        What each is worth.
    customers
        New, left, stayed and moved.
    revenue_moved, revenue_of_both
        Net spend of customers who would move to another segment, and of all who are in both runs; None without purchases.
    """

    champion: Standing
    challenger: Standing
    customers: Mapping[str, int]
    revenue_moved: Decimal | None
    revenue_of_both: Decimal | None

    @property
    def share_moved(self) -> float:
        """Of the customers in both runs."""
        both = self.customers["stayed"] + self.customers["moved"]
        return self.customers["moved"] / both if both else 0.0

    @property
    def revenue_share_moved(self) -> float | None:
        """Of the net spend of customers in both runs; None where that is not above 0."""
        if self.revenue_moved is None or not self.revenue_of_both or self.revenue_of_both <= 0:
            return None
        return float(self.revenue_moved / self.revenue_of_both)

    def told(self) -> dict[str, Any]:
        """For the manifest and the page; shares tell of customers: what is left of small groups is for the caller to keep back."""
        return {
            "silhouette": {"champion": self.champion.silhouette, "challenger": self.challenger.silhouette},
            "stability": {"champion": self.champion.stability, "challenger": self.challenger.stability},
            "customers": dict(self.customers),
            "share_moved": self.share_moved,
            "revenue_share_moved": self.revenue_share_moved,
        }


def impact_of(champion: Standing, challenger: Standing, flows: Sequence[Flow]) -> Impact:
    """What would change.

    Parameters
    ----------
    champion, challenger
        The model in use, and the one that would take its place.
    flows
        Customers from the segments of the last published run to the challenger's.
    """
    both = [flow for flow in flows if flow.old is not None and flow.new is not None]
    spent = [flow for flow in both if flow.revenue_net is not None]
    moved = sum((Decimal(flow.revenue_net) for flow in spent if flow.old != flow.new), Decimal(0))
    every = sum((Decimal(flow.revenue_net) for flow in spent), Decimal(0))
    return Impact(champion, challenger, movement(flows), moved if spent else None, every if spent else None)


def gate_faults(impact: Impact, settings: PublishSettings) -> list[str]:
    """Why a challenger may not take the champion's place; none where it passes.

    Parameters
    ----------
    impact
        What it would change.
    settings
        What is allowed.
    """
    return list(_faults(impact, settings))


def _faults(impact: Impact, settings: PublishSettings) -> Iterator[str]:
    """Each told like the other changes that hold a run back."""
    before, after = impact.champion, impact.challenger
    yield from _worse("silhouette", (before.silhouette, after.silhouette), settings.largest_silhouette_fall, "silhouette")
    yield from _worse(
        "stability of the least stable segment", (before.stability, after.stability), settings.largest_stability_fall, "stability"
    )
    most = settings.largest_share_moved
    if most is not None and impact.share_moved > most:
        yield f"customers who would move to another segment: {_percent(impact.share_moved)}; publish.largest_share_moved is {most:.0%}"
    most, share = settings.largest_revenue_moved, impact.revenue_share_moved
    if most is not None and share is not None and share > most:
        yield f"net revenue of customers who would move: {_percent(share)}; publish.largest_revenue_moved is {most:.0%}"


def _worse(what: str, values: tuple[float | None, float | None], most: float | None, key: str) -> Iterator[str]:
    before, after = values
    if most is None or before is None or after is None or before - after <= most:
        return
    yield f"{what}: {after:.3f}, of the model in use {before:.3f}; publish.largest_{key}_fall is {most:g}"


def _percent(share: float) -> str:
    """A share as text; of nearly all it would tell of the few others."""
    return f"{share:.1%}" if share <= _NEARLY_ALL else f"more than {_NEARLY_ALL:.0%}"
