"""The k sweep: deterministic fits for every k and seed."""

from dataclasses import replace

import numpy as np
import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import functions as F

from segmentation.clustering.full_fit import lloyd_iterations, repartition_deterministically
from segmentation.clustering.k_sweep import (
    KMeansFit,
    bootstrap_points,
    candidate_ks,
    clustering_sample,
    collect_points,
    evaluate_candidates,
    lowest_wcss,
    sweep,
)
from segmentation.clustering.metrics import ClusterMetrics
from segmentation.errors import InputError
from segmentation.settings import ClusteringSettings

DRAW = np.random.default_rng(1)
THREE_CLOUDS = np.concatenate([DRAW.normal(middle, 1, (30, 2)) for middle in (0, 10, 20)])


def _customers(spark, points):
    rows = [(f"c{number:03d}", Vectors.dense(point)) for number, point in enumerate(points)]
    return spark.createDataFrame(rows, ["customer_id", "vector"])


def _ids(customers):
    return sorted(row.customer_id for row in customers.select("customer_id").collect())


def _fit(k, seed, wcss, silhouette=0.5):
    return KMeansFit(k, seed, centers=None, metrics=ClusterMetrics(silhouette, wcss, 1.0, 1.0, (10,) * k, 0.01))


def _ignore(done, of):
    pass


def test_a_sample_has_about_the_right_size_and_does_not_depend_on_the_order_of_customers(spark):
    customers = spark.range(20_000).select(F.col("id").cast("string").alias("customer_id"))
    settings = ClusteringSettings(sample_size=2_000)
    first = _ids(clustering_sample(customers, 20_000, settings))
    again = _ids(clustering_sample(customers.orderBy(F.desc("customer_id")).repartition(7), 20_000, settings))
    assert 1_850 < len(first) < 2_150
    assert again == first


def test_another_seed_samples_other_customers(spark):
    customers = spark.range(1_000).select(F.col("id").cast("string").alias("customer_id"))
    one, two = (set(_ids(clustering_sample(customers, 1_000, ClusteringSettings(sample_size=100, seed=seed)))) for seed in (1, 2))
    assert 0 < len(one & two) < 30


def test_all_of_sample_size_customers_are_in_the_sample(spark):
    customers = spark.range(100).select(F.col("id").cast("string").alias("customer_id"))
    assert clustering_sample(customers, 100, ClusteringSettings(sample_size=100)) is customers


def test_points_are_the_vectors_in_the_order_of_customers(spark):
    points = np.array([[1.5, -2.0], [0.1, 1e300]])
    assert collect_points(_customers(spark, points).orderBy(F.desc("customer_id"))).tolist() == points.tolist()


def test_no_customers_have_no_points(spark):
    assert len(collect_points(_customers(spark, THREE_CLOUDS).limit(0))) == 0


@pytest.mark.parametrize(
    ("distinct", "settings", "counts"),
    [(50, {}, range(2, 11)), (50, {"k_max": 5}, range(2, 6)), (4, {}, range(2, 5)), (3, {}, range(2, 4)), (7, {"k": 7}, [7])],
)
def test_ks_go_from_2_to_k_max_or_the_number_of_distinct_customers(distinct, settings, counts):
    points = np.repeat(np.arange(distinct, dtype=float), 3)[:, None]
    assert list(candidate_ks(points, ClusteringSettings(**settings))) == list(counts)


@pytest.mark.parametrize(
    ("points", "settings", "message"),
    [
        ([[1.0], [2.0], [2.0]], {}, "3 customers with 2 distinct descriptions cannot form 3 segments: lower clustering.k_min"),
        ([[1.0, 1.0]] * 5, {"k": 4}, "5 customers with 1 distinct descriptions cannot form 4 segments: lower clustering.k"),
        ([[1.0], [2.0], [3.0]], {}, "3 customers cannot form 3 segments of more than one customer: bring more data"),
        (np.empty((0, 0)), {}, "0 customers with 0 distinct descriptions cannot form 3 segments"),
    ],
)
def test_fewer_distinct_customers_than_segments_say_so(points, settings, message):
    with pytest.raises(InputError, match=message):
        candidate_ks(np.array(points), ClusteringSettings(**settings))


def test_every_k_is_tried_with_every_seed_and_progress_is_reported():
    calls = []
    settings = ClusteringSettings(seed=1, n_init=2)
    fits = sweep(THREE_CLOUDS, range(2, 4), settings, lambda done, of: calls.append((done, of)))
    assert [(fit.k, fit.seed) for fit in fits] == [(2, 1), (2, 2), (3, 1), (3, 2)]
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("seed", [-(2**62), -1, 2**32, 2**62])
def test_any_seed_of_the_settings_can_be_used(seed):
    assert [fit.seed for fit in sweep(THREE_CLOUDS, [3], ClusteringSettings(seed=seed, n_init=1), _ignore)] == [seed]


