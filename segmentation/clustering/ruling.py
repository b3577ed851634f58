"""Whether k-means is the right algorithm for these customers, in words.

Another algorithm is preferred only where it finds something else, and the something else is there:

1. It is **different**: its adjusted Rand index with k-means of as many clusters is below 0.9. Where k-means finds the same with
   another number, the number is in question and not the algorithm.
2. It is **usable**: two clusters at least, at most a fifth of customers left as noise, no cluster below the smallest share.
3. It **comes back**: its least stable cluster to 0.75 or more when customers are drawn anew, and to no more than 0.05 below k-means'.
4. It is **better**: either its clusters are dense within and apart from each other (DBCV above 0.1, where quarters of a
   uniform square reach 0.02, and 0.1 above k-means'), whatever
   their shape; or its silhouette is higher by more than two standard errors and by 0.02.

A higher silhouette alone is not enough, for an algorithm can buy it by setting a few odd customers apart. Nor is a lower one
held against clusters that DBCV finds: the silhouette favours round clusters, which is what k-means makes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from segmentation.clustering.algorithms import KMEANS
from segmentation.clustering.contest import Entry
from segmentation.clustering.stability import VALID

_THE_SAME = 0.9
_MOST_NOISE = 0.2
_LESS_STABLE = 0.05
_DENSE = 0.1
_DENSER = 0.1
_ERRORS = 2
_HIGHER = 0.02


class Grade(StrEnum):
    """How k-means does beside the others."""

    BEST = "k-means is the best choice"
    AS_GOOD = "k-means is as good as any"
    BEATEN = "k-means is not the best choice"


@dataclass(frozen=True)
class Ruling:
    """What was decided, and why; `better` is the algorithm to prefer, where there is one."""

    grade: Grade
    reason: str
    better: str | None = None


def ruling(found: Sequence[Entry], smallest_share: float, words: Callable[[str], str]) -> Ruling:
    """Judge k-means by the entries of all algorithms.

    Parameters
    ----------
    found
        K-means among them.
    smallest_share
        No cluster may hold a smaller share of the customers.
    words
        What an algorithm is called in a sentence.
    """
    kmeans = next(entry for entry in found if entry.algorithm == KMEANS)
    others = [entry for entry in found if entry is not kmeans and entry.measures]
    claims = {entry.algorithm: _claim(entry, kmeans) for entry in others}
    barred = {entry.algorithm: _objection(entry, kmeans, smallest_share) for entry in others}
    winners = [entry for entry in others if claims[entry.algorithm] and not barred[entry.algorithm]]
    if winners:
        best = max(winners, key=lambda entry: (entry.density_validity, entry.silhouette))
        return Ruling(Grade.BEATEN, _praise(best, claims[best.algorithm], words), best.algorithm)
    doubts = [f"{words(name)} {claim}, but {barred[name]}" for name, claim in claims.items() if claim]
    rivals = [words(e.algorithm) for e in others if not claims[e.algorithm] and e.silhouette >= kmeans.silhouette - kmeans.silhouette_error]
    return _standing(kmeans, rivals, doubts)


def _claim(entry: Entry, kmeans: Entry) -> str:
    """By what it would be better; empty where by nothing."""
    if entry.density_validity > _DENSE and not entry.density_validity < kmeans.density_validity + _DENSER:
        return f"finds denser clusters, farther apart (DBCV {entry.density_validity:.2f} against {kmeans.density_validity:.2f})"
    if entry.silhouette > kmeans.silhouette + max(_HIGHER, _ERRORS * kmeans.silhouette_error):
        return f"has the higher silhouette ({entry.silhouette:.3f} against {kmeans.silhouette:.3f})"
    return ""


def _objection(entry: Entry, kmeans: Entry, smallest_share: float) -> str:
    """Why a claim would not count; empty where it does."""
    if entry.kmeans_alike >= _THE_SAME:
        same = f"k-means with {entry.clusters} segments finds the same ones (adjusted Rand {entry.kmeans_alike:.2f})"
        return same if entry.clusters == kmeans.clusters else f"{same}: see clustering.segments"
    if entry.noise_share > _MOST_NOISE:
        return f"leaves {entry.noise_share:.0%} of customers in no cluster"
    if entry.smallest_share < smallest_share:
        return f"its smallest cluster holds less than clustering.smallest_share ({smallest_share:.2%}) of customers"
    if not entry.stability >= VALID:
        return f"its least stable cluster comes back to {entry.stability:.2f} only"
    if entry.stability < kmeans.stability - _LESS_STABLE:
        return f"it is less stable ({entry.stability:.2f} against {kmeans.stability:.2f})"
    return ""


def _praise(entry: Entry, claim: str, words: Callable[[str], str]) -> str:
    return (
        f"{words(entry.algorithm)} {claim}; its {entry.clusters} clusters come back when customers are drawn anew "
        f"({entry.stability:.2f} for the least stable), and k-means with as many does not find them "
        f"(adjusted Rand {entry.kmeans_alike:.2f})"
    )


def _standing(kmeans: Entry, rivals: Sequence[str], doubts: Sequence[str]) -> Ruling:
    grade = Grade.AS_GOOD if rivals or doubts else Grade.BEST
    told = f"its silhouette of {kmeans.silhouette:.3f} is the highest, by more than a standard error"
    if rivals:
        told = f"as high as its silhouette of {kmeans.silhouette:.3f}, within a standard error: {', '.join(rivals)}"
    if not rivals and doubts:
        told = "nothing better holds"
    return Ruling(grade, "; ".join([told, *doubts]))


def gaps(found: Sequence[Entry]) -> bool:
    """Whether any algorithm finds clusters that are denser within than between, come back, and leave few customers over."""
    return any(entry.density_validity > _DENSE and entry.stability >= VALID and entry.noise_share <= _MOST_NOISE for entry in found)
