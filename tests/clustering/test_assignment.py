"""Distances, margins and silhouettes of single customers."""

import numpy as np
import pytest
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql.types import IntegerType, StringType, StructType
from sklearn.metrics import silhouette_samples

from segmentation.clustering.assignment import with_distances, with_silhouette
from segmentation.clustering.metrics import cluster_metrics
from segmentation.clustering.segments import Segments

SCHEMA = StructType().add("customer_id", StringType()).add("vector", VectorUDT()).add("segment_id", IntegerType())
CENTERS = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 8.0]])
IDS = (2, 5, 9)
"""Of segments that were continued, while others ended."""


def _customers(spark, points, segments):
    rows = [(str(number), Vectors.dense(point), int(segment)) for number, (point, segment) in enumerate(zip(points, segments, strict=True))]
    return spark.createDataFrame(rows, SCHEMA)


def _segments(ids, means, variances, sizes):
    return Segments(ids, tuple(range(len(ids))), np.array(means), np.array(means), tuple(variances), tuple(sizes))


def test_customers_get_distance_next_segment_and_margin(spark):
    points = [[0, 0], [6, 0], [3, 0], [0, 2], [3, 4], [-3, 4]]
    measured = with_distances(_customers(spark, points, [2, 5, 2, 2, 9, 2]), IDS, CENTERS)
    assert measured.columns == ["customer_id", "vector", "segment_id", "distance", "next_segment_id", "margin"]
    assert [(row.distance, row.next_segment_id, row.margin) for row in measured.orderBy("customer_id").collect()] == [
        (0.0, 5, 1.0),  # at its center
        (0.0, 2, 1.0),
        (3.0, 5, 0.0),  # halfway to the next
        (2.0, 9, pytest.approx((6 - 2) / (6 + 2))),
        (5.0, 2, 0.0),  # as far from all three
        (5.0, 9, 0.0),  # as far from two
    ]


def test_a_customer_who_is_not_in_the_nearest_segment_has_margin_0(spark):
    (row,) = with_distances(_customers(spark, [[1, 0]], [5]), IDS, CENTERS).collect()
    assert (row.distance, row.next_segment_id, row.margin) == (5.0, 2, 0.0)


def test_a_customer_at_two_equal_centers_has_margin_0(spark):
    (row,) = with_distances(_customers(spark, [[1, 1]], [2]), (1, 2), np.array([[1.0, 1.0], [1.0, 1.0]])).collect()
    assert (row.distance, row.next_segment_id, row.margin) == (0.0, 1, 0.0)


def test_silhouettes_equal_those_of_scikit_learn_and_their_mean_that_of_spark(spark):
    draw = np.random.default_rng(1)
    points, labels = draw.normal(size=(60, 3)) * [1, 5, 0.2] + 100, np.concatenate([[0], draw.integers(1, 4, 59)])
    groups = [points[labels == label] for label in range(4)]
    customers = _customers(spark, points, np.array([1, 3, 4, 8])[labels])
    variances = [group.var(axis=0).sum() for group in groups]
    measured = with_silhouette(customers, _segments((1, 3, 4, 8), [group.mean(axis=0) for group in groups], variances, map(len, groups)))
    rows = measured.orderBy(measured.customer_id.cast("int")).collect()
    expected = silhouette_samples(points, labels, metric="sqeuclidean")
    assert [row.silhouette for row in rows] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    mean = sum(row.silhouette for row in rows) / 60
    assert rows[0].silhouette == 0  # a singleton
    assert mean == pytest.approx(cluster_metrics(points, labels, 4).silhouette, rel=1e-9)
    evaluator = ClusteringEvaluator(featuresCol="vector", predictionCol="segment_id")
    assert mean == pytest.approx(evaluator.evaluate(customers), rel=1e-9)


def test_silhouettes_equal_those_worked_out_by_hand(spark):
    customers = _customers(spark, [[0], [2], [10], [12]], [1, 1, 2, 2])
    rows = with_silhouette(customers, _segments((1, 2), [[1.0], [11.0]], [1.0, 1.0], [2, 2])).orderBy("customer_id").collect()
    # The other of its pair is 4 away, squared; those of the other pair (100 + 144) / 2 = 122, or (64 + 100) / 2 = 82.
    assert [row.silhouette for row in rows] == pytest.approx([118 / 122, 78 / 82, 78 / 82, 118 / 122])


def test_equal_customers_have_silhouette_0(spark):
    customers = _customers(spark, [[5], [5], [5], [5]], [1, 1, 2, 2])
    rows = with_silhouette(customers, _segments((1, 2), [[5.0], [5.0]], [0, 0], [2, 2])).collect()
    assert [row.silhouette for row in rows] == [0, 0, 0, 0]
