"""Which number of segments: eligible by the limits, as good as the best silhouette, then the most stable, with a reason for each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from segmentation.clustering.measures import Measures
from segmentation.clustering.stability import least_stable
from segmentation.errors import InputError
from segmentation.settings import ClusteringSettings


@dataclass(frozen=True)
class Candidate:
    """One number of segments, as it fared.

    Parameters
    ----------
    k
        Number of segments asked for.
    measures
        Of the seed with the lowest cost.
    silhouette_spread
        Highest less lowest mean silhouette over the seeds.
    seed_agreement
        Mean adjusted Rand index over all pairs of seeds.
    stabilities
        Of each cluster, how far it comes back when customers are drawn anew (`stability.stabilities`).
    """

    k: int
    measures: Measures
    silhouette_spread: float
    seed_agreement: float
    stabilities: tuple[float, ...]

    @property
    def stability(self) -> float:
        """Of the least stable cluster; NaN where none can be told."""
        return least_stable(self.stabilities)

    @property
    def dependable_silhouette(self) -> float:
        """The silhouette times the stability, as far as that is known: what is left of it when customers are drawn anew."""
        silhouette = self.measures.silhouette
        return silhouette if silhouette < 0 or math.isnan(self.stability) else silhouette * self.stability

    @property
    def smallest_share(self) -> float:
        """Share of customers in the smallest cluster, 0 if one is empty."""
        return min(self.measures.sizes) / sum(self.measures.sizes)


@dataclass(frozen=True)
class Verdict:
    """What was decided about one candidate, and why."""

    candidate: Candidate
    is_elbow: bool
    is_eligible: bool
    is_chosen: bool
    reason: str


class Anonymity(NamedTuple):
    """How many customers there are in all, and how many a segment must hold for none of them to stand out."""

    customers: int
    smallest_group: int


def choose(candidates: Sequence[Candidate], settings: ClusteringSettings, anonymity: Anonymity) -> tuple[Verdict, ...]:
    """A verdict for every candidate; exactly one is chosen.

    Of those that meet the limits, the one of best dependable silhouette sets the mark; whoever comes within its standard error is as
    good, and of these the most stable is chosen. Where none is as stable as the settings ask, that limit is waived, and the reason says so.

    Raises
    ------
    InputError
        None is eligible: says why for each.
    """
    limits = {c.k: _objection(c, settings, anonymity) for c in candidates}
    possible = [c for c in candidates if not limits[c.k]]
    if not possible:
        raise InputError(_nothing_eligible(limits, settings))
    field = _field(possible, settings)
    bend = elbow([(c.k, c.measures.wcss) for c in candidates])
    return tuple(
        Verdict(c, c.k == bend, c in field.eligible, c is field.chosen, limits[c.k] or _standing(c, field, settings)) for c in candidates
    )


class _Field(NamedTuple):
    """Who may be chosen, the best dependable silhouette of these, and the winner."""

    eligible: Sequence[Candidate]
    best: Candidate
    chosen: Candidate


def _field(possible: Sequence[Candidate], settings: ClusteringSettings) -> _Field:
    eligible = [c for c in possible if _is_stable(c, settings)] or possible
    best = max(eligible, key=lambda c: (c.dependable_silhouette, -c.k))
    as_good = [c for c in eligible if c.dependable_silhouette >= _mark(best)]
    return _Field(eligible, best, max(as_good, key=lambda c: (_known(c.stability), c.dependable_silhouette, -c.k)))


def _mark(best: Candidate) -> float:
    """What is within one standard error of the best."""
    return best.dependable_silhouette - best.measures.silhouette_error


def elbow(curve: Sequence[tuple[int, float]]) -> int | None:
    """The k farthest below the chord of the WCSS curve (kneedle, Satopaa 2011), None where the curve has no knee.

    Parameters
    ----------
    curve
        k and WCSS, k rising.
    """
    (first, top), (last, bottom) = curve[0], curve[-1]
    if len(curve) < 3 or top <= bottom:
        return None
    below = {k: 1 - (k - first) / (last - first) - (wcss - bottom) / (top - bottom) for k, wcss in curve}
    deepest = max(below, key=lambda k: (below[k], -k))
    return deepest if below[deepest] > _CLEARLY_BELOW else None


_CLEARLY_BELOW = 0.05
"""A curve closer than this to its chord, both axes scaled to 0..1, is called straight."""


def _objection(candidate: Candidate, settings: ClusteringSettings, anonymity: Anonymity) -> str:
    k, share = candidate.k, candidate.smallest_share
    held = sum(size > 0 for size in candidate.measures.sizes)
    if held < k:
        return f"only {held} of {k} clusters hold any customer"
    expected = round(share * anonymity.customers)
    if expected < anonymity.smallest_group:
        return f"the smallest segment would hold fewer customers than privacy.smallest_group ({anonymity.smallest_group:,})"
    if settings.segments is not None:
        return ""
    if k < settings.min_segments:
        return f"fewer than clustering.min_segments ({settings.min_segments})"
    if share < settings.smallest_share:
        return (
            f"the smallest segment would hold {share:.2%} of customers, less than clustering.smallest_share ({settings.smallest_share:.2%})"
        )
    return ""


def _is_stable(candidate: Candidate, settings: ClusteringSettings) -> bool:
    return settings.segments is not None or _known(candidate.stability) >= settings.least_stability


def _known(stability: float) -> float:
    return -1.0 if math.isnan(stability) else stability


def _standing(candidate: Candidate, field: _Field, settings: ClusteringSettings) -> str:
    if settings.segments is not None:
        return "fixed by clustering.segments"
    if candidate is field.chosen:
        return _praise(candidate, field, settings)
    if candidate not in field.eligible:
        return f"{_comes_back(candidate)}, less than clustering.least_stability ({settings.least_stability:.2f})"
    if candidate.dependable_silhouette < _mark(field.best):
        return f"{_told(candidate)} is less than {_told(field.best)} of {field.best.k} segments"
    return f"{_told(candidate)} is as good within one standard error, but {field.chosen.k} segments are more stable"


def _praise(chosen: Candidate, field: _Field, settings: ClusteringSettings) -> str:
    praise = f"{_told(chosen)} is the best of those that meet the limits"
    if chosen is not field.best:
        praise = f"{_told(chosen)} is as good within one standard error as {_told(field.best)} of {field.best.k} segments, and more stable"
    if _is_stable(chosen, settings):
        return praise
    return f"{praise}; no number is as stable as clustering.least_stability ({settings.least_stability:.2f}) asks"


def _told(candidate: Candidate) -> str:
    return f"silhouette {candidate.measures.silhouette:.4f} with stability {candidate.stability:.2f}"


def _comes_back(candidate: Candidate) -> str:
    return f"its least stable segment comes back to {candidate.stability:.2f}"


def _nothing_eligible(objections: dict[int, str], settings: ClusteringSettings) -> str:
    if settings.segments is not None:
        return f"{settings.segments} segments (clustering.segments) cannot be formed: {objections[settings.segments]}"
    reasons = "\n".join(f"  - {k}: {why}" for k, why in objections.items())
    remedy = "Lower clustering.smallest_share, clustering.min_segments or privacy.smallest_group"
    return f"no number of segments meets the limits:\n{reasons}\n{remedy}"
