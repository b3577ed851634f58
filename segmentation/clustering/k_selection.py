"""Selects the number of segments among those of the k sweep, and reports the selection to tables and manifest.

A k is possible if it meets the limits on segment size and number, and eligible if it is also as stable as `min_stability` asks. Of the
eligible, those within one standard error of the best silhouette times stability are as good, and the most stable of these is selected.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from segmentation.clustering.gap import GapStatistic, k_by_gap
from segmentation.clustering.k_sweep import (
    RESAMPLE_N_INIT,
    Candidate,
    KMeansFit,
    bootstrap_points,
    evaluate_candidates,
    kmeans_factory,
    lowest_wcss,
)
from segmentation.clustering.metrics import Array
from segmentation.clustering.structure import Structure, assess_structure
from segmentation.errors import InputError
from segmentation.settings import ClusteringSettings

N_SHUFFLES = 19
_MIN_DEPTH = 0.05
"""A WCSS curve closer than this to its chord, both axes scaled to 0..1, has no elbow."""


class GroupSizeLimit(NamedTuple):
    """The number of all customers, and how many of them each segment must have for privacy."""

    customers: int
    min_group_size: int


@dataclass(frozen=True)
class CandidateVerdict:
    """The decision on one k, with its reason."""

    candidate: Candidate
    is_elbow: bool
    is_eligible: bool
    is_chosen: bool
    reason: str


@dataclass(frozen=True)
class SelectedK:
    """The selected k with its best fit to the sample, and the verdicts on all k."""

    verdicts: tuple[CandidateVerdict, ...]
    best: KMeansFit
    structure: Structure

    @property
    def verdict(self) -> CandidateVerdict:
        """Of the selected k."""
        return next(verdict for verdict in self.verdicts if verdict.is_chosen)

    def stabilities(self, centers: Array) -> tuple[float, ...]:
        """Stability of each final segment: that of the sample's cluster whose center is matched to it."""
        _, clusters = linear_sum_assignment(cdist(centers, self.best.centers))
        return tuple(self.verdict.candidate.stabilities[cluster] for cluster in clusters)


def select_k(points: Array, fits: Sequence[KMeansFit], settings: ClusteringSettings, limit: GroupSizeLimit) -> SelectedK:
    """Select k among the fits of a sweep, and assess the structure of the selected clustering.

    `points` are those that were fitted, shape (n, d). `fits` are of every k and seed.

    Raises InputError where no k meets the limits; the message has the reason for each.
    """
    resampled = bootstrap_points(points, settings)
    verdicts = candidate_verdicts(evaluate_candidates(resampled, fits, settings), settings, limit)
    selected = next(verdict.candidate for verdict in verdicts if verdict.is_chosen)
    best = lowest_wcss([fit for fit in fits if fit.k == selected.k])
    shuffles = range(settings.seed, settings.seed + N_SHUFFLES)
    make_kmeans = kmeans_factory(resampled, settings, RESAMPLE_N_INIT)
    return SelectedK(verdicts, best, assess_structure(resampled, best.centers, selected.stability, shuffles, make_kmeans))


class _Selection(NamedTuple):
    eligible: Sequence[Candidate]
    best: Candidate  # of the eligible, by weighted silhouette
    selected: Candidate


def candidate_verdicts(
    candidates: Sequence[Candidate], settings: ClusteringSettings, limit: GroupSizeLimit
) -> tuple[CandidateVerdict, ...]:
    """A verdict on every candidate; exactly one is selected.

    If no possible candidate is as stable as the settings ask, `min_stability` is waived, and the reason says so.

    Raises InputError where no candidate meets the limits; the message has the reason for each.
    """
    violations = {c.k: _violated_limit(c, settings, limit) for c in candidates}
    possible = [c for c in candidates if not violations[c.k]]
    if not possible:
        raise InputError(_no_possible_k(violations, settings))
    selection = _selection(possible, settings)
    elbow_k = elbow([(c.k, c.metrics.wcss) for c in candidates])
    return tuple(
        CandidateVerdict(
            candidate=c,
            is_elbow=c.k == elbow_k,
            is_eligible=c in selection.eligible,
            is_chosen=c is selection.selected,
            reason=violations[c.k] or _reason(c, selection, settings),
        )
        for c in candidates
    )


def _selection(possible: Sequence[Candidate], settings: ClusteringSettings) -> _Selection:
    eligible = [c for c in possible if _is_stable(c, settings)] or possible
    best = max(eligible, key=lambda c: (_weighted_silhouette(c), -c.k))
    as_good = [c for c in eligible if _weighted_silhouette(c) >= _one_error_below(best)]
    return _Selection(eligible, best, max(as_good, key=lambda c: (_known(c.stability), _weighted_silhouette(c), -c.k)))


def _weighted_silhouette(candidate: Candidate) -> float:
    """The silhouette times the stability where that is known; a negative silhouette is not weighted."""
    silhouette = candidate.metrics.silhouette
    return silhouette if silhouette < 0 or math.isnan(candidate.stability) else silhouette * candidate.stability


def _one_error_below(best: Candidate) -> float:
    return _weighted_silhouette(best) - best.metrics.silhouette_error


def elbow(curve: Sequence[tuple[int, float]]) -> int | None:
    """The k farthest below the chord of the WCSS curve (kneedle, Satopaa 2011); None if the curve has no elbow."""
    (first, top), (last, bottom) = curve[0], curve[-1]
    if len(curve) < 3 or top <= bottom:
        return None
    depth = {k: 1 - (k - first) / (last - first) - (wcss - bottom) / (top - bottom) for k, wcss in curve}
    deepest = max(depth, key=lambda k: (depth[k], -k))
    return deepest if depth[deepest] > _MIN_DEPTH else None


