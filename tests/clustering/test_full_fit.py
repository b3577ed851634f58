"""MLlib's model of all customers from given centers, at a cost no higher than theirs."""

import numpy as np
import pytest
from pyspark.ml.linalg import Vectors

from segmentation.clustering.full_fit import initial_centers, kmeans_model_from_centers, lloyd_iterations
from segmentation.clustering.k_sweep import lowest_wcss, sweep
from segmentation.settings import ClusteringSettings

DRAW = np.random.default_rng(1)
CLOUDS = np.concatenate([DRAW.normal(middle, 1, (40, 2)) for middle in (0, 10, 20)])
MEANS = np.array([CLOUDS[start : start + 40].mean(axis=0) for start in (0, 40, 80)])


@pytest.fixture(scope="module")
def customers(spark):
    return spark.createDataFrame([(Vectors.dense(point),) for point in CLOUDS], ["vector"]).coalesce(2).cache()


def _ignore(done, of):
    pass


def _sorted(centers):
    centers = np.stack(centers)
    return centers[np.lexsort(centers.T[::-1])]


@pytest.mark.parametrize("k", [2, 3, 10])
def test_a_model_has_exactly_the_given_centers(customers, k):
    centers = DRAW.normal(0, 1, (k, 3)) * 10.0 ** DRAW.integers(-8, 8, (k, 1))
    assert _sorted(kmeans_model_from_centers(customers, centers, seed=7).clusterCenters()).tobytes() == _sorted(centers).tobytes()


def test_centers_converge_to_the_means_of_their_customers(customers):
    model = lloyd_iterations(customers, MEANS + 3, ClusteringSettings(tol=1e-9), _ignore)
    assert np.allclose(_sorted(model.clusterCenters()), MEANS, rtol=0, atol=1e-9)


def test_converged_centers_are_not_changed(customers):
    calls = []
    model = lloyd_iterations(customers, MEANS, ClusteringSettings(), lambda done, of: calls.append((done, of)))
    assert _sorted(model.clusterCenters()).tobytes() == MEANS.tobytes()
    assert calls == [(1, 50)]


def test_there_are_at_most_max_iter_iterations(customers):
    calls = []
    lloyd_iterations(customers, MEANS + np.array([5.0, 0.0]), ClusteringSettings(max_iter=2, tol=0), lambda done, of: calls.append(done))
    assert calls == [1, 2]


def test_an_empty_cluster_retains_its_center(customers):
    far = np.array([[1e6, 1e6]])
    model = lloyd_iterations(customers, np.concatenate([MEANS, far]), ClusteringSettings(), _ignore)
    assert _sorted(model.clusterCenters())[-1].tolist() == [1e6, 1e6]


RING = np.stack([(np.cos(angle), np.sin(angle)) for angle in np.linspace(0, 2 * np.pi, 400, endpoint=False)])
"""Any three arcs of it are as good as any other three."""


def _start(previous, points=RING, **settings):
    clustering = ClusteringSettings(n_init=3, **settings)
    fresh = lowest_wcss(sweep(points, [3], clustering, _ignore))
    return initial_centers(points, fresh, previous, clustering), fresh.centers


def test_a_fit_starts_from_the_previous_means_if_a_fresh_start_is_no_better():
    first = _start(None)[1]
    start, fresh = _start(first, seed=7)
    assert np.allclose(start, first, rtol=0, atol=1e-3)
    assert not np.allclose(_sorted(fresh), _sorted(first))


def test_a_fit_starts_fresh_if_that_is_clearly_better():
    stuck = np.concatenate([MEANS[:1] - 1, MEANS[:1] + 1, MEANS[1:].mean(axis=0, keepdims=True)])
    start, fresh = _start(stuck, CLOUDS)
    assert np.array_equal(start, fresh)
    assert np.allclose(_sorted(fresh), MEANS)


@pytest.mark.parametrize("previous", [None, MEANS[:2], np.array([[0.0, 1.0], [1.0, 0.0], [np.nan, 0.0]])])
def test_a_fit_starts_fresh_without_previous_means_of_the_same_number(previous):
    start, fresh = _start(previous)
    assert np.array_equal(start, fresh)


def test_a_fit_starts_fresh_without_a_warm_start_tolerance():
    start, fresh = _start(_start(None)[1], seed=7, warm_start_tol=None)
    assert np.array_equal(start, fresh)
