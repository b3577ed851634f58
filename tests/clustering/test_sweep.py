"""Fits for every number of segments and seed: on the same customers, in any order, to the same end."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import functions as F

from segmentation.clustering import sweep as sweeping
from segmentation.clustering.measures import Measures
from segmentation.clustering.sweep import (
    Fit,
    best_of,
    candidate_counts,
    candidates_of,
    dents,
    estimator,
    fit_all,
    points_of,
    sampled,
    seeds_of,
    sweep,
)
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
    return Fit(k, seed, model=None, measures=Measures(silhouette, wcss, 1.0, 1.0, (10,) * k))


def _ignore(done, of):
    pass


@pytest.fixture
def fits_of(monkeypatch):
    """Put fits that need no Spark in the place of MLlib's: k and seed → centres or cost, and the seconds it takes."""

    def put(answer, seconds=lambda seed: 0.0):
        def estimate(k, seed, _):
            def fit(_):
                time.sleep(seconds(seed))
                found = answer(k, seed)
                return SimpleNamespace(seed=seed, clusterCenters=lambda: found, summary=SimpleNamespace(trainingCost=found))

            return SimpleNamespace(fit=fit)

        monkeypatch.setattr(sweeping, "estimator", estimate)

    return put


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


def test_points_are_the_vectors_in_their_order(spark):
    points = np.array([[1.5, -2.0], [0.1, 1e300]])
    assert points_of(_customers(spark, points)).tolist() == points.tolist()


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
        (np.empty((0, 0)), {}, "0 customers with 0 distinct descriptions cannot form 3 segments"),
    ],
)
def test_fewer_distinct_customers_than_segments_say_so(points, settings, message):
    with pytest.raises(InputError, match=message):
        candidate_counts(np.array(points), ClusteringSettings(**settings))


def test_seeds_follow_from_the_first_round_by_round():
    settings = ClusteringSettings(seed=7, restarts=3)
    assert [list(seeds_of(settings, round_)) for round_ in range(3)] == [[7, 8, 9], [10, 11, 12], [13, 14, 15]]


def test_every_number_is_tried_with_every_seed_and_progress_is_told(fits_of):
    fits_of(lambda k, seed: np.array([[0.0], [10.0]]))
    told = []
    settings = ClusteringSettings(seed=1, restarts=2)
    fits = sweep(None, np.array([[0.0], [10.0]]), range(2, 4), settings, lambda done, of: told.append((done, of)))
    assert [(fit.k, fit.seed) for fit in fits] == [(2, 1), (2, 2), (3, 1), (3, 2)]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_number_that_dents_the_curve_gets_more_seeds_twice_at_most(fits_of):
    # Four clouds; with 3 centres the first seeds leave two where one would do, so that the fourth gains more than the third.
    good = {2: [5.0, 105.0], 3: [5.0, 100.0, 110.0], 4: [0.0, 10.0, 100.0, 110.0], 5: [0.0, 10.0, 100.0, 109.0, 110.0]}
    fits_of(lambda k, seed: np.array([good[2] + [105.0] if k == 3 and seed < 5 else good[k]]).T)
    points = np.array([[0.0], [10.0], [100.0], [110.0]]) + np.array([-1, 1])[None, :]
    told = []
    settings = ClusteringSettings(seed=1, restarts=2)
    fits = sweep(None, points.reshape(-1, 1), range(2, 6), settings, lambda done, of: told.append((done, of)))
    assert [(fit.k, fit.seed) for fit in fits] == [(2, 1), (2, 2), *((3, s) for s in range(1, 7)), (4, 1), (4, 2), (5, 1), (5, 2)]
    assert told[7:9] == [(8, 8), (9, 10)]
    assert best_of([fit for fit in fits if fit.k == 3]).seed == 5


def test_a_single_number_gets_all_seeds(fits_of):
    fits_of(lambda k, seed: np.array([[0.0], [10.0]]))
    fits = sweep(None, np.array([[0.0], [10.0]]), range(2, 3), ClusteringSettings(seed=1, restarts=2), _ignore)
    assert [fit.seed for fit in fits] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("costs", "suspects"),
    [
        ({2: 100, 3: 50, 4: 30, 5: 20}, []),
        ({2: 100, 3: 95, 4: 30, 5: 20}, [3]),
        ({2: 100, 3: 60, 4: 58, 5: 20, 6: 19, 7: 1}, [4, 6]),
        ({2: 100, 3: 75, 4: 50, 5: 25}, []),
        ({2: 100, 3: 110, 4: 50}, [3]),
        ({2: 100, 3: 95}, []),
        ({5: 100}, []),
    ],
    ids=["convex", "one dent", "two dents", "straight", "rising", "no neighbours", "alone"],
)
def test_a_dent_is_where_the_next_number_gains_more(costs, suspects):
    assert dents(costs) == suspects


