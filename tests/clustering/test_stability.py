"""Stable clusters are distinguished from unstable ones."""

import math

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import jaccard_score

from segmentation.clustering.stability import best_jaccard, bootstrap_stabilities, mean_pairwise_ari

RNG = np.random.default_rng(5)
CLOUDS = np.concatenate([RNG.normal(middle, 1, (60, 2)) for middle in (0, 20, 40)])
ONE_HEAP = RNG.normal(size=(400, 6))


def _make_kmeans(k, seed):
    return KMeans(k, n_init=2, random_state=seed)


def _stabilities(points, k, draws=10):
    centers = KMeans(k, n_init=5, random_state=0).fit(points).cluster_centers_
    return bootstrap_stabilities(points, {k: centers}, draws, 1, _make_kmeans)[k]


def test_the_best_match_is_the_intersection_over_the_union():
    reference, other = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([1, 1, 1, 0, 0, 0, 0])
    assert best_jaccard(reference, other, 2).tolist() == [3 / 4, 3 / 4]


def test_jaccard_and_rand_index_equal_those_of_scikit_learn_and_of_counted_pairs():
    rng = np.random.default_rng(6)
    one, two = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    two[:120] = one[:120]
    by_hand = [max(jaccard_score(one == reference, two == other) for other in range(4)) for reference in range(4)]
    assert best_jaccard(one, two, 4) == pytest.approx(by_hand, rel=1e-9)
    pairs = np.triu_indices(200, 1)
    (a, b), n = (labels[pairs[0]] == labels[pairs[1]] for labels in (one, two)), len(pairs[0])
    chance = a.sum() * b.sum() / n
    adjusted = ((a & b).sum() - chance) / ((a.sum() + b.sum()) / 2 - chance)
    assert mean_pairwise_ari([one, two]) == pytest.approx(adjusted, rel=1e-9)


def test_a_cluster_without_points_has_no_match():
    assert np.isnan(best_jaccard(np.array([0, 0]), np.array([1, 1]), 2)).tolist() == [False, True]


def test_separate_clusters_are_always_recovered():
    assert _stabilities(CLOUDS, 3).tolist() == [1.0, 1.0, 1.0]


def test_one_cluster_too_many_is_not_valid():
    assert _stabilities(CLOUDS, 4).min() < 0.75


def test_parts_of_one_cloud_are_not_recovered():
    assert _stabilities(ONE_HEAP, 6).max() < 0.6


def test_the_same_seeds_give_the_same_stabilities_to_the_last_bit():
    assert _stabilities(ONE_HEAP, 4).tobytes() == _stabilities(ONE_HEAP, 4).tobytes()


def test_samples_without_enough_distinct_customers_are_not_used():
    points = np.array([[0.0], [1.0], [2.0]])
    assert np.isnan(bootstrap_stabilities(points, {3: points}, 2, 2, _make_kmeans)[3]).all()


def test_the_seeds_rand_index_is_the_mean_over_all_pairs():
    one, other = np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])
    assert mean_pairwise_ari([one]) == 1.0
    assert mean_pairwise_ari([one, other]) == 1.0
    assert mean_pairwise_ari([one, other, np.array([0, 1, 0, 1])]) == pytest.approx((1.0 - 0.5 - 0.5) / 3)
    assert not math.isnan(mean_pairwise_ari([]))
