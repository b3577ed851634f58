"""Measures equal scikit-learn's and Spark's, and have an answer where a clustering degenerates."""

import math

import numpy as np
import pytest
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.linalg import Vectors
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples, silhouette_score

from segmentation.clustering.measures import measures, nearest, silhouettes

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
def test_measures_equal_those_of_scikit_learn(points, labels):
    k = labels.max() + 1
    found = measures(points, labels, k)
    inertia = sum(((points[labels == c] - points[labels == c].mean(axis=0)) ** 2).sum() for c in range(k))
    assert found.silhouette == pytest.approx(silhouette_score(points, labels, metric="sqeuclidean"), **TO_THE_LAST_DIGITS)
    assert found.calinski_harabasz == pytest.approx(calinski_harabasz_score(points, labels), **TO_THE_LAST_DIGITS)
    assert found.davies_bouldin == pytest.approx(davies_bouldin_score(points, labels), **TO_THE_LAST_DIGITS)
    assert found.wcss == pytest.approx(inertia, **TO_THE_LAST_DIGITS)
    assert found.sizes == tuple(np.bincount(labels))


def test_silhouettes_of_some_points_equal_theirs_among_all():
    points, labels = CLUSTERINGS["seven clusters"]
    clusters = [points[labels == label] for label in range(7)]
    means = np.stack([cluster.mean(axis=0) for cluster in clusters])
    variances = [((cluster - cluster.mean(axis=0)) ** 2).sum(axis=1).mean() for cluster in clusters]
    found = silhouettes(points[::9], labels[::9], means, variances, [len(cluster) for cluster in clusters])
    assert found == pytest.approx(silhouette_samples(points, labels, metric="sqeuclidean")[::9], **TO_THE_LAST_DIGITS)


def test_labels_and_cost_equal_the_inertia_of_a_settled_fit():
    points, _ = _random(6, 300, 4, 5)
    fit = KMeans(5, n_init=1, tol=0, random_state=0).fit(points)
    labels = nearest(points, fit.cluster_centers_)
    assert labels.tolist() == fit.labels_.tolist()
    assert measures(points, labels, 5).wcss == pytest.approx(fit.inertia_, **TO_THE_LAST_DIGITS)


def test_the_silhouette_equals_that_of_spark(spark):
    points, labels = CLUSTERINGS["singletons"]
    rows = [(Vectors.dense(point), int(label)) for point, label in zip(points, labels, strict=True)]
    evaluated = ClusteringEvaluator(featuresCol="vector", predictionCol="cluster").evaluate(
        spark.createDataFrame(rows, ["vector", "cluster"])
    )
    assert measures(points, labels, 5).silhouette == pytest.approx(evaluated, **TO_THE_LAST_DIGITS)


def test_a_hand_made_clustering_measures_as_worked_out_by_hand():
    points, labels = np.array([[0.0], [2.0], [10.0], [12.0]]), np.array([0, 0, 1, 1])
    found = measures(points, labels, 2)
    # Inside a pair 4; from 0 to {10, 12} (100 + 144) / 2 = 122, from 2 (64 + 100) / 2 = 82.
    assert found.silhouette == pytest.approx(((122 - 4) / 122 + (82 - 4) / 82) / 2)
    assert (found.wcss, found.calinski_harabasz, found.davies_bouldin, found.sizes) == (4, 50, pytest.approx(0.2), (2, 2))


def test_one_cluster_has_a_cost_and_nothing_to_compare_it_with():
    found = measures(np.array([[0.0], [2.0]]), np.array([0, 0]), 1)
    assert (found.silhouette, found.wcss, found.sizes) == (0, 2, (2,))
    assert math.isnan(found.calinski_harabasz)
    assert math.isnan(found.davies_bouldin)


def test_equal_points_in_two_clusters_have_no_silhouette():
    found = measures(np.ones((4, 2)), np.array([0, 0, 1, 1]), 2)
    assert (found.silhouette, found.wcss) == (0, 0)
    assert math.isnan(found.calinski_harabasz)
    assert math.isnan(found.davies_bouldin)


def test_an_empty_cluster_counts_in_the_sizes_and_nowhere_else():
    points, labels = _random(7, 30, 2, 2)
    full = measures(points, labels, 2)
    first, second = full.sizes
    holed = measures(points, np.where(labels == 1, 2, 0), 4)
    assert holed.sizes == (first, 0, second, 0)
    assert (holed.silhouette, holed.wcss, holed.calinski_harabasz, holed.davies_bouldin) == (
        full.silhouette,
        full.wcss,
        full.calinski_harabasz,
        full.davies_bouldin,
    )


def test_singletons_alone_have_silhouette_0_and_no_cost():
    found = measures(np.array([[0.0], [1.0], [5.0]]), np.array([0, 1, 2]), 3)
    assert (found.silhouette, found.wcss, found.davies_bouldin, found.sizes) == (0, 0, 0, (1, 1, 1))
    assert math.isnan(found.calinski_harabasz)


def test_a_point_between_two_centres_goes_to_the_first():
    assert nearest(np.array([[0.0], [1.0], [1.5]]), np.array([[2.0], [0.0]])).tolist() == [1, 0, 0]
