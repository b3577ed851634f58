"""Cluster validity metrics of points in memory, in numpy.

The silhouette is Spark's (squared Euclidean distances, singletons 0), in closed form: the mean squared distance from a
point to a cluster is the squared distance to the cluster's mean plus the cluster's own variance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class ClusterMetrics:
    """Validity metrics of one clustering of n points."""

    silhouette: float  # mean over all points, -1 to 1
    wcss: float  # sum of squared distances to the mean of each point's cluster
    calinski_harabasz: float  # Caliński & Harabasz 1974; higher is better
    davies_bouldin: float  # Davies & Bouldin 1979; lower is better
    sizes: tuple[int, ...]  # points of each cluster, empty ones included
    silhouette_error: float  # standard error of the mean: standard deviation over the points / sqrt(n)


def nearest_center(points: Array, centers: Array) -> Labels:
    """Index of the nearest center for each point."""
    return np.asarray(cdist(points, centers, "sqeuclidean").argmin(axis=1), dtype=np.int64)


def cluster_metrics(points: Array, labels: Labels, k: int) -> ClusterMetrics:
    """All metrics of one clustering of the points, shape (n, d).

    `labels` has the cluster of each point, 0 to k - 1. `k` includes empty clusters.
    """
    sizes = np.bincount(labels, minlength=k)
    filled = np.flatnonzero(sizes)
    labels, n = np.searchsorted(filled, labels), sizes[filled].astype(float)
    means = np.stack([points[labels == cluster].mean(axis=0) for cluster in range(len(filled))])
    squared = cdist(points, means, "sqeuclidean")
    own = squared[np.arange(len(points)), labels]
    within = np.bincount(labels, weights=own)
    by_point = _silhouettes(squared, labels, n, within / n)
    return ClusterMetrics(
        silhouette=float(by_point.mean()),
        wcss=float(within.sum()),
        calinski_harabasz=_calinski_harabasz(points, within.sum(), len(filled)),
        davies_bouldin=_davies_bouldin(means, np.bincount(labels, weights=np.sqrt(own)) / n),
        sizes=tuple(int(size) for size in sizes),
        silhouette_error=float(by_point.std() / np.sqrt(len(points))),
    )


def metrics_of_centers(points: Array, centers: Array) -> ClusterMetrics:
    """All metrics of the clustering that assigns each point, shape (n, d), to the nearest of the centers, shape (k, d)."""
    return cluster_metrics(points, nearest_center(points, centers), len(centers))


def silhouettes(points: Array, labels: Labels, means: Array, variances: Sequence[float], sizes: Sequence[int]) -> Array:
    """Silhouette of each point, from the clusters' means, variances and sizes; not all their points need be given.

    `points` have the shape (n, d) and `means` (k, d). `labels` has the cluster of each point, 0 to k - 1. A variance is the mean squared
    distance of a cluster's points to its mean.
    """
    return _silhouettes(cdist(points, means, "sqeuclidean"), labels, np.asarray(sizes, dtype=float), np.asarray(variances))


def _silhouettes(squared: Array, labels: Labels, n: Array, variances: Array) -> Array:
    if len(n) < 2:
        return np.zeros(len(labels))
    rows, size = np.arange(len(labels)), n[labels]
    to_clusters = squared + variances
    own = to_clusters[rows, labels] * size / np.maximum(size - 1, 1)
    to_clusters[rows, labels] = np.inf
    other = to_clusters.min(axis=1)
    larger = np.maximum(own, other)
    return np.where((size > 1) & (larger > 0), (other - own) / np.where(larger > 0, larger, 1.0), 0.0)


def _calinski_harabasz(points: Array, within: float, k: int) -> float:
    between = ((points - points.mean(axis=0)) ** 2).sum() - within
    degrees = len(points) - k
    return float((between / (k - 1)) / (within / degrees)) if k > 1 and degrees > 0 and within > 0 else float("nan")


def _davies_bouldin(means: Array, scatter: Array) -> float:
    if len(means) < 2:
        return float("nan")
    distances = cdist(means, means)
    with np.errstate(divide="ignore", invalid="ignore"):
        similarity = (scatter[:, None] + scatter[None, :]) / distances
    np.fill_diagonal(similarity, -np.inf)
    return float(similarity.max(axis=1).mean())
