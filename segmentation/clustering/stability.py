"""Whether a clustering is reproducible: from bootstrap samples of the same customers, and from other seeds."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.metrics import Array, Labels, nearest_center
from segmentation.clustering.parallel import parallel_map

VALID_STABILITY = 0.75
"""Hennig 2007: a cluster of this stability is valid."""

KMeansFactory = Callable[[int, int], KMeans]
"""Makes the estimator for a number of clusters and a seed."""


def bootstrap_stabilities(
    points: Array, centers: Mapping[int, Array], n_bootstrap: int, seed: int, make_kmeans: KMeansFactory
) -> dict[int, Array]:
    """How well each cluster of each clustering is recovered from bootstrap samples (drawn with replacement).

    `centers` are those of each clustering by its k, shape (k, d). Every clustering gets the same samples.

    The result has an array of shape (k,) for each k: the mean over the samples of each cluster's best Jaccard match (Hennig 2007). A
    cluster above 0.75 is valid, one below 0.6 is not to be trusted. NaN where no sample could be matched to the cluster.
    """
    labels = {k: nearest_center(points, of_k) for k, of_k in centers.items()}
    distinct = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    tasks = [(k, draw) for k in centers for draw in range(seed, seed + n_bootstrap)]

    def jaccard_of(task: tuple[int, int]) -> Array:
        k, draw = task
        rows = np.random.default_rng(draw % 2**63).integers(len(points), size=len(points))
        once = np.unique(rows)
        if len(np.unique(distinct[once])) < k:
            return np.full(k, np.nan)
        resampled_centers = make_kmeans(k, draw).fit(points[rows]).cluster_centers_
        return best_jaccard(labels[k][once], nearest_center(points[once], resampled_centers), k)

    matches = list(parallel_map(jaccard_of, tasks))
    return {k: mean_over_draws([match for (of, _), match in zip(tasks, matches, strict=True) if of == k]) for k in centers}


def best_jaccard(reference: Labels, other: Labels, k: int) -> Array:
    """Of each reference cluster the highest Jaccard similarity with any cluster of the other clustering.

    Clusters are numbered from 0; -1 is noise, which is no match but counts among the points that two clusters do not share. NaN for a
    reference cluster without points.
    """
    in_both, width = (reference >= 0) & (other >= 0), max(int(other.max(initial=-1)) + 1, 1)
    intersection = np.bincount(reference[in_both] * width + other[in_both], minlength=k * width).reshape(k, width)
    sizes = np.bincount(reference[reference >= 0], minlength=k)
    union = sizes[:, None] + np.bincount(other[other >= 0], minlength=width) - intersection
    return np.where(sizes > 0, (intersection / np.maximum(union, 1)).max(axis=1), np.nan)


def mean_pairwise_ari(labels: Sequence[Labels]) -> float:
    """Mean adjusted Rand index over all pairs of clusterings of the same points; 1 if there is only one."""
    pairs = [adjusted_rand_score(one, other) for one, other in combinations(labels, 2)]
    return float(np.mean(pairs)) if pairs else 1.0


def mean_over_draws(matches: Sequence[Array]) -> Array:
    """Mean of each cluster's matches, NaN ones left out."""
    stacked = np.stack(matches)
    n = (~np.isnan(stacked)).sum(axis=0)
    return np.where(n > 0, np.nansum(stacked, axis=0) / np.maximum(n, 1), np.nan)


def lowest_stability(stabilities: Iterable[float]) -> float:
    """Of the least stable cluster; NaN if none is known."""
    return min((value for value in stabilities if not math.isnan(value)), default=math.nan)
