"""Segment ids by net spend: 1 spends most."""

from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql.types import DecimalType, IntegerType, LongType, StructType

from segmentation.clustering.segments import Segments, order_segments, segment_id_stage

SCHEMA = (
    StructType()
    .add("cluster", IntegerType())
    .add("vector", VectorUDT())
    .add("monetary_net", DecimalType(18, 4))
    .add("frequency_orders", LongType())
)


def _ordered(spark, rows, centers):
    frame = spark.createDataFrame([(c, Vectors.dense(v), Decimal(net), orders) for c, v, net, orders in rows], SCHEMA)
    return order_segments(frame, SimpleNamespace(clusterCenters=lambda: [np.array(center) for center in centers]))


def test_ids_follow_mean_net_spend_the_highest_first(spark):
    # Cluster 0 spends most in all and least per customer.
    rows = [(0, [1.0], "40", 9), (0, [2.0], "40", 9), (0, [6.0], "40", 9), (1, [7.0], "50", 1), (2, [9.0], "41.0001", 1)]
    segments = _ordered(spark, rows, [[3.5], [7.5], [9.5]])
    assert (segments.clusters, segments.sizes) == ((1, 2, 0), (1, 1, 3))
    assert segments.centers.tolist() == [[7.5], [9.5], [3.5]]
    assert segments.means.tolist() == [[7.0], [9.0], [3.0]]
    assert segments.variances == pytest.approx((0, 0, (4 + 1 + 9) / 3))


def test_segments_of_equal_spend_are_ordered_by_orders_and_then_by_center(spark):
    rows = [(0, [4.0], "10", 1), (1, [3.0], "10", 1), (2, [5.0], "10", 2), (3, [9.0], "10.0001", 1)]
    assert _ordered(spark, rows, [[4.0], [3.0], [5.0], [9.0]]).clusters == (3, 2, 1, 0)


def test_without_purchases_ids_follow_size_the_largest_first(spark):
    rows = [(0, [4.0], "1", 1), (1, [3.0], "9", 9), (2, [5.0], "1", 1), (2, [5.5], "1", 1)]
    frame = spark.createDataFrame([(c, Vectors.dense(v)) for c, v, *_ in rows], StructType(SCHEMA.fields[:2]))
    centers = [np.array(center) for center in ([4.0], [3.0], [5.25])]
    assert order_segments(frame, SimpleNamespace(clusterCenters=lambda: centers)).clusters == (2, 1, 0)


def test_ids_do_not_depend_on_the_order_of_clusters(spark):
    rows = [(0, [1.0], "10", 1), (1, [2.0], "10", 1), (2, [3.0], "30", 1)]
    renumbered = {0: 2, 1: 0, 2: 1}
    one = _ordered(spark, rows, [[1.0], [2.0], [3.0]])
    two = _ordered(spark, [(renumbered[c], *rest) for c, *rest in rows], [[2.0], [3.0], [1.0]])
    assert one.centers.tolist() == two.centers.tolist() == [[3.0], [1.0], [2.0]]
    assert tuple(renumbered[cluster] for cluster in one.clusters) == two.clusters


def test_the_variance_is_the_mean_squared_distance_to_the_mean(spark):
    points = np.random.default_rng(1).normal(size=(20, 3))
    segments = _ordered(spark, [(0, point, "1", 1) for point in points], [[0.0] * 3])
    assert segments.means[0] == pytest.approx(points.mean(axis=0))
    assert segments.variances[0] == pytest.approx(((points - points.mean(axis=0)) ** 2).sum() / 20)


def test_the_id_stage_adds_the_segment_of_each_cluster_to_all_columns(spark):
    segments = Segments((1, 4, 6), (2, 0, 1), np.empty((3, 0)), np.empty((3, 0)), (0, 0, 0), (1, 1, 1))
    named = segment_id_stage(segments).transform(spark.createDataFrame([("a", 0), ("b", 1), ("c", 2)], "customer_id string, cluster int"))
    assert {tuple(row) for row in named.collect()} == {("a", 0, 4), ("b", 1, 6), ("c", 2, 1)}


def test_renumbered_segments_are_in_the_order_of_their_ids():
    ends = np.array([[0.0], [1.0], [2.0]])
    segments = Segments((1, 2, 3), (2, 0, 1), ends, ends + 10, (0.1, 0.2, 0.3), (7, 8, 9)).renumbered([5, 2, 9])
    assert (segments.ids, segments.clusters, segments.variances, segments.sizes) == ((2, 5, 9), (0, 2, 1), (0.2, 0.1, 0.3), (8, 7, 9))
    assert (segments.centers.tolist(), segments.means.tolist()) == ([[1.0], [0.0], [2.0]], [[11.0], [10.0], [12.0]])