def test_metrics_of_a_fit_are_those_of_its_centers():
    (fit,) = sweep(THREE_CLOUDS, [3], ClusteringSettings(n_init=1), _ignore)
    assert fit.metrics.sizes == (30, 30, 30)
    assert sorted(fit.centers[:, 0].round()) == [0, 10, 20]


def test_the_same_points_give_the_same_fits_to_the_last_bit():
    points = DRAW.normal(0, 1, (5_000, 8))
    one, two = ([fit.centers.tobytes() for fit in sweep(points, [4, 7], ClusteringSettings(n_init=2), _ignore)] for _ in range(2))
    assert one == two


def test_a_fit_ends_when_no_center_moves_farther_than_tol():
    points = DRAW.normal(0, 1, (3_000, 2))
    (fit,) = sweep(points, [6], ClusteringSettings(n_init=1, tol=1e-2, max_iter=1_000), _ignore)
    nearest = ((points[:, None] - fit.centers[None]) ** 2).sum(axis=2).argmin(axis=1)
    means = np.stack([points[nearest == place].mean(axis=0) for place in range(6)])
    assert np.linalg.norm(means - fit.centers, axis=1).max() <= 1e-2


def test_the_best_fit_is_that_of_the_lowest_cost():
    fits = [_fit(3, 1, 9.0), _fit(3, 2, 7.0), _fit(3, 3, 8.0)]
    assert [lowest_wcss(fits).seed, lowest_wcss(fits[::-1]).seed] == [2, 2]


def test_the_best_of_fits_of_equal_cost_is_that_of_the_lower_seed():
    assert lowest_wcss([_fit(3, 5, 7.0), _fit(3, 4, 7.0)]).seed == 4


def test_a_candidate_has_the_metrics_of_its_best_fit_and_the_spread_of_all():
    two, three = THREE_CLOUDS[[0, 40]], THREE_CLOUDS[[0, 40, 80]]
    fits = [_fit(2, 1, 9.0, 0.25), _fit(2, 2, 7.0, 0.5), _fit(3, 1, 4.0, 0.75), _fit(3, 2, 5.0, 1.0), _fit(3, 3, 6.0, 0.0)]
    centered_fits = [replace(fit, centers=two if fit.k == 2 else three) for fit in fits]
    candidates = evaluate_candidates(THREE_CLOUDS, centered_fits, ClusteringSettings(n_bootstrap=2))
    calls = [(c.k, c.metrics.silhouette, c.silhouette_spread, c.seed_ari) for c in candidates]
    assert calls == [
        (2, 0.5, 0.25, 1.0),
        (3, 0.75, 1.0, 1.0),
    ]
    assert candidates[1].stabilities == (1.0, 1.0, 1.0)


def test_bootstrap_points_are_in_their_order():
    points = np.arange(1_000.0).reshape(-1, 1)
    subset = bootstrap_points(points, ClusteringSettings(bootstrap_size=100))
    assert len(subset) == 100
    assert (np.diff(subset[:, 0]) > 0).all()
    assert bootstrap_points(points, ClusteringSettings(bootstrap_size=1_000)) is points


def test_the_same_customers_in_any_order_give_the_same_centers_to_the_last_bit(spark):
    customers = _customers(spark, THREE_CLOUDS)
    # Cached, since Spark drops a sort that another one follows.
    arrangements = [customers.coalesce(1).persist(), customers.orderBy(F.desc("customer_id")).repartition(5).persist()]
    settings, candidates = ClusteringSettings(customers_per_partition=30, max_iter=5), set()
    for arrangement in arrangements:
        stable = repartition_deterministically(arrangement, len(THREE_CLOUDS), settings).persist()
        assert stable.select(F.spark_partition_id()).distinct().count() == 3
        candidates.add(np.stack(lloyd_iterations(stable, THREE_CLOUDS[[0, 1, 40, 80]], settings, _ignore).clusterCenters()).tobytes())
    assert len(candidates) == 1


def test_as_many_clusters_as_distinct_customers_can_be_formed():
    points = np.repeat(THREE_CLOUDS[[0, 1, 40, 41, 80, 81]], 4, axis=0)
    three, six = sweep(points, [3, 6], ClusteringSettings(n_init=1), _ignore)
    assert sorted(three.metrics.sizes) == [8, 8, 8]
    assert sorted(six.metrics.sizes) == [4] * 6
    assert six.metrics.wcss < 1e-20
