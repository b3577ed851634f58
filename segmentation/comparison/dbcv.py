"""DBCV (Moulavi, Jaskowiak, Campello, Zimek and Sander 2014): validity of clusters of any shape, by their density.

The silhouette compares distances to whole clusters, and so favors round ones, which k-means makes. DBCV compares the sparsest
region within a cluster with the densest one between it and the next; a moon or a ring scores as well as a ball.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from segmentation.clustering.metrics import Array, Labels

_BLOCK = 512
"""Rows of distances in memory at once."""


class _Cluster(NamedTuple):
    interior: Array  # its points that are no leaves of the spanning tree
    cores: Array  # their core distances
    size: int  # all points
    sparseness: float  # longest edge between interior points


def density_validity(points: Array, labels: Labels) -> float:
    """DBCV, -1 to 1: above 0, clusters are denser within than between; NaN for fewer than two clusters.

    Noise is labelled -1 and lowers the measure by its share. A cluster of one point counts 0.
    """
    dimensions = max(int((points.std(axis=0) > 0).sum()), 1)
    groups = [points[labels == cluster] for cluster in np.unique(labels[labels >= 0])]
    if len(groups) < 2:
        return float("nan")
    clusters = [_cluster(group, dimensions) for group in groups]
    separations = np.full((len(clusters), len(clusters)), np.inf)
    for (i, one), (j, other) in combinations(enumerate(clusters), 2):
        separations[i, j] = separations[j, i] = _separation(one, other)
    validities = [_validity(cluster, nearest) for cluster, nearest in zip(clusters, separations.min(axis=1), strict=True)]
    return float(sum(c.size * validity for c, validity in zip(clusters, validities, strict=True)) / len(points))


def _validity(cluster: _Cluster, separation: float) -> float:
    larger = max(separation, cluster.sparseness)
    return (separation - cluster.sparseness) / larger if cluster.size > 1 and larger > 0 else 0.0


def _cluster(points: Array, dimensions: int) -> _Cluster:
    cores = _core_distances(points, dimensions)
    ends, lengths = _spanning_tree(points, cores)
    degrees = np.bincount(ends.ravel(), minlength=len(points))
    inner = (degrees[ends] > 1).all(axis=1)
    interior = degrees > 1 if (degrees > 1).any() else np.ones(len(points), dtype=bool)
    inner_lengths = lengths[inner] if inner.any() else lengths
    return _Cluster(points[interior], cores[interior], len(points), float(inner_lengths.max(initial=0.0)))


def _core_distances(points: Array, dimensions: int) -> Array:
    """A generalized mean of distances to the cluster's other points, dominated by the near ones."""
    if len(points) < 2:
        return np.zeros(len(points))
    blocks = np.array_split(np.arange(len(points)), -(-len(points) // _BLOCK))
    return np.concatenate([_block_cores(points, rows, dimensions) for rows in blocks])


def _block_cores(points: Array, rows: Labels, dimensions: int) -> Array:
    distances = cdist(points[rows], points)
    distances[np.arange(len(rows)), rows] = np.inf
    # In logarithms: a small distance to the power of many dimensions would underflow.
    with np.errstate(divide="ignore"):
        powers = logsumexp(-dimensions * np.log(distances), axis=1)
    return np.asarray(np.exp((np.log(len(points) - 1) - powers) / dimensions))


def _spanning_tree(points: Array, cores: Array) -> tuple[Labels, Array]:
    """Prim's algorithm on mutual reachability: each edge's two ends, shape (n - 1, 2), and its length.

    Of edges of equal reachability, of which there are many, the one with the denser end goes first. So the tree, and the measure,
    do not depend on the order of points, and outlying points become its leaves, which the measure leaves out.
    """
    count, last = len(points), 0
    ends, lengths = np.zeros((count - 1, 2), dtype=np.int64), np.zeros(count - 1)
    nearest, reach, dense = np.zeros(count, dtype=np.int64), np.full(count, np.inf), np.full(count, np.inf)
    outside = np.ones(count, dtype=bool)
    for edge in range(count - 1):
        outside[last], reach[last] = False, np.inf
        distances = cdist(points[last : last + 1], points)[0]
        mutual = np.maximum(np.maximum(distances, cores), cores[last])
        denser = np.minimum(cores, cores[last])
        closer = outside & ((mutual < reach) | ((mutual == reach) & (denser < dense)))
        nearest[closer], reach[closer], dense[closer] = last, mutual[closer], denser[closer]
        equal = np.flatnonzero(outside & (reach == reach.min()))
        last = int(equal[dense[equal].argmin()])
        ends[edge], lengths[edge] = (nearest[last], last), reach[last]
    return ends, lengths


def _separation(one: _Cluster, other: _Cluster) -> float:
    """The shortest mutual reachability between two interiors."""
    blocks = np.array_split(np.arange(len(one.interior)), -(-len(one.interior) // _BLOCK))
    return min(float(_mutual(one, other, rows).min()) for rows in blocks)


def _mutual(one: _Cluster, other: _Cluster, rows: Labels) -> Array:
    distances = cdist(one.interior[rows], other.interior)
    return np.asarray(np.maximum(np.maximum(distances, one.cores[rows, None]), other.cores))
