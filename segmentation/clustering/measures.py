"""How good a clustering is, on vectors at hand: plain arithmetic in numpy.

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
class Measures:
    """One clustering of n points.

    Parameters
    ----------
    silhouette
        Mean over all points, -1 to 1.
    wcss
        Sum of squared distances to the mean of each point's cluster.
    calinski_harabasz
        Caliński & Harabasz 1974; higher is better.
    davies_bouldin
        Davies & Bouldin 1979; lower is better.
    sizes
        Points of each cluster, empty ones included.
    silhouette_error
        Standard error of the mean silhouette: the points' standard deviation / sqrt(n).
    """

    silhouette: float
    wcss: float
    calinski_harabasz: float
    davies_bouldin: float
    sizes: tuple[int, ...]
    silhouette_error: float


def nearest(points: Array, centres: Array) -> Labels:
    """Place of the nearest centre for each point.

    Parameters
    ----------
    points
        Shape (n, d).
    centres
        Shape (k, d).
    """
    return np.asarray(cdist(points, centres, "sqeuclidean").argmin(axis=1), dtype=np.int64)


def measures(points: Array, labels: Labels, k: int) -> Measures:
    """All measures of one clustering.

    Parameters
    ----------
    points
        Shape (n, d).
    labels
        Cluster of each point, 0 to k - 1.
    k
        Number of clusters, empty ones included.
    """
    sizes = np.bincount(labels, minlength=k)
    full = np.flatnonzero(sizes)
    labels, n = np.searchsorted(full, labels), sizes[full].astype(float)
    means = np.stack([points[labels == cluster].mean(axis=0) for cluster in range(len(full))])
    squared = cdist(points, means, "sqeuclidean")
    own = squared[np.arange(len(points)), labels]
    within = np.bincount(labels, weights=own)
    silhouettes = _silhouettes(squared, labels, n, within / n)
    return Measures(
        silhouette=float(silhouettes.mean()),
        wcss=float(within.sum()),
        calinski_harabasz=_calinski_harabasz(points, within.sum(), len(full)),
        davies_bouldin=_davies_bouldin(means, np.bincount(labels, weights=np.sqrt(own)) / n),
        sizes=tuple(int(size) for size in sizes),
        silhouette_error=float(silhouettes.std() / np.sqrt(len(points))),
    )


def measures_around(points: Array, centres: Array) -> Measures:
    """All measures of the clustering that gives each point, shape (n, d), to the nearest of the centres, shape (k, d)."""
    return measures(points, nearest(points, centres), len(centres))


def silhouettes(points: Array, labels: Labels, means: Array, variances: Sequence[float], sizes: Sequence[int]) -> Array:
    """Silhouette of each point among clusters that are known by their sums, whether or not all their points are at hand.

    Parameters
    ----------
    points
        Shape (n, d).
    labels
        Cluster of each point, 0 to k - 1.
    means
        Shape (k, d): mean of each cluster.
    variances
        Mean squared distance of each cluster's points to its mean.
    sizes
        Points of each cluster.
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
    freedom = len(points) - k
    return float((between / (k - 1)) / (within / freedom)) if k > 1 and freedom > 0 and within > 0 else float("nan")


def _davies_bouldin(means: Array, scatter: Array) -> float:
    if len(means) < 2:
        return float("nan")
    apart = cdist(means, means)
    with np.errstate(divide="ignore", invalid="ignore"):
        likeness = (scatter[:, None] + scatter[None, :]) / apart
    np.fill_diagonal(likeness, -np.inf)
    return float(likeness.max(axis=1).mean())