def test_the_order_in_which_fits_end_changes_nothing(fits_of):
    points, settings = np.array([[1.0], [2.0], [11.0], [14.0]]), ClusteringSettings(seed=1, restarts=3, parallel_fits=3)
    found = []
    for seconds in (lambda seed: 0.05 * seed, lambda seed: 0.05 * (3 - seed)):
        fits_of(lambda k, seed: np.array([[float(seed)], [10.0 + seed]]), seconds)
        found.append([(fit.k, fit.seed, fit.model.seed, fit.measures) for fit in sweep(None, points, range(2, 4), settings, _ignore)])
    assert found[0] == found[1]
    assert [model_seed for _, _, model_seed, _ in found[1]] == [1, 2, 3, 1, 2, 3]


def test_a_model_with_fewer_centres_than_asked_for_has_empty_clusters(fits_of):
    fits_of(lambda k, seed: np.array([[0.0], [10.0]]))
    fits = sweep(None, np.array([[0.0], [1.0], [10.0]]), range(3, 5), ClusteringSettings(restarts=1), _ignore)
    assert [fit.measures.sizes for fit in fits] == [(2, 1, 0), (2, 1, 0, 0)]


def test_the_fit_of_lowest_cost_is_best_whatever_order_seeds_come_in():
    fits = [_fit(3, 1, 9.0), _fit(3, 2, 7.0), _fit(3, 3, 8.0)]
    assert [best_of(fits).seed, best_of(fits[::-1]).seed] == [2, 2]


def test_of_fits_of_equal_cost_the_lower_seed_is_best():
    assert best_of([_fit(3, 5, 7.0), _fit(3, 4, 7.0)]).seed == 4


def test_a_number_fares_as_its_best_seed_and_spreads_over_all():
    fits = [_fit(2, 1, 9.0, 0.25), _fit(2, 2, 7.0, 0.5), _fit(3, 1, 4.0, 0.75), _fit(3, 2, 5.0, 1.0), _fit(3, 3, 6.0, 0.0)]
    assert [(c.k, c.measures.silhouette, c.silhouette_spread) for c in candidates_of(fits)] == [(2, 0.5, 0.25), (3, 0.75, 1.0)]


def test_the_final_model_is_that_of_lowest_cost_where_no_seed_reaches_the_sweeps(fits_of):
    costs = {42: 9.0, 43: 7.0, 44: 8.0}
    fits_of(lambda k, seed: costs[seed])
    told = []
    assert fit_all(None, 3, 5.0, ClusteringSettings(), lambda done, of: told.append((done, of))).seed == 43
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_first_final_model_as_good_as_the_sweeps_ends_the_search(fits_of):
    costs = {42: 9.0, 43: 7.1, 44: 6.0}
    fits_of(lambda k, seed: costs[seed])
    told = []
    assert fit_all(None, 3, 7.0, ClusteringSettings(), lambda done, of: told.append(done)).seed == 43
    assert told == [1, 2]


def test_the_same_customers_give_the_same_centres_to_the_last_bit_however_they_come(spark):
    customers = _customers(spark, THREE_CLOUDS)
    # Kept in memory, for Spark skips an order that another one follows.
    arrangements = [customers.coalesce(1).persist(), customers.orderBy(F.desc("customer_id")).repartition(5).persist()]
    settings, found = ClusteringSettings(customers_per_partition=30, max_iterations=5), set()
    for arrangement in arrangements:
        still = placed(arrangement, len(THREE_CLOUDS), settings).persist()
        assert still.select(F.spark_partition_id()).distinct().count() == 3
        found.add(np.stack(estimator(4, 42, settings).fit(still).clusterCenters()).tobytes())
    assert len(found) == 1


def test_planted_clouds_are_found_and_as_many_clusters_as_distinct_customers_can_be_formed(spark):
    clouds = THREE_CLOUDS[[0, 1, 40, 41, 80, 81]]
    points = np.repeat(clouds, 4, axis=0)
    settings = ClusteringSettings(restarts=1, max_iterations=5)
    three, six = sweep(placed(_customers(spark, points), 24, settings).persist(), points, [3, 6], settings, _ignore)
    assert sorted(three.measures.sizes) == [8, 8, 8]
    assert sum(six.measures.sizes) == 24
    assert six.measures.wcss <= three.measures.wcss