def _violated_limit(candidate: Candidate, settings: ClusteringSettings, limit: GroupSizeLimit) -> str:
    k, share = candidate.k, candidate.min_segment_share
    n_filled = sum(size > 0 for size in candidate.metrics.sizes)
    if n_filled < k:
        return f"only {n_filled} of {k} clusters hold any customer"
    if round(share * limit.customers) < limit.min_group_size:
        return f"the smallest segment would hold fewer customers than privacy.min_group_size ({limit.min_group_size:,})"
    if settings.k is not None:
        return ""
    if k < settings.k_min:
        return f"fewer than clustering.k_min ({settings.k_min})"
    if share < settings.min_segment_share:
        smallest = f"the smallest segment would hold {share:.2%} of customers"
        return f"{smallest}, less than clustering.min_segment_share ({settings.min_segment_share:.2%})"
    return ""


def _is_stable(candidate: Candidate, settings: ClusteringSettings) -> bool:
    return settings.k is not None or _known(candidate.stability) >= settings.min_stability


def _known(stability: float) -> float:
    return -1.0 if math.isnan(stability) else stability


def _reason(candidate: Candidate, selection: _Selection, settings: ClusteringSettings) -> str:
    best = selection.best
    if settings.k is not None:
        return "fixed by clustering.k"
    if candidate is selection.selected:
        return _reason_of_selected(candidate, best, settings)
    if candidate not in selection.eligible:
        stability = f"the stability of its least stable segment is {candidate.stability:.2f}"
        return f"{stability}, less than clustering.min_stability ({settings.min_stability:.2f})"
    if _weighted_silhouette(candidate) < _one_error_below(best):
        return f"{_figures(candidate)} is less than {_figures(best)} of {best.k} segments"
    return f"{_figures(candidate)} is as good within one standard error, but {selection.selected.k} segments are more stable"


def _reason_of_selected(selected: Candidate, best: Candidate, settings: ClusteringSettings) -> str:
    reason = f"{_figures(selected)} is the best of those that meet the limits"
    if selected is not best:
        reason = f"{_figures(selected)} is as good within one standard error as {_figures(best)} of {best.k} segments, and more stable"
    if _is_stable(selected, settings):
        return reason
    return f"{reason}; no number is as stable as clustering.min_stability ({settings.min_stability:.2f}) asks"


def _figures(candidate: Candidate) -> str:
    return f"silhouette {candidate.metrics.silhouette:.4f} with stability {candidate.stability:.2f}"


def _no_possible_k(violations: Mapping[int, str], settings: ClusteringSettings) -> str:
    if settings.k is not None:
        return f"{settings.k} segments (clustering.k) cannot be formed: {violations[settings.k]}"
    reasons = "\n".join(f"  - {k}: {reason}" for k, reason in violations.items())
    remedy = "Lower clustering.min_segment_share, clustering.k_min or privacy.min_group_size"
    return f"no number of segments meets the limits:\n{reasons}\n{remedy}"


class SampleSize(NamedTuple):
    """The number of all customers, and of those in the sample that k was selected on."""

    customers: int
    sample: int


@dataclass(frozen=True)
class SelectionReport:
    """How k was selected, as manifest and tables show it."""

    summary: dict[str, Any]  # for the manifest
    k_selection: tuple[dict[str, Any], ...]  # rows of the table
    stabilities: tuple[float | None, ...]  # of each segment, by rising id; None where unknown


def selection_report(
    selection: SelectedK, gaps: Mapping[int, GapStatistic], centers: Array, settings: ClusteringSettings, size: SampleSize
) -> SelectionReport:
    """Report a selection.

    `centers` are those of the final segments by rising id, shape (k, d).
    """
    rows = tuple(_k_selection_row(verdict, gaps[verdict.candidate.k]) for verdict in selection.verdicts)
    stabilities = tuple(_finite(stability) for stability in selection.stabilities(centers))
    return SelectionReport(_summary(selection, gaps, settings, size), rows, stabilities)


def _summary(selection: SelectedK, gaps: Mapping[int, GapStatistic], settings: ClusteringSettings, size: SampleSize) -> dict[str, Any]:
    structure = selection.structure
    return {
        "k": selection.verdict.candidate.k,
        "elbow_k": next((verdict.candidate.k for verdict in selection.verdicts if verdict.is_elbow), None),
        "gap_k": k_by_gap(gaps),
        "gap_of_one": _finite(gaps[1].value),
        "reason": selection.verdict.reason,
        "structure": {"grade": structure.grade.value, **{name: _finite(value) for name, value in asdict(structure).items()}},
        "customers": size.customers,
        "sample_size": size.sample,
        "n_init": settings.n_init,
        "fixed": settings.k is not None,
    }


def _k_selection_row(verdict: CandidateVerdict, gap: GapStatistic) -> dict[str, Any]:
    candidate, metrics = verdict.candidate, verdict.candidate.metrics
    numbers = {
        "silhouette": metrics.silhouette,
        "silhouette_error": metrics.silhouette_error,
        "silhouette_spread": candidate.silhouette_spread,
        "seed_ari": candidate.seed_ari,
        "stability": candidate.stability,
        "wcss": metrics.wcss,
        "calinski_harabasz": metrics.calinski_harabasz,
        "davies_bouldin": metrics.davies_bouldin,
        "gap": gap.value,
        "gap_error": gap.error,
        "min_segment_share": candidate.min_segment_share,
    }
    return {
        "k": candidate.k,
        **{name: _finite(number) for name, number in numbers.items()},
        "elbow": verdict.is_elbow,
        "eligible": verdict.is_eligible,
        "chosen": verdict.is_chosen,
        "reason": verdict.reason,
    }


def _finite(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None
