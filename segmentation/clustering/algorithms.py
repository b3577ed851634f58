"""Other ways to cluster than k-means, on points at hand: scikit-learn's and MiniSom's, each as points and a seed to labels."""

import importlib.util
from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
from sklearn import cluster
from sklearn.mixture import GaussianMixture

from segmentation.clustering.measures import Array, Labels, nearest
from segmentation.clustering.sweep import STARTS_OF_A_DRAW, model_of
from segmentation.settings import ClusteringSettings

KMEANS = "kmeans"
BISECTING_KMEANS = "bisecting_kmeans"
GAUSSIAN_MIXTURE = "gaussian_mixture"
WARD = "ward"
SELF_ORGANISING_MAP = "self_organising_map"
HDBSCAN = "hdbscan"
ALGORITHMS = (KMEANS, BISECTING_KMEANS, GAUSSIAN_MIXTURE, WARD, SELF_ORGANISING_MAP, HDBSCAN)
"""In the order of the tables: k-means first."""

NOISE = -1

Clusterer = Callable[[Array, int], Labels]
"""Cluster of each point, 0 upwards and -1 for noise, from points of shape (n, d) and a seed."""

_SEED_LIMIT = 2**32
_NEIGHBOURS = 10
"""HDBSCAN's density at a point is told by the distance to this many, itself among them."""
_FEWEST = 5
_SIDE = 8
_STEPS = 10_000


def clusterers(points: Array, published: int, segments: int, settings: ClusteringSettings) -> dict[str, Clusterer]:
    """Every algorithm that can run here, by name.

    Bisecting k-means and the Gaussian mixture are scikit-learn's, which stand in for MLlib's where points are drawn anew: the
    same methods, of which MLlib's would take minutes a draw.

    Parameters
    ----------
    points
        Shape (n, d): what k-means' tolerance is measured by.
    published
        Number of k-means' segments.
    segments
        Number of clusters asked of the others; HDBSCAN finds its own.
    settings
        Iterations, tolerance and smallest share.
    """
    kmeans = model_of(points, settings, STARTS_OF_A_DRAW)
    found: dict[str, Clusterer] = {
        KMEANS: lambda some, seed: _labels(kmeans(published, seed).fit_predict(some)),
        BISECTING_KMEANS: lambda some, seed: _labels(_bisecting(segments, seed).fit_predict(some)),
        GAUSSIAN_MIXTURE: lambda some, seed: _labels(_mixture(segments, seed).fit_predict(some)),
        WARD: lambda some, _: ward(some, segments),
        HDBSCAN: lambda some, _: hdbscan(some, settings.smallest_share),
    }
    if has_maps():
        found[SELF_ORGANISING_MAP] = lambda some, seed: on_units(some, *self_organising_map(some, segments, seed))
    return found


def _labels(found: Any) -> Labels:
    return np.asarray(found, dtype=np.int64)


def _bisecting(segments: int, seed: int) -> cluster.BisectingKMeans:
    return cluster.BisectingKMeans(segments, random_state=seed % _SEED_LIMIT, bisecting_strategy="largest_cluster")


def _mixture(segments: int, seed: int) -> GaussianMixture:
    return GaussianMixture(segments, random_state=seed % _SEED_LIMIT)


def ward(points: Array, segments: int) -> Labels:
    """Ward's clusters (1963): from single points up, the two whose union adds least to the sum of squares are joined."""
    return _labels(cluster.AgglomerativeClustering(segments, linkage="ward").fit_predict(points))


def hdbscan(points: Array, smallest_share: float) -> Labels:
    """Dense regions of any shape (Campello, Moulavi and Sander 2013), none smaller than a segment may be; the rest is noise."""
    smallest = max(_FEWEST, ceil(smallest_share * len(points)))
    neighbours = min(_NEIGHBOURS, len(points))
    return _labels(cluster.HDBSCAN(min_cluster_size=smallest, min_samples=neighbours, copy=True).fit_predict(points))


def centroids(points: Array, labels: Labels) -> Array:
    """Mean of each cluster's points, shape (k, d)."""
    return np.stack([points[labels == place].mean(axis=0) for place in range(labels.max() + 1)])


def has_maps() -> bool:
    """Whether MiniSom, of the extra `compare`, is installed."""
    return importlib.util.find_spec("minisom") is not None


def self_organising_map(points: Array, segments: int, seed: int) -> tuple[Array, Labels]:
    """A map of 8 by 8 units (Kohonen 1982) whose units Ward's method joins to clusters (Vesanto and Alhoniemi 2000).

    Parameters
    ----------
    points
        Shape (n, d).
    segments
        Number of clusters.
    seed
        Of the order in which points are shown.

    Returns
    -------
    tuple
        The units that are nearest to any point, shape (u, d), and the cluster of each.
    """
    from minisom import MiniSom  # noqa: PLC0415 - an extra

    found = MiniSom(_SIDE, _SIDE, points.shape[1], sigma=_SIDE / 4, learning_rate=0.5, random_seed=seed % _SEED_LIMIT)
    found.random_weights_init(points)
    found.train_random(points, _STEPS)
    units = found.get_weights().reshape(_SIDE * _SIDE, -1)
    used = np.unique(units[np.unique(nearest(points, units))], axis=0)
    return used, ward(used, min(segments, len(used))) if len(used) > 1 else np.zeros(1, dtype=np.int64)


def on_units(points: Array, units: Array, clusters: Labels) -> Labels:
    """Cluster of each point's nearest unit."""
    return _labels(clusters[nearest(points, units)])
