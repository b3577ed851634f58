"""Which number of segments: eligible by the business limits, then the best silhouette, with a reason for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from segmentation.clustering.measures import Measures
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
    """

    k: int
    measures: Measures
    silhouette_spread: float

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


def choose(candidates: Sequence[Candidate], settings: ClusteringSettings) -> tuple[Verdict, ...]:
    """A verdict for every candidate; exactly one is chosen.

    Raises
    ------
    InputError
        None is eligible: says why for each.
    """
    objections = {c.k: _objection(c, settings) for c in candidates}
    eligible = [c for c in candidates if not objections[c.k]]
    if not eligible:
        raise InputError(_nothing_eligible(objections, settings))
    best = max(eligible, key=lambda c: (c.measures.silhouette, -c.k))
    bend = elbow([(c.k, c.measures.wcss) for c in candidates])
    return tuple(
        Verdict(c, c.k == bend, not objections[c.k], c is best, objections[c.k] or _standing(c, best, settings)) for c in candidates
    )


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


def _objection(candidate: Candidate, settings: ClusteringSettings) -> str:
    k, share = candidate.k, candidate.smallest_share
    held = sum(size > 0 for size in candidate.measures.sizes)
    if held < k:
        return f"only {held} of {k} clusters hold any customer"
    if settings.segments is not None:
        return ""
    if k < settings.min_segments:
        return f"fewer than clustering.min_segments ({settings.min_segments})"
    if share < settings.smallest_share:
        return (
            f"the smallest segment would hold {share:.2%} of customers, less than clustering.smallest_share ({settings.smallest_share:.2%})"
        )
    return ""


def _standing(candidate: Candidate, best: Candidate, settings: ClusteringSettings) -> str:
    if settings.segments is not None:
        return "fixed by clustering.segments"
    mine, highest = candidate.measures.silhouette, best.measures.silhouette
    if candidate is best:
        return f"best silhouette ({mine:.4f}) of those that meet the limits"
    return f"silhouette {mine:.4f} is below the {highest:.4f} of {best.k} segments"


def _nothing_eligible(objections: dict[int, str], settings: ClusteringSettings) -> str:
    if settings.segments is not None:
        return f"{settings.segments} segments (clustering.segments) cannot be formed: {objections[settings.segments]}"
    reasons = "\n".join(f"  - {k}: {why}" for k, why in objections.items())
    return f"no number of segments meets the limits:\n{reasons}\nLower clustering.smallest_share or clustering.min_segments"
