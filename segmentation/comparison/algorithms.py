"""The compared clustering algorithms, scikit-learn's and MiniSom's, on points in memory."""

import importlib.util
from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
from sklearn import cluster
from sklearn.mixture import GaussianMixture

from segmentation.clustering.k_sweep import RESAMPLE_N_INIT, kmeans_factory
from segmentation.clustering.metrics import Array, Labels, nearest_center
from segmentation.settings import ClusteringSettings

KMEANS = "kmeans"
BISECTING_KMEANS = "bisecting_kmeans"
GAUSSIAN_MIXTURE = "gaussian_mixture"
WARD = "ward"
SELF_ORGANISING_MAP = "self_organising_map"
HDBSCAN = "hdbscan"

DISPLAY_NAMES = {
    KMEANS: "k-means",
    BISECTING_KMEANS: "bisecting k-means",
    GAUSSIAN_MIXTURE: "Gaussian mixture",
    WARD: "Ward",
    SELF_ORGANISING_MAP: "self-organising map",
    HDBSCAN: "HDBSCAN",
}
"""Name of each algorithm in a sentence."""
ALGORITHMS = tuple(DISPLAY_NAMES)
"""In the order of the tables: k-means first."""

Clusterer = Callable[[Array, int], Labels]
"""Cluster of each point, 0 upwards and -1 for noise, from points of shape (n, d) and a seed."""

_SEED_LIMIT = 2**32
_MIN_SAMPLES = 10
"""HDBSCAN's `min_samples`: the density at a point is measured by the distance to this many, itself included."""
_MIN_CLUSTER_SIZE = 5
_MAP_SIDE = 8
_MAP_STEPS = 10_000


def clusterers(points: Array, published_k: int, k: int, settings: ClusteringSettings) -> dict[str, Clusterer]:
    """Every algorithm that can run here, by name.

    Bisecting k-means and the Gaussian mixture are scikit-learn's, and replace MLlib's on resampled points: the same methods, of
    which MLlib's would take minutes a sample.

    `published_k` is the number of clusters of k-means, `k` that of the others; HDBSCAN finds its own. The variance of the points scales
    the tolerance of k-means.
    """
    make_kmeans = kmeans_factory(points, settings, RESAMPLE_N_INIT)
    by_name: dict[str, Clusterer] = {
        KMEANS: lambda sample, seed: _labels(make_kmeans(published_k, seed).fit_predict(sample)),
        BISECTING_KMEANS: lambda sample, seed: _labels(_bisecting(k, seed).fit_predict(sample)),
        GAUSSIAN_MIXTURE: lambda sample, seed: _labels(GaussianMixture(k, random_state=seed % _SEED_LIMIT).fit_predict(sample)),
        WARD: lambda sample, _: ward(sample, k),
        HDBSCAN: lambda sample, _: hdbscan(sample, settings.min_segment_share),
    }
    if has_minisom():
        by_name[SELF_ORGANISING_MAP] = lambda sample, seed: nearest_prototype_labels(sample, *self_organising_map(sample, k, seed))
    return by_name


def _labels(values: Any) -> Labels:
    return np.asarray(values, dtype=np.int64)


def _bisecting(k: int, seed: int) -> cluster.BisectingKMeans:
    return cluster.BisectingKMeans(k, random_state=seed % _SEED_LIMIT, bisecting_strategy="largest_cluster")


def ward(points: Array, k: int) -> Labels:
    """Ward's clusters (1963): agglomerative, always joining the two clusters whose union adds least to the sum of squares."""
    return _labels(cluster.AgglomerativeClustering(k, linkage="ward").fit_predict(points))


def hdbscan(points: Array, min_segment_share: float) -> Labels:
    """Dense regions of any shape (Campello, Moulavi and Sander 2013), none smaller than a segment may be; the rest is noise."""
    min_cluster_size = max(_MIN_CLUSTER_SIZE, ceil(min_segment_share * len(points)))
    min_samples = min(_MIN_SAMPLES, len(points))
    return _labels(cluster.HDBSCAN(min_cluster_size=min_cluster_size, min_samples=min_samples, copy=True).fit_predict(points))


def centroids(points: Array, labels: Labels) -> Array:
    """Mean of each cluster's points, shape (k, d)."""
    return np.stack([points[labels == label].mean(axis=0) for label in range(labels.max() + 1)])


def has_minisom() -> bool:
    """Whether MiniSom, of the extra `compare`, is installed."""
    return importlib.util.find_spec("minisom") is not None


def self_organising_map(points: Array, k: int, seed: int) -> tuple[Array, Labels]:
    """A map of 8 by 8 units (Kohonen 1982), whose units are clustered by Ward's method (Vesanto and Alhoniemi 2000).

    Returns the units that are nearest to any point, shape (u, d), and the cluster of each.
    """
    from minisom import MiniSom  # noqa: PLC0415 - an extra

    som = MiniSom(_MAP_SIDE, _MAP_SIDE, points.shape[1], sigma=_MAP_SIDE / 4, learning_rate=0.5, random_seed=seed % _SEED_LIMIT)
    som.random_weights_init(points)
    som.train_random(points, _MAP_STEPS)
    units = som.get_weights().reshape(_MAP_SIDE * _MAP_SIDE, -1)
    used = np.unique(units[np.unique(nearest_center(points, units))], axis=0)
    return used, ward(used, min(k, len(used))) if len(used) > 1 else np.zeros(1, dtype=np.int64)


def nearest_prototype_labels(points: Array, prototypes: Array, clusters: Labels) -> Labels:
    """Cluster of each point's nearest prototype: a unit of a map, or a centroid."""
    return _labels(clusters[nearest_center(points, prototypes)])
