"""Which segment of a new model is which of the one before: ids that stay with the same customers, and what became of every segment."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from segmentation.clustering.measures import Array

MOST = 0.5
"""A segment comes from another, or goes into it, with this share of its customers at least."""
_KNOWN = 0.1
"""With fewer of a segment's customers found on the other side, it is told by its centre."""


class Fate(StrEnum):
    """What became of a segment, or where one comes from."""

    CONTINUED = "continued"
    """The same segment: it keeps its id."""
    SPLIT = "split"
    """A new segment, most of whose customers come from one that is continued elsewhere or ended."""
    MERGED = "merged"
    """An old one, most of whose customers are in one segment now, which continues another."""
    BORN = "born"
    """A new one of no single origin."""
    RETIRED = "retired"
    """An old one whose customers have left, or are in no one segment."""


@dataclass(frozen=True)
class Shared:
    """Two segmentations side by side.

    Parameters
    ----------
    counts
        Customers that are in both, shape (k_new, k_old).
    sizes, old_sizes
        All customers of each segment.
    means, old_means
        Their mean vectors, in the new model's space; NaN where there is none.
    """

    counts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    old_sizes: NDArray[np.int64]
    means: Array
    old_means: Array


@dataclass(frozen=True)
class Link:
    """What joins an old segment to a new one, by their places; None where there is nothing on that side.

    `of_old` and `of_new` are the shares of either's common customers, 0 to 1, and `customers` how many they are.
    """

    fate: Fate
    old: int | None
    new: int | None
    customers: int = 0
    of_old: float | None = None
    of_new: float | None = None


def links(shared: Shared) -> list[Link]:
    """What became of every old segment, and where every new one comes from.

    Segments are paired by the Hungarian method (Kuhn 1955) so that the likeness of all pairs adds up to most: the Jaccard index of their
    common customers, and as far as customers are not common the nearness of their centres. A pair that shares too little is none.

    Parameters
    ----------
    shared
        Both segmentations.

    Returns
    -------
    list
        One link for each pair that continues, for each other new segment, and for each other old one.
    """
    of_old, of_new = _shares(shared)
    likeness = np.where(_may_be_one(shared, of_old, of_new), _likeness(shared), 0.0)
    pairs = {int(new): int(old) for new, old in zip(*linear_sum_assignment(-likeness), strict=True) if likeness[new, old] > 0}

    def link(fate: Fate, old: int, new: int) -> Link:
        return Link(fate, old, new, int(shared.counts[new, old]), float(of_old[new, old]), float(of_new[new, old]))

    found = [link(Fate.CONTINUED, old, new) for new, old in sorted(pairs.items())]
    for new in sorted(set(range(len(shared.sizes))) - pairs.keys()):
        origin = int(of_new[new].argmax())
        found.append(link(Fate.SPLIT, origin, new) if of_new[new, origin] >= MOST else Link(Fate.BORN, None, new))
    for old in sorted(set(range(len(shared.old_sizes))) - set(pairs.values())):
        heir = int(of_old[:, old].argmax())
        found.append(link(Fate.MERGED, old, heir) if of_old[heir, old] >= MOST else Link(Fate.RETIRED, old, None))
    return found


def carried_ids(found: Sequence[Link], old_ids: Sequence[int], last_id: int) -> tuple[int, ...]:
    """Ids of the new segments, in their order: those of the segments they continue, and for all others the next that were never used.

    Parameters
    ----------
    found
        As told by `links`.
    old_ids
        Of the old segments, by their places.
    last_id
        The highest that any segment has ever had.
    """
    fresh = count(last_id + 1)
    own = sorted((link for link in found if link.new is not None and link.fate is not Fate.MERGED), key=lambda link: link.new or 0)
    return tuple(old_ids[link.old] if link.fate is Fate.CONTINUED and link.old is not None else next(fresh) for link in own)


def _shares(shared: Shared) -> tuple[Array, Array]:
    """Of the old and of the new segment's common customers, those that are in both."""
    counts = shared.counts.astype(np.float64)
    return counts / np.maximum(counts.sum(axis=0), 1), counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _may_be_one(shared: Shared, of_old: Array, of_new: Array) -> NDArray[np.bool_]:
    """By most of the common customers of either; where hardly any are common, by centres nearer to each other than to any border."""
    known = np.maximum(
        (shared.counts.sum(axis=1) / np.maximum(shared.sizes, 1))[:, None], shared.counts.sum(axis=0) / np.maximum(shared.old_sizes, 1)
    )
    return np.where(known >= _KNOWN, (of_old >= MOST) | (of_new >= MOST), _nearness(shared) >= MOST)


def _likeness(shared: Shared) -> Array:
    counts = shared.counts
    jaccard = counts / np.maximum(counts.sum(axis=0) + counts.sum(axis=1, keepdims=True) - counts, 1)
    common = counts.sum() / max(shared.sizes.sum(), shared.old_sizes.sum(), 1)
    # The last part decides only between pairs that are alike in the others.
    likeness: Array = common * jaccard + (1 - common + 1e-9) * _nearness(shared)
    return likeness


def _nearness(shared: Shared) -> Array:
    """1 for centres at one place, 0 from the distance on at which the old segment has its nearest neighbour."""
    apart = cdist(shared.old_means, shared.old_means)
    np.fill_diagonal(apart, np.inf)
    room = np.nanmin(np.where(np.isnan(apart), np.inf, apart), axis=1)
    distances = np.nan_to_num(cdist(shared.means, shared.old_means), nan=np.inf)
    with np.errstate(invalid="ignore"):
        nearness: Array = np.clip(1 - distances / np.where(np.isinf(room), 1.0, np.maximum(room, 1e-12)), 0, 1)
    return np.nan_to_num(nearness)
