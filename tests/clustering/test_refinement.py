"""Centres of a sample become MLlib's model of all customers, at a cost no higher than theirs."""

import numpy as np
import pytest
from pyspark.ml.linalg import Vectors

from segmentation.clustering.refinement import refined, seated, starting_centres
from segmentation.clustering.sweep import best_of, sweep
from segmentation.settings import ClusteringSettings

DRAW = np.random.default_rng(1)
CLOUDS = np.concatenate([DRAW.normal(middle, 1, (40, 2)) for middle in (0, 10, 20)])
MEANS = np.array([CLOUDS[start : start + 40].mean(axis=0) for start in (0, 40, 80)])


@pytest.fixture(scope="module")
def customers(spark):
    return spark.createDataFrame([(Vectors.dense(point),) for point in CLOUDS], ["vector"]).coalesce(2).cache()


def _ignore(done, of):
    pass


def _sorted(centres):
    centres = np.stack(centres)
    return centres[np.lexsort(centres.T[::-1])]


@pytest.mark.parametrize("k", [2, 3, 10])
def test_a_seated_model_has_exactly_the_centres_it_was_given(customers, k):
    centres = DRAW.normal(0, 1, (k, 3)) * 10.0 ** DRAW.integers(-8, 8, (k, 1))
    assert _sorted(seated(customers, centres, seed=7).clusterCenters()).tobytes() == _sorted(centres).tobytes()


def test_centres_go_to_the_means_of_their_customers(customers):
    model = refined(customers, MEANS + 3, ClusteringSettings(tolerance=1e-9), _ignore)
    assert np.allclose(_sorted(model.clusterCenters()), MEANS, rtol=0, atol=1e-9)


def test_centres_that_are_right_are_left_alone(customers):
    told = []
    model = refined(customers, MEANS, ClusteringSettings(), lambda done, of: told.append((done, of)))
    assert _sorted(model.clusterCenters()).tobytes() == MEANS.tobytes()
    assert told == [(1, 50)]


def test_no_more_iterations_are_made_than_allowed(customers):
    told = []
    refined(customers, MEANS + np.array([5.0, 0.0]), ClusteringSettings(max_iterations=2, tolerance=0), lambda done, of: told.append(done))
    assert told == [1, 2]


def test_an_empty_cluster_keeps_its_centre(customers):
    far = np.array([[1e6, 1e6]])
    model = refined(customers, np.concatenate([MEANS, far]), ClusteringSettings(), _ignore)
    assert _sorted(model.clusterCenters())[-1].tolist() == [1e6, 1e6]


RING = np.stack([(np.cos(angle), np.sin(angle)) for angle in np.linspace(0, 2 * np.pi, 400, endpoint=False)])
"""Any three arcs of it are as good as any other three."""


def _start(before, points=RING, **settings):
    asked = ClusteringSettings(restarts=3, **settings)
    fresh = best_of(sweep(points, [3], asked, _ignore))
    return starting_centres(points, fresh, before, asked), fresh.centres


def test_a_fit_starts_where_the_segments_were_where_a_fresh_start_is_no_better():
    first = _start(None)[1]
    start, fresh = _start(first, seed=7)
    assert np.allclose(start, first, rtol=0, atol=1e-3)
    assert not np.allclose(_sorted(fresh), _sorted(first))


def test_a_fit_starts_afresh_where_that_is_clearly_better():
    stuck = np.concatenate([MEANS[:1] - 1, MEANS[:1] + 1, MEANS[1:].mean(axis=0, keepdims=True)])
    start, fresh = _start(stuck, CLOUDS)
    assert np.array_equal(start, fresh)
    assert np.allclose(_sorted(fresh), MEANS)


@pytest.mark.parametrize("before", [None, MEANS[:2], np.array([[0.0, 1.0], [1.0, 0.0], [np.nan, 0.0]])])
def test_a_fit_starts_afresh_where_the_segments_were_none_others_in_number_or_are_not_known(before):
    start, fresh = _start(before)
    assert np.array_equal(start, fresh)


def test_a_fit_starts_afresh_where_that_is_asked_for():
    start, fresh = _start(_start(None)[1], seed=7, warm_start_tolerance=None)
    assert np.array_equal(start, fresh)
