"""Every algorithm is measured by the same rule on the same points, noise and all."""

import math

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,
)

from segmentation.clustering.contest import agreements, entries, numbered_like, stabilities_of, tidied
from segmentation.clustering.stability import best_matches
from segmentation.settings import ClusteringSettings

SETTINGS = ClusteringSettings(draws=3)
POINTS, BY_KMEANS = make_blobs(200, centers=3, cluster_std=1.5, random_state=2)
NOISY = np.where(np.arange(200) % 10 == 0, -1, BY_KMEANS)


def _entries(**labels):
    labels = {"kmeans": BY_KMEANS, **labels}
    return {entry.algorithm: entry for entry in entries(POINTS, labels, {name: _again(found) for name, found in labels.items()}, SETTINGS)}


def _again(labels):
    """Finds in any draw what is known of its points."""
    known = {tuple(point): label for point, label in zip(POINTS, labels, strict=True)}
    return lambda points, _: np.array([known[tuple(point)] for point in points])


def test_noise_sits_nowhere_and_the_rest_is_measured_as_by_scikit_learn():
    found = _entries(hdbscan=NOISY)["hdbscan"]
    held = NOISY >= 0
    clustered, labels = POINTS[held], NOISY[held]
    assert found.silhouette == pytest.approx(silhouette_samples(clustered, labels, metric="sqeuclidean").sum() / 200, abs=1e-9)
    assert found.measures.calinski_harabasz == pytest.approx(calinski_harabasz_score(clustered, labels), rel=1e-9)
    assert found.measures.davies_bouldin == pytest.approx(davies_bouldin_score(clustered, labels), rel=1e-9)
    assert (found.clusters, found.noise_share) == (3, 0.1)
    assert found.smallest_share == min(np.bincount(labels)) / 200


def test_a_clustering_that_always_comes_back_is_stable():
    assert _entries()["kmeans"].stabilities == (1.0, 1.0, 1.0)


def test_a_clustering_is_compared_with_k_means_of_as_many_clusters():
    two = np.minimum(BY_KMEANS, 1)
    found = _entries(ward=np.roll(BY_KMEANS, 1), hdbscan=two)
    assert found["ward"].kmeans_alike == pytest.approx(adjusted_rand_score(BY_KMEANS, np.roll(BY_KMEANS, 1)))
    assert found["kmeans"].kmeans_alike == 1.0
    assert 0 < found["hdbscan"].kmeans_alike <= 1.0


@pytest.mark.parametrize("labels", [np.full(200, -1), np.zeros(200, dtype=int)])
def test_fewer_than_two_clusters_have_no_measures(labels):
    found = _entries(hdbscan=labels)["hdbscan"]
    assert found.measures is None
    assert all(math.isnan(value) for value in (found.silhouette, found.density_validity, found.kmeans_alike))


def test_noise_only_has_no_smallest_cluster_and_no_stability():
    found = _entries(hdbscan=np.full(200, -1))["hdbscan"]
    assert (found.clusters, found.smallest_share, found.noise_share) == (0, 0.0, 1.0)
    assert math.isnan(found.stability)


def test_the_best_match_leaves_noise_out_but_counts_its_points():
    known, found = np.array([0, 0, 0, 0, 1, 1, -1]), np.array([0, 0, 0, -1, -1, -1, 0])
    assert best_matches(known, found, 2).tolist() == [3 / 5, 0.0]


def test_a_cluster_that_was_not_drawn_has_no_match():
    assert np.isnan(best_matches(np.array([0, 0]), np.array([0, 0]), 2)).tolist() == [False, True]


def test_every_customer_of_a_draw_counts_once():
    met = []
    stabilities_of(POINTS, BY_KMEANS, lambda points, _: met.append(points) or np.zeros(len(points), dtype=int), 3, SETTINGS)
    assert [len(np.unique(points, axis=0)) for points in met] == [len(points) for points in met]
    assert all(100 < len(points) < 150 for points in met)


def test_draws_of_too_few_different_customers_tell_nothing():
    few = np.repeat(POINTS[:3], 10, axis=0)
    found = stabilities_of(few, np.repeat([0, 1, 2], 10), lambda *_: pytest.fail("not to be called"), 3, SETTINGS)
    assert all(math.isnan(value) for value in found)


def test_labels_are_numbered_without_gaps():
    assert tidied(np.array([4, -1, 2, 4])).tolist() == [1, -1, 0, 1]


def test_clusters_bear_the_number_of_the_segment_they_share_most_with():
    segments = np.array([1, 1, 1, 2, 2, 3])
    assert numbered_like(np.array([7, 7, 7, 0, 0, 5]), segments) == {7: 1, 0: 2, 5: 3}
    assert numbered_like(np.array([0, 0, 1, 2, 2, 3]), segments) == {0: 1, 2: 2, 3: 3, 1: 4}
    assert numbered_like(np.array([-1, -1, -1, -1, -1, -1]), segments) == {}


def test_agreement_is_the_adjusted_rand_index_of_each_pair():
    found = agreements(list(_entries(hdbscan=NOISY, ward=np.roll(BY_KMEANS, 1)).values()))
    assert found == {
        ("kmeans", "hdbscan"): adjusted_rand_score(BY_KMEANS, NOISY),
        ("kmeans", "ward"): adjusted_rand_score(BY_KMEANS, np.roll(BY_KMEANS, 1)),
        ("hdbscan", "ward"): adjusted_rand_score(NOISY, np.roll(BY_KMEANS, 1)),
    }
