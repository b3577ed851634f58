"""The gap statistic (Tibshirani, Walther & Hastie 2001): how much tighter clusters are than those of uniform reference data.

References are uniform over the ranges of the principal components, which follow the shape of the data. Clusters and their cost
are the same in any rotation, so references are drawn, and clustered, in the components' axes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from segmentation.clustering.k_sweep import RESAMPLE_N_INIT, bootstrap_points, kmeans_factory
from segmentation.clustering.metrics import Array
from segmentation.clustering.parallel import parallel_map
from segmentation.clustering.projection import principal_components
from segmentation.clustering.stability import KMeansFactory
from segmentation.settings import ClusteringSettings


@dataclass(frozen=True)
class GapStatistic:
    """E*[log W] - log W for one number of clusters, and its standard error from the references; NaN if W is 0."""

    value: float
    error: float


_MAX_POINTS = 1_500
_UNKNOWN = GapStatistic(float("nan"), float("nan"))


def gap_statistics(points: Array, ks: Sequence[int], settings: ClusteringSettings) -> dict[int, GapStatistic]:
    """The gap statistic of one cluster and of every k tried, by k.

    Of the points, shape (n, d), `bootstrap_size` are used, and at most 1,500. The error is the standard deviation of the references' log W
    times sqrt(1 + 1 / n_references).
    """
    used = _thinned(bootstrap_points(points, settings))
    axes, _ = principal_components(used, points.shape[1])
    low, high = axes.min(axis=0), axes.max(axis=0)
    seeds = range(settings.seed, settings.seed + settings.n_references)

    # Uniform data have many optima of nearly the same cost, so one start will do; customers have not.
    data_kmeans, reference_kmeans = kmeans_factory(points, settings, RESAMPLE_N_INIT), kmeans_factory(points, settings, n_init=1)

    def cost(task: tuple[int, int | None]) -> float:
        k, seed = task
        if seed is None:
            return _cost(axes, k, data_kmeans, settings.seed)
        return _cost(np.random.default_rng(seed % 2**63).uniform(low, high, axes.shape), k, reference_kmeans, seed)

    n_distinct = len(np.unique(used, axis=0))
    tasks = [(k, seed) for k in (1, *ks) if k < n_distinct for seed in (None, *seeds)]
    costs = dict(zip(tasks, parallel_map(cost, tasks), strict=True))
    return {k: gap_statistic(costs[k, None], [costs[k, seed] for seed in seeds]) if k < n_distinct else _UNKNOWN for k in (1, *ks)}


def gap_statistic(cost: float, reference_costs: Sequence[float]) -> GapStatistic:
    """The gap between the cost (WCSS) of the customers and those of the references."""
    if cost <= 0 or min(reference_costs) <= 0:
        return _UNKNOWN
    logs = np.log(reference_costs)
    return GapStatistic(float(logs.mean() - np.log(cost)), float(logs.std() * np.sqrt(1 + 1 / len(logs))))


def k_by_gap(gaps: Mapping[int, GapStatistic]) -> int | None:
    """The smallest k with Gap(k) >= Gap(k + 1) - error(k + 1); 1 if customers should not be split, None if no k fulfils it."""
    pairs = (pair for pair in pairwise(sorted(gaps)) if pair[1] == pair[0] + 1)
    return next((k for k, more in pairs if gaps[k].value >= gaps[more].value - gaps[more].error), None)


def _thinned(points: Array) -> Array:
    """Every n-th point: twice as many take twice the time, and take a third off an error of half a hundredth."""
    return points[:: -(-len(points) // _MAX_POINTS)]


def _cost(points: Array, k: int, make_kmeans: KMeansFactory, seed: int) -> float:
    return float(((points - points.mean(axis=0)) ** 2).sum() if k == 1 else make_kmeans(k, seed).fit(points).inertia_)
