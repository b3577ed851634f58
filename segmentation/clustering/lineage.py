"""Matches the segments of a new model to those of its predecessor: which are continued, and what became of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from segmentation.clustering.metrics import Array

MAJORITY = 0.5
"""A segment comes from another, or goes into it, with at least this share of its customers."""
_MIN_COMMON_SHARE = 0.1
"""A pair of segments is compared by its centers if fewer of their customers than this are in both segmentations."""


class Fate(StrEnum):
    """What became of an old segment, or where a new one comes from."""

    CONTINUED = "continued"
    """The same segment: its id is unchanged."""
    SPLIT = "split"
    """A new segment, most of whose customers come from one that is continued elsewhere or ended."""
    MERGED = "merged"
    """An old segment, most of whose customers are now in one segment, which continues another."""
    BORN = "born"
    """A new segment of no single origin."""
    RETIRED = "retired"
    """An old segment whose customers have left, or are in no single segment."""


@dataclass(frozen=True)
class SegmentOverlap:
    """Two segmentations of some common customers."""

    counts: NDArray[np.int64]  # customers in both, shape (k_new, k_old)
    sizes: NDArray[np.int64]  # all customers of each new segment
    old_sizes: NDArray[np.int64]
    means: Array  # mean vectors, in the new model's space; NaN where unknown
    old_means: Array


@dataclass(frozen=True)
class SegmentLink:
    """A link between an old segment and a new one, by their positions; None where there is nothing on that side."""

    fate: Fate
    old: int | None
    new: int | None
    customers: int = 0  # in both
    old_share: float | None = None  # of the old segment's common customers, 0 to 1
    new_share: float | None = None


def match_segments(overlap: SegmentOverlap) -> list[SegmentLink]:
    """What became of every old segment, and where every new one comes from.

    Segments are paired by the Hungarian method (Kuhn 1955) to maximize the total similarity: the Jaccard index of their common
    customers, and as far as customers are not common the proximity of their centers. Pairs that share too little are dropped.

    There is one link for each continued pair, for each other new segment, and for each other old one.
    """
    old_share, new_share = _shares(overlap)
    similarity = np.where(_can_continue(overlap, old_share, new_share), _similarity(overlap), 0.0)
    pairs = {int(new): int(old) for new, old in zip(*linear_sum_assignment(-similarity), strict=True) if similarity[new, old] > 0}

    def link(fate: Fate, old: int, new: int) -> SegmentLink:
        return SegmentLink(fate, old, new, int(overlap.counts[new, old]), float(old_share[new, old]), float(new_share[new, old]))

    links = [link(Fate.CONTINUED, old, new) for new, old in sorted(pairs.items())]
    for new in sorted(set(range(len(overlap.sizes))) - pairs.keys()):
        origin = int(new_share[new].argmax())
        links.append(link(Fate.SPLIT, origin, new) if new_share[new, origin] >= MAJORITY else SegmentLink(Fate.BORN, None, new))
    for old in sorted(set(range(len(overlap.old_sizes))) - set(pairs.values())):
        heir = int(old_share[:, old].argmax())
        links.append(link(Fate.MERGED, old, heir) if old_share[heir, old] >= MAJORITY else SegmentLink(Fate.RETIRED, old, None))
    return links


def inherited_ids(links: Sequence[SegmentLink], old_ids: Sequence[int], last_id: int) -> tuple[int, ...]:
    """Ids of the new segments by position: those of the segments they continue, and for all others the next unused ones.

    `last_id` is the highest id that any segment has ever had.
    """
    unused = count(last_id + 1)
    new_links = sorted((link for link in links if link.new is not None and link.fate is not Fate.MERGED), key=lambda link: link.new or 0)
    return tuple(old_ids[link.old] if link.fate is Fate.CONTINUED and link.old is not None else next(unused) for link in new_links)


def _shares(overlap: SegmentOverlap) -> tuple[Array, Array]:
    """Customers in both, as shares of the old and of the new segment's common customers."""
    counts = overlap.counts.astype(np.float64)
    return counts / np.maximum(counts.sum(axis=0), 1), counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _can_continue(overlap: SegmentOverlap, old_share: Array, new_share: Array) -> NDArray[np.bool_]:
    """Most common customers of either are in both; or, with hardly any in common, centers are nearer to each other than to any border."""
    counts = overlap.counts
    common_share = np.maximum(
        (counts.sum(axis=1) / np.maximum(overlap.sizes, 1))[:, None], counts.sum(axis=0) / np.maximum(overlap.old_sizes, 1)
    )
    by_customers = (old_share >= MAJORITY) | (new_share >= MAJORITY)
    return np.where(common_share >= _MIN_COMMON_SHARE, by_customers, _proximity(overlap) >= MAJORITY)


def _similarity(overlap: SegmentOverlap) -> Array:
    counts = overlap.counts
    jaccard = counts / np.maximum(counts.sum(axis=0) + counts.sum(axis=1, keepdims=True) - counts, 1)
    common = counts.sum() / max(overlap.sizes.sum(), overlap.old_sizes.sum(), 1)
    # The last term decides only between pairs that are equal in the others.
    similarity: Array = common * jaccard + (1 - common + 1e-9) * _proximity(overlap)
    return similarity


def _proximity(overlap: SegmentOverlap) -> Array:
    """1 for equal centers, falling to 0 at the distance of the old segment's nearest neighbor."""
    old_distances = cdist(overlap.old_means, overlap.old_means)
    np.fill_diagonal(old_distances, np.inf)
    to_neighbor = np.nanmin(np.where(np.isnan(old_distances), np.inf, old_distances), axis=1)
    distances = np.nan_to_num(cdist(overlap.means, overlap.old_means), nan=np.inf)
    with np.errstate(invalid="ignore"):
        proximity: Array = np.clip(1 - distances / np.where(np.isinf(to_neighbor), 1.0, np.maximum(to_neighbor, 1e-12)), 0, 1)
    return np.nan_to_num(proximity)
