"""How well a model still fits: distances to the nearest centre, who is far from all, and silhouettes over customers."""

import numpy as np
import pandas as pd
import pytest
from pyspark.ml.functions import array_to_vector

from segmentation.monitor.fit import Far, far_from_any, least_stability, limits, mean_silhouette, with_nearest

CENTRES = np.array([[0.0, 0.0], [10.0, 0.0]])


def _customers(spark, points, tenure=400):
    frame = pd.DataFrame({"point": [list(map(float, point)) for point in points], "tenure_days": tenure})
    return spark.createDataFrame(frame).select(array_to_vector("point").alias("vector"), "tenure_days")


def _cloud(n, centre, seed):
    return np.random.default_rng(seed).normal(0, 1, (n, 2)) + centre


def test_the_nearest_centre_and_its_distance(spark):
    rows = with_nearest(_customers(spark, [(1, 0), (9, 2), (0, 3)]), CENTRES).collect()
    assert [(row["nearest"], row["nearest_distance"]) for row in rows] == [(0, 1.0), (1, pytest.approx(5**0.5)), (0, 3.0)]


def test_one_in_a_hundred_of_the_same_customers_is_far(spark):
    points = np.concatenate([_cloud(2_000, centre, seed) for seed, centre in enumerate(CENTRES)])
    then = with_nearest(_customers(spark, points), CENTRES)
    found = far_from_any(then, limits(then), 28)
    assert found == Far(4_000, found.far, 0, 0)
    assert found.share == pytest.approx(0.01, abs=0.001)


def test_customers_of_a_new_type_are_far_and_new(spark):
    points = np.concatenate([_cloud(500, centre, seed) for seed, centre in enumerate(CENTRES)])
    limit = limits(with_nearest(_customers(spark, points), CENTRES))
    known = with_nearest(_customers(spark, points), CENTRES)
    new = with_nearest(_customers(spark, _cloud(80, (5.0, 12.0), 9), tenure=10), CENTRES)
    found = far_from_any(known.unionByName(new), limit, 28)
    assert (found.newcomers, found.far_newcomers, found.newcomer_share) == (80, 80, 1.0)
    assert found.share == pytest.approx(0.09, abs=0.01)


def test_a_centre_that_had_no_customers_is_near_to_nobody(spark):
    then = with_nearest(_customers(spark, [(0, 1)] * 5), CENTRES)
    for point in ((10, 0.5), (0, 2)):
        assert far_from_any(with_nearest(_customers(spark, [point]), CENTRES), limits(then), 28).far == 1
    assert far_from_any(with_nearest(_customers(spark, [(0, 1)]), CENTRES), limits(then), 28).far == 0


def test_without_first_purchases_nobody_is_a_newcomer(spark):
    frame = with_nearest(_customers(spark, [(0, 1), (0, 5)]).drop("tenure_days"), CENTRES)
    assert far_from_any(frame, {0: 2.0}, 28) == Far(2, 1, 0, 0)
    assert (Far(0, 0).share, Far(2, 1).newcomer_share) == (0.0, 0.0)


def test_a_mean_silhouette_goes_by_customers():
    rows = [{"silhouette": 0.8, "customers": 100, "stability": 0.9}, {"silhouette": 0.2, "customers": 300, "stability": None}]
    assert mean_silhouette(rows) == pytest.approx(0.35)
    assert least_stability(rows) == 0.9
    assert mean_silhouette([]) is None
    assert mean_silhouette([{"silhouette": None, "customers": 1}]) is None
    assert least_stability([{"stability": None}]) is None
