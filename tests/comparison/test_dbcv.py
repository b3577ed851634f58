"""DBCV equals the published measure, and recognizes clusters that are not round."""

import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist
from sklearn.datasets import make_blobs, make_circles, make_moons

from segmentation.comparison import dbcv
from segmentation.comparison.dbcv import density_validity


def _core(points):
    """All-points core distance, written out point by point."""
    n, d = points.shape
    return np.array(
        [
            (sum((1 / np.linalg.norm(p - q)) ** d for j, q in enumerate(points) if j != i) / (n - 1)) ** (-1 / d)
            for i, p in enumerate(points)
        ]
    )


def _oracle(points, labels):
    """Moulavi et al. 2014, definitions 1 to 8, with scipy's spanning tree."""
    clusters = []
    for cluster in range(labels.max() + 1):
        group = points[labels == cluster]
        core = _core(group)
        reach = np.maximum(cdist(group, group), np.maximum.outer(core, core))
        np.fill_diagonal(reach, 0)
        # Of equal edges the one with the denser end: the paper leaves it open.
        tree = minimum_spanning_tree(reach + 1e-9 * np.minimum.outer(core, core)).toarray()
        edges = np.argwhere(tree > 0)
        degree = np.bincount(edges.ravel(), minlength=len(group))
        inner = [reach[i, j] for i, j in edges if degree[i] > 1 and degree[j] > 1]
        clusters.append((group[degree > 1], core[degree > 1], max(inner), len(group)))
    total = 0.0
    for index, (group, core, sparse, size) in enumerate(clusters):
        separation = min(
            np.maximum(cdist(group, other), np.maximum.outer(core, others)).min()
            for other_index, (other, others, _, _) in enumerate(clusters)
            if other_index != index
        )
        total += size / len(points) * (separation - sparse) / max(separation, sparse)
    return total


@pytest.mark.parametrize(("dimensions", "clusters", "seed"), [(2, 2, 1), (3, 4, 2), (7, 3, 3)])
def test_it_equals_the_measure_of_the_paper(dimensions, clusters, seed):
    points, labels = make_blobs(90, n_features=dimensions, centers=clusters, cluster_std=2.0, random_state=seed)
    assert density_validity(points, labels) == pytest.approx(_oracle(points, labels), abs=1e-9)


def test_it_does_not_depend_on_the_block_size(monkeypatch):
    points, labels = make_blobs(90, centers=3, random_state=1)
    whole = density_validity(points, labels)
    monkeypatch.setattr(dbcv, "_BLOCK", 7)
    assert density_validity(points, labels) == pytest.approx(whole, abs=1e-12)


def test_it_does_not_depend_on_the_order_of_points():
    points, labels = make_blobs(90, centers=2, cluster_std=2.0, random_state=1)
    assert density_validity(points[::-1], labels[::-1]) == pytest.approx(density_validity(points, labels), abs=1e-12)


def test_noise_lowers_it_by_its_share():
    points, labels = make_blobs(80, centers=2, cluster_std=0.5, random_state=1)
    far = np.concatenate([points, np.full((20, 2), 500.0)])
    with_noise = np.concatenate([labels, np.full(20, -1)])
    assert density_validity(far, with_noise) == pytest.approx(0.8 * density_validity(points, labels), abs=1e-12)


@pytest.mark.parametrize("made", [make_moons(400, noise=0.05, random_state=1), make_circles(400, factor=0.5, noise=0.04, random_state=1)])
def test_moons_and_rings_are_valid_clusters_and_their_halves_are_not(made):
    points, truth = made
    assert density_validity(points, truth) > 0.1
    assert density_validity(points, (points[:, 0] > points[:, 0].mean()).astype(int)) < -0.3


def test_a_constant_feature_changes_nothing():
    points, labels = make_blobs(60, centers=3, random_state=1)
    assert density_validity(np.column_stack([points, np.ones(60)]), labels) == pytest.approx(density_validity(points, labels), abs=1e-12)


def test_repeated_and_single_points_are_defined():
    points = np.array([[0.0], [0.0], [0.0], [5.0], [5.0], [9.0]])
    assert density_validity(points, np.array([0, 0, 0, 1, 1, 2])) == pytest.approx(5 / 6)


@pytest.mark.parametrize("labels", [[-1, -1, -1], [0, 0, 0], [0, -1, 0]])
def test_it_is_undefined_for_fewer_than_two_clusters(labels):
    assert np.isnan(density_validity(np.array([[0.0], [1.0], [2.0]]), np.array(labels)))
