"""Whether a clustering comes back: from other draws of the same customers, and from other seeds."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.measures import Array, Labels, nearest
from segmentation.clustering.threads import in_threads

VALID = 0.75
"""Hennig 2007: a cluster that comes back to this degree is a valid, stable one."""

Model = Callable[[int, int], KMeans]
"""Makes the estimator for a number of clusters and a seed."""


def stabilities(points: Array, centres: Mapping[int, Array], draws: int, seed: int, model: Model) -> dict[int, Array]:
    """How far each cluster of each clustering comes back when customers are drawn anew, with replacement.

    Parameters
    ----------
    points
        Shape (n, d).
    centres
        Of each clustering, by its number of clusters k; shape (k, d).
    draws
        How many.
    seed
        Of the first draw; every clustering meets the same draws.
    model
        Clusters a draw.

    Returns
    -------
    dict
        By k, shape (k,): the mean over the draws of the cluster's best Jaccard match (Hennig 2007): above 0.75 valid, below 0.6 not to
        be trusted. NaN for a cluster that no draw could tell anything of.
    """
    labels = {k: nearest(points, found) for k, found in centres.items()}
    distinct = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    tasks = [(k, draw) for k in centres for draw in range(seed, seed + draws)]

    def matches_of(task: tuple[int, int]) -> Array:
        k, draw = task
        rows = np.random.default_rng(draw % 2**63).integers(len(points), size=len(points))
        once = np.unique(rows)
        if len(np.unique(distinct[once])) < k:
            return np.full(k, np.nan)
        found = model(k, draw).fit(points[rows]).cluster_centers_
        return best_matches(labels[k][once], nearest(points[once], found), k)

    matches = list(in_threads(matches_of, tasks))
    return {k: mean_matches([match for (of, _), match in zip(tasks, matches, strict=True) if of == k]) for k in centres}


def best_matches(known: Labels, found: Labels, k: int) -> Array:
    """Of each known cluster the highest Jaccard similarity with any found one; NaN for a known cluster without points.

    Parameters
    ----------
    known, found
        Two clusterings of the same points, 0 upwards; -1 for noise, which is no match but counts among the points that two
        clusters do not share.
    k
        Number of known clusters.
    """
    held, width = (known >= 0) & (found >= 0), max(int(found.max(initial=-1)) + 1, 1)
    both = np.bincount(known[held] * width + found[held], minlength=k * width).reshape(k, width)
    of_known = np.bincount(known[known >= 0], minlength=k)
    either = of_known[:, None] + np.bincount(found[found >= 0], minlength=width) - both
    return np.where(of_known > 0, (both / np.maximum(either, 1)).max(axis=1), np.nan)


def seed_agreement(labels: Sequence[Labels]) -> float:
    """Mean adjusted Rand index over all pairs of clusterings of the same points; 1 where there is but one."""
    pairs = [adjusted_rand_score(one, other) for one, other in combinations(labels, 2)]
    return float(np.mean(pairs)) if pairs else 1.0


def mean_matches(matches: Sequence[Array]) -> Array:
    """Mean of each cluster's matches that are told."""
    stacked = np.stack(matches)
    told = (~np.isnan(stacked)).sum(axis=0)
    return np.where(told > 0, np.nansum(stacked, axis=0) / np.maximum(told, 1), np.nan)


def least_stable(stabilities: Iterable[float]) -> float:
    """Of the least stable cluster; NaN where none can be told."""
    return min((value for value in stabilities if not math.isnan(value)), default=math.nan)
