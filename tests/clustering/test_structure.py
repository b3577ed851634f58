"""Structure is found where it was planted, and nowhere else."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.choice import Anonymity
from segmentation.clustering.measures import nearest
from segmentation.clustering.structure import Grade, Structure, border_of, shuffled
from segmentation.clustering.sweep import candidate_counts, sweep
from segmentation.settings import ClusteringSettings
from segmentation.workflows.choosing import chosen_of

SEEDS = range(20)
CUSTOMERS, FEATURES = 600, 6


def _found(points, most=6):
    asked = ClusteringSettings(max_segments=most, draws=10, smallest_share=0.005)
    fits = sweep(points, candidate_counts(points, asked), asked, lambda done, of: None)
    chosen = chosen_of(points, fits, asked, Anonymity(len(points), 1))
    return chosen, nearest(points, chosen.best.centres)


def _types(seed, shares, noise=0.0):
    """Customers of types whose middles lie ten standard deviations apart at least, and some of no type at all (-1)."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(0, 6, (len(shares), FEATURES))
    while any(np.linalg.norm(a - b) < 10 for i, a in enumerate(middles) for b in middles[:i]):
        middles = rng.normal(0, 6, (len(shares), FEATURES))
    kinds = rng.choice(len(shares), CUSTOMERS, p=np.array(shares) / sum(shares))
    points = middles[kinds] + rng.normal(size=(CUSTOMERS, FEATURES))
    lost = rng.random(CUSTOMERS) < noise
    points[lost] = rng.uniform(points.min(axis=0), points.max(axis=0), (lost.sum(), FEATURES))
    return points, np.where(lost, -1, kinds)


def _heap(seed):
    return np.random.default_rng(seed).normal(size=(CUSTOMERS, FEATURES))


def _leaning_heap(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(CUSTOMERS, FEATURES)) @ rng.normal(size=(FEATURES, FEATURES))


def _box(seed):
    return np.random.default_rng(seed).uniform(size=(CUSTOMERS, FEATURES))


def _shuffled_types(seed):
    return shuffled(_types(seed, (1, 1, 1))[0], seed)


def _scale(seed):
    """One thing that customers have more or less of, seen through four features."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (CUSTOMERS, 1)) @ np.array([[1.0, 2.0, -1.0, 0.5]]) + rng.normal(0, 0.05, (CUSTOMERS, 4))


@pytest.mark.slow
@pytest.mark.parametrize("cloud", [_heap, _box, _shuffled_types])
def test_where_there_is_no_structure_at_most_one_in_twenty_is_called_clear(cloud):
    grades = [_found(cloud(seed))[0].structure.grade for seed in SEEDS]
    assert grades.count(Grade.CLEAR) <= 1


@pytest.mark.parametrize("cloud", [_leaning_heap, _scale])
def test_what_customers_have_more_or_less_of_is_a_continuum(cloud):
    assert [_found(cloud(seed))[0].structure.grade for seed in range(3)] == [Grade.TIERS] * 3


def test_features_that_have_nothing_to_do_with_each_other_are_no_structure():
    grades = [_found(_heap(seed))[0].structure.grade for seed in range(5)]
    assert grades.count(Grade.NONE) >= 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shares", "noise"),
    [((1,) * 3, 0.0), ((1,) * 5, 0.0), ((1,) * 8, 0.0), ((50, 7, 1), 0.0), ((1,) * 5, 0.1)],
    ids=["3 types", "5 types", "8 types", "50 to 1", "5 types and noise"],
)
def test_planted_types_are_found_in_18_of_20(shares, noise):
    right, rand = 0, []
    for seed in SEEDS:
        points, kinds = _types(seed, shares, noise)
        chosen, labels = _found(points, most=len(shares) + 3)
        known = kinds >= 0
        right += chosen.best.k == len(shares)
        rand.append(adjusted_rand_score(kinds[known], labels[known]))
    assert right >= 18
    assert sorted(rand)[2] >= 0.9


@pytest.mark.parametrize(
    ("structure", "grade"),
    [
        (Structure(0.5, 0.4, 0.03, 0.75, 0.5), Grade.CLEAR),
        (Structure(0.5, 0.4, 0.03, 0.74, 0.0), Grade.TIERS),
        (Structure(0.5, 0.4, 0.03, 1.0, 0.51), Grade.TIERS),
        (Structure(0.5, 0.4, 0.03, float("nan"), 0.0), Grade.TIERS),
        (Structure(0.5, 0.4, 0.034, 1.0, 0.0), Grade.NONE),
    ],
)
def test_clear_clusters_must_pass_all_three_questions(structure, grade):
    assert structure.grade is grade


def test_shuffling_keeps_every_column_and_breaks_rows():
    points = np.arange(40.0).reshape(-1, 2)
    mixed = shuffled(points, 3)
    assert np.sort(mixed, axis=0).tolist() == points.tolist()
    assert not np.array_equal(mixed[:, 1] - mixed[:, 0], np.ones(20))


def test_between_two_clouds_is_nobody_and_across_a_line_as_many_as_anywhere():
    rng = np.random.default_rng(1)
    clouds = np.concatenate([rng.normal(0, 0.1, (200, 2)), rng.normal(5, 0.1, (200, 2))])
    line = np.linspace(0, 1, 1_001).reshape(-1, 1)
    assert border_of(clouds, np.array([[0.0, 0.0], [5.0, 5.0]])) == 0
    assert border_of(line, np.array([[0.25], [0.75]])) == pytest.approx(1, abs=0.03)
