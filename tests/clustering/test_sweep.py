"""Fits for every number of segments and seed: on the same customers, in any order, to the same end."""

from dataclasses import replace

import numpy as np
import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import functions as F

from segmentation.clustering.measures import Measures
from segmentation.clustering.refinement import refined
from segmentation.clustering.sweep import Fit, best_of, candidate_counts, candidates_of, points_of, sampled, some_of, sweep
from segmentation.errors import InputError
from segmentation.settings import ClusteringSettings
from segmentation.workflows.grouping import placed

DRAW = np.random.default_rng(1)
THREE_CLOUDS = np.concatenate([DRAW.normal(middle, 1, (30, 2)) for middle in (0, 10, 20)])


def _customers(spark, points):
    rows = [(f"c{number:03d}", Vectors.dense(point)) for number, point in enumerate(points)]
    return spark.createDataFrame(rows, ["customer_id", "vector"])


def _ids(customers):
    return sorted(row.customer_id for row in customers.select("customer_id").collect())


def _fit(k, seed, wcss, silhouette=0.5):
    return Fit(k, seed, centres=None, measures=Measures(silhouette, wcss, 1.0, 1.0, (10,) * k, 0.01))


def _ignore(done, of):
    pass


def test_a_sample_has_about_the_right_size_and_the_same_customers_however_they_lie(spark):
    customers = spark.range(20_000).select(F.col("id").cast("string").alias("customer_id"))
    settings = ClusteringSettings(sample_customers=2_000)
    first = _ids(sampled(customers, 20_000, settings))
    again = _ids(sampled(customers.orderBy(F.desc("customer_id")).repartition(7), 20_000, settings))
    assert 1_850 < len(first) < 2_150
    assert again == first


def test_another_seed_samples_other_customers(spark):
    customers = spark.range(1_000).select(F.col("id").cast("string").alias("customer_id"))
    one, two = (set(_ids(sampled(customers, 1_000, ClusteringSettings(sample_customers=100, seed=seed)))) for seed in (1, 2))
    assert 0 < len(one & two) < 30


def test_few_customers_are_all_looked_at(spark):
    customers = spark.range(100).select(F.col("id").cast("string").alias("customer_id"))
    assert sampled(customers, 100, ClusteringSettings(sample_customers=100)) is customers


def test_points_are_the_vectors_in_the_order_of_customers(spark):
    points = np.array([[1.5, -2.0], [0.1, 1e300]])
    assert points_of(_customers(spark, points).orderBy(F.desc("customer_id"))).tolist() == points.tolist()


def test_no_customers_have_no_points(spark):
    assert len(points_of(_customers(spark, THREE_CLOUDS).limit(0))) == 0


@pytest.mark.parametrize(
    ("distinct", "settings", "counts"),
    [(50, {}, range(2, 11)), (50, {"max_segments": 5}, range(2, 6)), (4, {}, range(2, 5)), (3, {}, range(2, 4)), (7, {"segments": 7}, [7])],
)
def test_numbers_go_from_2_to_the_most_allowed_or_the_distinct_customers(distinct, settings, counts):
    points = np.repeat(np.arange(distinct, dtype=float), 3)[:, None]
    assert list(candidate_counts(points, ClusteringSettings(**settings))) == list(counts)


@pytest.mark.parametrize(
    ("points", "settings", "message"),
    [
        ([[1.0], [2.0], [2.0]], {}, "3 customers with 2 distinct descriptions cannot form 3 segments: lower clustering.min_segments"),
        ([[1.0, 1.0]] * 5, {"segments": 4}, "5 customers with 1 distinct descriptions cannot form 4 segments: lower clustering.segments"),
        ([[1.0], [2.0], [3.0]], {}, "3 customers cannot form 3 segments of more than one customer: bring more data"),
        (np.empty((0, 0)), {}, "0 customers with 0 distinct descriptions cannot form 3 segments"),
    ],
)
def test_fewer_distinct_customers_than_segments_say_so(points, settings, message):
    with pytest.raises(InputError, match=message):
        candidate_counts(np.array(points), ClusteringSettings(**settings))


def test_every_number_is_tried_with_every_seed_and_progress_is_told():
    told = []
    settings = ClusteringSettings(seed=1, restarts=2)
    fits = sweep(THREE_CLOUDS, range(2, 4), settings, lambda done, of: told.append((done, of)))
    assert [(fit.k, fit.seed) for fit in fits] == [(2, 1), (2, 2), (3, 1), (3, 2)]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("seed", [-(2**62), -1, 2**32, 2**62])
