"""All algorithms are evaluated alike on the same points, including noise."""

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

from segmentation.clustering.stability import best_jaccard
from segmentation.comparison.evaluation import consecutive_labels, evaluate_algorithms, pairwise_ari, resampling_stabilities
from segmentation.settings import ClusteringSettings

SETTINGS = ClusteringSettings(n_bootstrap=3)
POINTS, BY_KMEANS = make_blobs(200, centers=3, cluster_std=1.5, random_state=2)
NOISY = np.where(np.arange(200) % 10 == 0, -1, BY_KMEANS)


def _results(**labels):
    labels = {"kmeans": BY_KMEANS, **labels}
    return {
        result.algorithm: result
        for result in evaluate_algorithms(POINTS, labels, {name: _lookup(mine) for name, mine in labels.items()}, SETTINGS)
    }


def _lookup(labels):
    """Clusters any sample as the given labels do."""
    known = {tuple(point): label for point, label in zip(POINTS, labels, strict=True)}
    return lambda points, _: np.array([known[tuple(point)] for point in points])


def test_noise_has_silhouette_0_and_the_rest_that_of_scikit_learn():
    result = _results(hdbscan=NOISY)["hdbscan"]
    is_clustered = NOISY >= 0
    clustered, labels = POINTS[is_clustered], NOISY[is_clustered]
    assert result.silhouette == pytest.approx(silhouette_samples(clustered, labels, metric="sqeuclidean").sum() / 200, abs=1e-9)
    assert result.metrics.calinski_harabasz == pytest.approx(calinski_harabasz_score(clustered, labels), rel=1e-9)
    assert result.metrics.davies_bouldin == pytest.approx(davies_bouldin_score(clustered, labels), rel=1e-9)
    assert (result.n_clusters, result.noise_share) == (3, 0.1)
    assert result.min_segment_share == min(np.bincount(labels)) / 200


def test_a_clustering_that_is_always_recovered_is_stable():
    assert _results()["kmeans"].stabilities == (1.0, 1.0, 1.0)


def test_a_clustering_is_compared_with_k_means_of_as_many_clusters():
    two = np.minimum(BY_KMEANS, 1)
    result = _results(ward=np.roll(BY_KMEANS, 1), hdbscan=two)
    assert result["ward"].ari_vs_kmeans == pytest.approx(adjusted_rand_score(BY_KMEANS, np.roll(BY_KMEANS, 1)))
    assert result["kmeans"].ari_vs_kmeans == 1.0
    assert 0 < result["hdbscan"].ari_vs_kmeans <= 1.0


@pytest.mark.parametrize("labels", [np.full(200, -1), np.zeros(200, dtype=int)])
def test_fewer_than_two_clusters_have_no_metrics(labels):
    result = _results(hdbscan=labels)["hdbscan"]
    assert result.metrics is None
    assert all(math.isnan(value) for value in (result.silhouette, result.density_validity, result.ari_vs_kmeans))


def test_noise_only_has_no_smallest_cluster_and_no_stability():
    result = _results(hdbscan=np.full(200, -1))["hdbscan"]
    assert (result.n_clusters, result.min_segment_share, result.noise_share) == (0, 0.0, 1.0)
    assert math.isnan(result.stability)


def test_the_best_match_excludes_noise_but_counts_its_points():
    reference, other = np.array([0, 0, 0, 0, 1, 1, -1]), np.array([0, 0, 0, -1, -1, -1, 0])
    assert best_jaccard(reference, other, 2).tolist() == [3 / 5, 0.0]


def test_a_cluster_without_sampled_points_has_no_match():
    assert np.isnan(best_jaccard(np.array([0, 0]), np.array([0, 0]), 2)).tolist() == [False, True]


def test_every_customer_counts_once_in_a_sample():
    samples = []
    resampling_stabilities(POINTS, BY_KMEANS, lambda points, _: samples.append(points) or np.zeros(len(points), dtype=int), 3, SETTINGS)
    assert [len(np.unique(points, axis=0)) for points in samples] == [len(points) for points in samples]
    assert all(100 < len(points) < 150 for points in samples)


def test_samples_without_enough_distinct_customers_are_not_used():
    points = np.repeat(POINTS[:3], 10, axis=0)
    stabilities = resampling_stabilities(points, np.repeat([0, 1, 2], 10), lambda *_: pytest.fail("not to be called"), 3, SETTINGS)
    assert all(math.isnan(value) for value in stabilities)


def test_labels_are_numbered_without_gaps():
    assert consecutive_labels(np.array([4, -1, 2, 4])).tolist() == [1, -1, 0, 1]


def test_agreement_is_the_adjusted_rand_index_of_each_pair():
    result = pairwise_ari(list(_results(hdbscan=NOISY, ward=np.roll(BY_KMEANS, 1)).values()))
    assert result == {
        ("kmeans", "hdbscan"): adjusted_rand_score(BY_KMEANS, NOISY),
        ("kmeans", "ward"): adjusted_rand_score(BY_KMEANS, np.roll(BY_KMEANS, 1)),
        ("hdbscan", "ward"): adjusted_rand_score(NOISY, np.roll(BY_KMEANS, 1)),
    }
