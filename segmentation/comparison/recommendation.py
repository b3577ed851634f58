"""Recommends k-means or another algorithm for these customers, with the reason.

Another algorithm is preferred only if its clusters are

1. **different**: their adjusted Rand index with k-means of as many clusters is below 0.9. If k-means finds the same with another
   number of clusters, k is in question and not the algorithm;
2. **usable**: at least two clusters, at most a fifth of customers as noise, no cluster below the smallest share;
3. **stable**: at least 0.75 for the least stable cluster, and at most 0.05 below k-means;
4. **better**: dense within and separated from each other (DBCV above 0.1, where quarters of a uniform square reach 0.02, and 0.1 above
   k-means'), or of a silhouette higher by more than two standard errors and by 0.02.

A higher silhouette alone is not enough, since an algorithm can reach it by separating a few odd customers. Nor does a lower one
disqualify clusters that DBCV confirms: the silhouette favors round clusters, which k-means makes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from segmentation.clustering.stability import VALID_STABILITY
from segmentation.comparison.algorithms import DISPLAY_NAMES, KMEANS
from segmentation.comparison.evaluation import AlgorithmResult

_SAME_ARI = 0.9
_MAX_NOISE = 0.2
_MAX_STABILITY_LOSS = 0.05
_MIN_DBCV = 0.1
_MIN_DBCV_GAIN = 0.1
_SILHOUETTE_ERRORS = 2
_MIN_SILHOUETTE_GAIN = 0.02


class KMeansGrade(StrEnum):
    """How k-means does compared with the others."""

    BEST = "k-means is the best choice"
    AS_GOOD = "k-means is as good as any"
    BEATEN = "k-means is not the best choice"


@dataclass(frozen=True)
class Recommendation:
    """The recommended algorithm, and why."""

    grade: KMeansGrade
    reason: str
    preferred: str = KMEANS


def recommendation(results: Sequence[AlgorithmResult], min_segment_share: float) -> Recommendation:
    """Compare k-means with the other algorithms."""
    kmeans = next(result for result in results if result.algorithm == KMEANS)
    others = [result for result in results if result is not kmeans and result.metrics]
    advantages = {other.algorithm: _advantage(other, kmeans) for other in others}
    objections = {other.algorithm: _objection(other, kmeans, min_segment_share) for other in others}
    better = [other for other in others if advantages[other.algorithm] and not objections[other.algorithm]]
    if better:
        best = max(better, key=lambda result: (result.density_validity, result.silhouette))
        return Recommendation(KMeansGrade.BEATEN, _reason_to_prefer(best, advantages[best.algorithm]), best.algorithm)
    rejected = [f"{DISPLAY_NAMES[name]} {advantage}, but {objections[name]}" for name, advantage in advantages.items() if advantage]
    lowest_equal = kmeans.silhouette - kmeans.silhouette_error
    equal = [DISPLAY_NAMES[o.algorithm] for o in others if not advantages[o.algorithm] and o.silhouette >= lowest_equal]
    return _kmeans_recommended(kmeans, equal, rejected)


def _advantage(result: AlgorithmResult, kmeans: AlgorithmResult) -> str:
    """How it would be better than k-means; empty if it would not."""
    if result.density_validity > _MIN_DBCV and not result.density_validity < kmeans.density_validity + _MIN_DBCV_GAIN:
        return f"finds denser clusters, farther apart (DBCV {result.density_validity:.2f} against {kmeans.density_validity:.2f})"
    if result.silhouette > kmeans.silhouette + max(_MIN_SILHOUETTE_GAIN, _SILHOUETTE_ERRORS * kmeans.silhouette_error):
        return f"has the higher silhouette ({result.silhouette:.3f} against {kmeans.silhouette:.3f})"
    return ""


def _objection(result: AlgorithmResult, kmeans: AlgorithmResult, min_segment_share: float) -> str:
    """Why an advantage does not count; empty if it does."""
    if result.ari_vs_kmeans >= _SAME_ARI:
        same = f"k-means with {result.n_clusters} segments finds the same ones (adjusted Rand {result.ari_vs_kmeans:.2f})"
        return same if result.n_clusters == kmeans.n_clusters else f"{same}: see clustering.k"
    if result.noise_share > _MAX_NOISE:
        return f"leaves {result.noise_share:.0%} of customers in no cluster"
    if result.min_segment_share < min_segment_share:
        return f"its smallest cluster holds less than clustering.min_segment_share ({min_segment_share:.2%}) of customers"
    if not result.stability >= VALID_STABILITY:
        return f"the stability of its least stable cluster is only {result.stability:.2f}"
    if result.stability < kmeans.stability - _MAX_STABILITY_LOSS:
        return f"it is less stable ({result.stability:.2f} against {kmeans.stability:.2f})"
    return ""


def _reason_to_prefer(result: AlgorithmResult, advantage: str) -> str:
    return (
        f"{DISPLAY_NAMES[result.algorithm]} {advantage}; its {result.n_clusters} clusters are stable when customers are resampled "
        f"({result.stability:.2f} for the least stable), and k-means with as many does not find them "
        f"(adjusted Rand {result.ari_vs_kmeans:.2f})"
    )


def _kmeans_recommended(kmeans: AlgorithmResult, equal: Sequence[str], rejected: Sequence[str]) -> Recommendation:
    if equal:
        reason = f"as high as its silhouette of {kmeans.silhouette:.3f}, within a standard error: {', '.join(equal)}"
    elif rejected:
        reason = "nothing is demonstrably better"
    else:
        reason = f"its silhouette of {kmeans.silhouette:.3f} is the highest, by more than a standard error"
    return Recommendation(KMeansGrade.AS_GOOD if equal or rejected else KMeansGrade.BEST, "; ".join([reason, *rejected]))


def has_separated_clusters(results: Sequence[AlgorithmResult]) -> bool:
    """Whether any algorithm finds clusters that are denser within than between, stable, and with little noise."""
    return any(
        result.density_validity > _MIN_DBCV and result.stability >= VALID_STABILITY and result.noise_share <= _MAX_NOISE
        for result in results
    )
