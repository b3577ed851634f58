"""Distances to the nearest center, and customers who are far from all centers."""

import numpy as np
import pandas as pd
import pytest
from pyspark.ml.functions import array_to_vector

from segmentation.analyses.monitoring.model_fit import FarCustomers, count_far_customers, distance_limits, with_nearest_center

CENTERS = np.array([[0.0, 0.0], [10.0, 0.0]])


def _customers(spark, points, tenure=400):
    frame = pd.DataFrame({"point": [list(map(float, point)) for point in points], "tenure_days": tenure})
    return spark.createDataFrame(frame).select(array_to_vector("point").alias("vector"), "tenure_days")


def _cloud(n, center, seed):
    return np.random.default_rng(seed).normal(0, 1, (n, 2)) + center


def test_the_nearest_center_and_its_distance(spark):
    rows = with_nearest_center(_customers(spark, [(1, 0), (9, 2), (0, 3)]), CENTERS).collect()
    assert [(row["nearest"], row["nearest_distance"]) for row in rows] == [(0, 1.0), (1, pytest.approx(5**0.5)), (0, 3.0)]


def test_one_in_a_hundred_of_the_same_customers_is_far(spark):
    points = np.concatenate([_cloud(2_000, center, seed) for seed, center in enumerate(CENTERS)])
    at_fit = with_nearest_center(_customers(spark, points), CENTERS)
    far = count_far_customers(at_fit, distance_limits(at_fit), 28)
    assert far == FarCustomers(4_000, far.far, 0, 0)
    assert far.share == pytest.approx(0.01, abs=0.001)


def test_customers_of_a_new_type_are_far_and_new(spark):
    points = np.concatenate([_cloud(500, center, seed) for seed, center in enumerate(CENTERS)])
    limits = distance_limits(with_nearest_center(_customers(spark, points), CENTERS))
    known = with_nearest_center(_customers(spark, points), CENTERS)
    new = with_nearest_center(_customers(spark, _cloud(80, (5.0, 12.0), 9), tenure=10), CENTERS)
    far = count_far_customers(known.unionByName(new), limits, 28)
    assert (far.newcomers, far.far_newcomers, far.newcomer_share) == (80, 80, 1.0)
    assert far.share == pytest.approx(0.09, abs=0.01)


def test_a_center_that_had_no_customers_is_far_from_everybody(spark):
    at_fit = with_nearest_center(_customers(spark, [(0, 1)] * 5), CENTERS)
    for point in ((10, 0.5), (0, 2)):
        assert count_far_customers(with_nearest_center(_customers(spark, [point]), CENTERS), distance_limits(at_fit), 28).far == 1
    assert count_far_customers(with_nearest_center(_customers(spark, [(0, 1)]), CENTERS), distance_limits(at_fit), 28).far == 0


def test_without_first_purchases_nobody_is_a_newcomer(spark):
    frame = with_nearest_center(_customers(spark, [(0, 1), (0, 5)]).drop("tenure_days"), CENTERS)
    assert count_far_customers(frame, {0: 2.0}, 28) == FarCustomers(2, 1, 0, 0)
    assert (FarCustomers(0, 0).share, FarCustomers(2, 1).newcomer_share) == (0.0, 0.0)
