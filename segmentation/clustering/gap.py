"""How much tighter clusters are than those of customers spread evenly: the gap statistic (Tibshirani, Walther & Hastie 2001).

Evenly means uniformly over the ranges of the principal components, the reference that follows the customers' own shape. Clusters, and
so the cost, are the same in any rotation: references are drawn, and clustered, where the components are the axes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from segmentation.clustering.measures import Array
from segmentation.clustering.projection import principal_components
from segmentation.clustering.stability import Model
from segmentation.clustering.sweep import STARTS_OF_A_DRAW, model_of, some_of
from segmentation.clustering.threads import in_threads
from segmentation.settings import ClusteringSettings


@dataclass(frozen=True)
class Gap:
    """E*[log W] - log W for one number of clusters, and the standard error that its references leave; NaN where W is 0."""

    value: float
    error: float


_MOST_CUSTOMERS = 1_500
_UNKNOWN = Gap(float("nan"), float("nan"))


def gaps(points: Array, counts: Sequence[int], settings: ClusteringSettings) -> dict[int, Gap]:
    """The gap of one cluster and of every number tried.

    Parameters
    ----------
    points
        Shape (n, d); as many of them are looked at as a draw takes, and 1,500 at most.
    counts
        Numbers of clusters beside 1.
    settings
        How many references, and the seed.

    Returns
    -------
    dict
        By k. The error is the references' standard deviation times sqrt(1 + 1 / how many there are).
    """
    some = _thinned(some_of(points, settings))
    axes, _ = principal_components(some, points.shape[1])
    low, high = axes.min(axis=0), axes.max(axis=0)
    seeds = range(settings.seed, settings.seed + settings.references)

    # Even clouds have many optima of nearly the same cost, so that one start will do; customers have not.
    own, even = model_of(points, settings, STARTS_OF_A_DRAW), model_of(points, settings, starts=1)

    def cost(task: tuple[int, int | None]) -> float:
        k, seed = task
        if seed is None:
            return _cost(axes, k, own, settings.seed)
        return _cost(np.random.default_rng(seed % 2**63).uniform(low, high, axes.shape), k, even, seed)

    distinct = len(np.unique(some, axis=0))
    tasks = [(k, seed) for k in (1, *counts) if k < distinct for seed in (None, *seeds)]
    costs = dict(zip(tasks, in_threads(cost, tasks), strict=True))
    return {k: gap_of(costs[k, None], [costs[k, seed] for seed in seeds]) if k < distinct else _UNKNOWN for k in (1, *counts)}


def gap_of(cost: float, references: Sequence[float]) -> Gap:
    """The gap between the cost (WCSS) of customers and those of their references."""
    if cost <= 0 or min(references) <= 0:
        return _UNKNOWN
    logs = np.log(references)
    return Gap(float(logs.mean() - np.log(cost)), float(logs.std() * np.sqrt(1 + 1 / len(logs))))


def gap_choice(found: Mapping[int, Gap]) -> int | None:
    """The smallest k with Gap(k) >= Gap(k + 1) - error(k + 1); 1 where customers are better left together, None where no k has it."""
    pairs = (pair for pair in pairwise(sorted(found)) if pair[1] == pair[0] + 1)
    return next((k for k, more in pairs if found[k].value >= found[more].value - found[more].error), None)


def _thinned(points: Array) -> Array:
    """Every so-manieth point: twice as many take twice the time, and take a third off an error of half a hundredth."""
    return points[:: -(-len(points) // _MOST_CUSTOMERS)]


def _cost(points: Array, k: int, model: Model, seed: int) -> float:
    return float(((points - points.mean(axis=0)) ** 2).sum() if k == 1 else model(k, seed).fit(points).inertia_)
