"""Metrics equal those of scikit-learn and Spark, and are defined for degenerate clusterings."""

import math

import numpy as np
import pytest
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.linalg import Vectors
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples, silhouette_score

from segmentation.clustering.metrics import cluster_metrics, nearest_center, silhouettes

TO_THE_LAST_DIGITS = {"rel": 1e-9, "abs": 1e-9}


def _random(seed, n, d, k):
    """Random points in random clusters, none of them empty."""
    draw = np.random.default_rng(seed)
    return draw.normal(size=(n, d)) * draw.uniform(0.1, 20, d) + 1000, np.concatenate([np.arange(k), draw.integers(0, k, n - k)])


def _with_singletons(seed):
    points, labels = _random(seed, 60, 3, 3)
    labels[0], labels[1] = 3, 4
    return points, labels


CLUSTERINGS = {
    "two clusters": _random(1, 50, 1, 2),
    "seven clusters": _random(2, 400, 5, 7),
    "more dimensions than points": _random(3, 12, 40, 3),
    "singletons": _with_singletons(4),
    "repeated points": tuple(np.repeat(part, 3, axis=0) for part in _random(5, 20, 2, 4)),
}


@pytest.mark.parametrize(("points", "labels"), CLUSTERINGS.values(), ids=CLUSTERINGS)
def test_metrics_equal_those_of_scikit_learn(points, labels):
    k = labels.max() + 1
    metrics = cluster_metrics(points, labels, k)
    inertia = sum(((points[labels == c] - points[labels == c].mean(axis=0)) ** 2).sum() for c in range(k))
    assert metrics.silhouette == pytest.approx(silhouette_score(points, labels, metric="sqeuclidean"), **TO_THE_LAST_DIGITS)
    assert metrics.calinski_harabasz == pytest.approx(calinski_harabasz_score(points, labels), **TO_THE_LAST_DIGITS)
    assert metrics.davies_bouldin == pytest.approx(davies_bouldin_score(points, labels), **TO_THE_LAST_DIGITS)
    assert metrics.wcss == pytest.approx(inertia, **TO_THE_LAST_DIGITS)
    assert metrics.sizes == tuple(np.bincount(labels))


def test_silhouettes_of_some_points_equal_those_among_all():
    points, labels = CLUSTERINGS["seven clusters"]
    clusters = [points[labels == label] for label in range(7)]
    means = np.stack([cluster.mean(axis=0) for cluster in clusters])
    variances = [((cluster - cluster.mean(axis=0)) ** 2).sum(axis=1).mean() for cluster in clusters]
    metrics = silhouettes(points[::9], labels[::9], means, variances, [len(cluster) for cluster in clusters])
    assert metrics == pytest.approx(silhouette_samples(points, labels, metric="sqeuclidean")[::9], **TO_THE_LAST_DIGITS)


def test_labels_and_cost_equal_those_of_a_converged_fit():
    points, _ = _random(6, 300, 4, 5)
    fit = KMeans(5, n_init=1, tol=0, random_state=0).fit(points)
    labels = nearest_center(points, fit.cluster_centers_)
    assert labels.tolist() == fit.labels_.tolist()
    assert cluster_metrics(points, labels, 5).wcss == pytest.approx(fit.inertia_, **TO_THE_LAST_DIGITS)


def test_the_silhouette_equals_that_of_spark(spark):
    points, labels = CLUSTERINGS["singletons"]
    rows = [(Vectors.dense(point), int(label)) for point, label in zip(points, labels, strict=True)]
    evaluated = ClusteringEvaluator(featuresCol="vector", predictionCol="cluster").evaluate(
        spark.createDataFrame(rows, ["vector", "cluster"])
    )
    assert cluster_metrics(points, labels, 5).silhouette == pytest.approx(evaluated, **TO_THE_LAST_DIGITS)


def test_metrics_of_a_small_clustering_equal_those_worked_out_by_hand():
    points, labels = np.array([[0.0], [2.0], [10.0], [12.0]]), np.array([0, 0, 1, 1])
    metrics = cluster_metrics(points, labels, 2)
    # Inside a pair 4; from 0 to {10, 12} (100 + 144) / 2 = 122, from 2 (64 + 100) / 2 = 82.
    assert metrics.silhouette == pytest.approx(((122 - 4) / 122 + (82 - 4) / 82) / 2)
    assert (metrics.wcss, metrics.calinski_harabasz, metrics.davies_bouldin, metrics.sizes) == (4, 50, pytest.approx(0.2), (2, 2))


def test_one_cluster_has_a_cost_and_no_other_metric():
    metrics = cluster_metrics(np.array([[0.0], [2.0]]), np.array([0, 0]), 1)
    assert (metrics.silhouette, metrics.wcss, metrics.sizes) == (0, 2, (2,))
    assert math.isnan(metrics.calinski_harabasz)
    assert math.isnan(metrics.davies_bouldin)


def test_equal_points_in_two_clusters_have_no_silhouette():
    metrics = cluster_metrics(np.ones((4, 2)), np.array([0, 0, 1, 1]), 2)
    assert (metrics.silhouette, metrics.wcss) == (0, 0)
    assert math.isnan(metrics.calinski_harabasz)
    assert math.isnan(metrics.davies_bouldin)


def test_an_empty_cluster_changes_only_the_sizes():
    points, labels = _random(7, 30, 2, 2)
    without_empty = cluster_metrics(points, labels, 2)
    first, second = without_empty.sizes
    with_empty = cluster_metrics(points, np.where(labels == 1, 2, 0), 4)
    assert with_empty.sizes == (first, 0, second, 0)
    assert (with_empty.silhouette, with_empty.wcss, with_empty.calinski_harabasz, with_empty.davies_bouldin) == (
        without_empty.silhouette,
        without_empty.wcss,
        without_empty.calinski_harabasz,
        without_empty.davies_bouldin,
    )


def test_singletons_alone_have_silhouette_0_and_no_cost():
    metrics = cluster_metrics(np.array([[0.0], [1.0], [5.0]]), np.array([0, 1, 2]), 3)
    assert (metrics.silhouette, metrics.wcss, metrics.davies_bouldin, metrics.sizes) == (0, 0, 0, (1, 1, 1))
    assert math.isnan(metrics.calinski_harabasz)


def test_a_point_between_two_centers_goes_to_the_first():
    assert nearest_center(np.array([[0.0], [1.0], [1.5]]), np.array([[2.0], [0.0]])).tolist() == [1, 0, 0]