def test_any_seed_of_the_settings_can_be_tried(seed):
    assert [fit.seed for fit in sweep(THREE_CLOUDS, [3], ClusteringSettings(seed=seed, restarts=1), _ignore)] == [seed]


def test_a_fit_is_measured_by_its_own_centres():
    (fit,) = sweep(THREE_CLOUDS, [3], ClusteringSettings(restarts=1), _ignore)
    assert fit.measures.sizes == (30, 30, 30)
    assert sorted(fit.centres[:, 0].round()) == [0, 10, 20]


def test_the_same_points_give_the_same_fits_to_the_last_bit():
    points = DRAW.normal(0, 1, (5_000, 8))
    one, two = ([fit.centres.tobytes() for fit in sweep(points, [4, 7], ClusteringSettings(restarts=2), _ignore)] for _ in range(2))
    assert one == two


def test_a_fit_goes_on_until_no_centre_moves_farther_than_the_tolerance():
    points = DRAW.normal(0, 1, (3_000, 2))
    (fit,) = sweep(points, [6], ClusteringSettings(restarts=1, tolerance=1e-2, max_iterations=1_000), _ignore)
    nearest = ((points[:, None] - fit.centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    means = np.stack([points[nearest == place].mean(axis=0) for place in range(6)])
    assert np.linalg.norm(means - fit.centres, axis=1).max() <= 1e-2


def test_the_fit_of_lowest_cost_is_best_whatever_order_seeds_come_in():
    fits = [_fit(3, 1, 9.0), _fit(3, 2, 7.0), _fit(3, 3, 8.0)]
    assert [best_of(fits).seed, best_of(fits[::-1]).seed] == [2, 2]


def test_of_fits_of_equal_cost_the_lower_seed_is_best():
    assert best_of([_fit(3, 5, 7.0), _fit(3, 4, 7.0)]).seed == 4


def test_a_number_fares_as_its_best_seed_and_spreads_over_all():
    two, three = THREE_CLOUDS[[0, 40]], THREE_CLOUDS[[0, 40, 80]]
    fits = [_fit(2, 1, 9.0, 0.25), _fit(2, 2, 7.0, 0.5), _fit(3, 1, 4.0, 0.75), _fit(3, 2, 5.0, 1.0), _fit(3, 3, 6.0, 0.0)]
    placed_fits = [replace(fit, centres=two if fit.k == 2 else three) for fit in fits]
    found = candidates_of(THREE_CLOUDS, placed_fits, ClusteringSettings(draws=2))
    told = [(c.k, c.measures.silhouette, c.silhouette_spread, c.seed_agreement) for c in found]
    assert told == [
        (2, 0.5, 0.25, 1.0),
        (3, 0.75, 1.0, 1.0),
    ]
    assert found[1].stabilities == (1.0, 1.0, 1.0)


def test_draws_are_taken_from_some_of_many_points_in_their_order():
    points = np.arange(1_000.0).reshape(-1, 1)
    some = some_of(points, ClusteringSettings(draw_customers=100))
    assert len(some) == 100
    assert (np.diff(some[:, 0]) > 0).all()
    assert some_of(points, ClusteringSettings(draw_customers=1_000)) is points


def test_the_same_customers_give_the_same_centres_to_the_last_bit_however_they_come(spark):
    customers = _customers(spark, THREE_CLOUDS)
    # Kept in memory, for Spark skips an order that another one follows.
    arrangements = [customers.coalesce(1).persist(), customers.orderBy(F.desc("customer_id")).repartition(5).persist()]
    settings, found = ClusteringSettings(customers_per_partition=30, max_iterations=5), set()
    for arrangement in arrangements:
        still = placed(arrangement, len(THREE_CLOUDS), settings).persist()
        assert still.select(F.spark_partition_id()).distinct().count() == 3
        found.add(np.stack(refined(still, THREE_CLOUDS[[0, 1, 40, 80]], settings, _ignore).clusterCenters()).tobytes())
    assert len(found) == 1


def test_as_many_clusters_as_distinct_customers_can_be_formed():
    points = np.repeat(THREE_CLOUDS[[0, 1, 40, 41, 80, 81]], 4, axis=0)
    three, six = sweep(points, [3, 6], ClusteringSettings(restarts=1), _ignore)
    assert sorted(three.measures.sizes) == [8, 8, 8]
    assert sorted(six.measures.sizes) == [4] * 6
    assert six.measures.wcss < 1e-20
