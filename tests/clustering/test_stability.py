"""Clusters that come back are told from those that do not."""

import math

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import jaccard_score

from segmentation.clustering.stability import best_matches, seed_agreement, stabilities

RNG = np.random.default_rng(5)
CLOUDS = np.concatenate([RNG.normal(middle, 1, (60, 2)) for middle in (0, 20, 40)])
ONE_HEAP = RNG.normal(size=(400, 6))


def _model(k, seed):
    return KMeans(k, n_init=2, random_state=seed)


def _stabilities(points, k, draws=10):
    centres = KMeans(k, n_init=5, random_state=0).fit(points).cluster_centers_
    return stabilities(points, {k: centres}, draws, 1, _model)[k]


def test_the_best_match_is_what_two_clusters_share_of_all_that_is_in_either():
    known, found = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([1, 1, 1, 0, 0, 0, 0])
    assert best_matches(known, found, 2).tolist() == [3 / 4, 3 / 4]


def test_matches_and_agreement_equal_those_of_scikit_learn_and_of_counted_pairs():
    rng = np.random.default_rng(6)
    one, two = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    two[:120] = one[:120]
    by_hand = [max(jaccard_score(one == known, two == found) for found in range(4)) for known in range(4)]
    assert best_matches(one, two, 4) == pytest.approx(by_hand, rel=1e-9)
    pairs = np.triu_indices(200, 1)
    (a, b), n = (labels[pairs[0]] == labels[pairs[1]] for labels in (one, two)), len(pairs[0])
    chance = a.sum() * b.sum() / n
    adjusted = ((a & b).sum() - chance) / ((a.sum() + b.sum()) / 2 - chance)
    assert seed_agreement([one, two]) == pytest.approx(adjusted, rel=1e-9)


def test_a_cluster_without_points_has_no_match():
    assert np.isnan(best_matches(np.array([0, 0]), np.array([1, 1]), 2)).tolist() == [False, True]


def test_clusters_that_lie_apart_always_come_back():
    assert _stabilities(CLOUDS, 3).tolist() == [1.0, 1.0, 1.0]


def test_one_cloud_too_many_does_not_come_back():
    assert _stabilities(CLOUDS, 4).min() < 0.75


def test_pieces_of_one_heap_do_not_come_back():
    assert _stabilities(ONE_HEAP, 6).max() < 0.6


def test_the_same_draws_give_the_same_to_the_last_bit():
    assert _stabilities(ONE_HEAP, 4).tobytes() == _stabilities(ONE_HEAP, 4).tobytes()


def test_draws_with_too_few_different_customers_tell_nothing():
    few = np.array([[0.0], [1.0], [2.0]])
    found = stabilities(few, {3: few}, 2, 2, _model)[3]
    assert np.isnan(found).all()


def test_seeds_agree_as_far_as_their_clusterings_do():
    one, other = np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])
    assert seed_agreement([one]) == 1.0
    assert seed_agreement([one, other]) == 1.0
    assert seed_agreement([one, other, np.array([0, 1, 0, 1])]) == pytest.approx((1.0 - 0.5 - 0.5) / 3)
    assert not math.isnan(seed_agreement([]))
