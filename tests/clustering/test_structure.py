"""Structure is detected if it was planted, and only then."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.k_selection import GroupSizeLimit, select_k
from segmentation.clustering.k_sweep import candidate_ks, sweep
from segmentation.clustering.metrics import nearest_center
from segmentation.clustering.structure import Structure, StructureGrade, border_density, shuffled
from segmentation.settings import ClusteringSettings

SEEDS = range(20)
CUSTOMERS, FEATURES = 600, 6


def _selected(points, k_max=6):
    settings = ClusteringSettings(k_max=k_max, n_bootstrap=10, min_segment_share=0.005)
    fits = sweep(points, candidate_ks(points, settings), settings, lambda done, of: None)
    chosen = select_k(points, fits, settings, GroupSizeLimit(len(points), 1))
    return chosen, nearest_center(points, chosen.best.centers)


def _types(seed, shares, noise=0.0):
    """Customers of types with centers at least ten standard deviations apart, and some of no type (-1)."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(0, 6, (len(shares), FEATURES))
    while any(np.linalg.norm(a - b) < 10 for i, a in enumerate(middles) for b in middles[:i]):
        middles = rng.normal(0, 6, (len(shares), FEATURES))
    types = rng.choice(len(shares), CUSTOMERS, p=np.array(shares) / sum(shares))
    points = middles[types] + rng.normal(size=(CUSTOMERS, FEATURES))
    untyped = rng.random(CUSTOMERS) < noise
    points[untyped] = rng.uniform(points.min(axis=0), points.max(axis=0), (untyped.sum(), FEATURES))
    return points, np.where(untyped, -1, types)


def _cloud(seed):
    return np.random.default_rng(seed).normal(size=(CUSTOMERS, FEATURES))


def _correlated_cloud(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(CUSTOMERS, FEATURES)) @ rng.normal(size=(FEATURES, FEATURES))


def _box(seed):
    return np.random.default_rng(seed).uniform(size=(CUSTOMERS, FEATURES))


def _shuffled_types(seed):
    return shuffled(_types(seed, (1, 1, 1))[0], seed)


def _scale(seed):
    """One dimension, seen through four features."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (CUSTOMERS, 1)) @ np.array([[1.0, 2.0, -1.0, 0.5]]) + rng.normal(0, 0.05, (CUSTOMERS, 4))


@pytest.mark.slow
@pytest.mark.parametrize("cloud", [_cloud, _box, _shuffled_types])
def test_without_structure_at_most_one_in_twenty_is_called_clear(cloud):
    grades = [_selected(cloud(seed))[0].structure.grade for seed in SEEDS]
    assert grades.count(StructureGrade.CLEAR) <= 1


@pytest.mark.parametrize("cloud", [_correlated_cloud, _scale])
def test_a_single_dimension_is_a_continuum(cloud):
    assert [_selected(cloud(seed))[0].structure.grade for seed in range(3)] == [StructureGrade.TIERS] * 3


def test_independent_features_are_no_structure():
    grades = [_selected(_cloud(seed))[0].structure.grade for seed in range(5)]
    assert grades.count(StructureGrade.NONE) >= 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shares", "noise"),
    [((1,) * 3, 0.0), ((1,) * 5, 0.0), ((1,) * 8, 0.0), ((50, 7, 1), 0.0), ((1,) * 5, 0.1)],
    ids=["3 types", "5 types", "8 types", "50 to 1", "5 types and noise"],
)
def test_planted_types_are_recovered_in_18_of_20(shares, noise):
    right, rand = 0, []
    for seed in SEEDS:
        points, types = _types(seed, shares, noise)
        chosen, labels = _selected(points, k_max=len(shares) + 3)
        known = types >= 0
        right += chosen.best.k == len(shares)
        rand.append(adjusted_rand_score(types[known], labels[known]))
    assert right >= 18
    assert sorted(rand)[2] >= 0.9


@pytest.mark.parametrize(
    ("structure", "grade"),
    [
        (Structure(0.5, 0.4, 0.03, 0.75, 0.5), StructureGrade.CLEAR),
        (Structure(0.5, 0.4, 0.03, 0.74, 0.0), StructureGrade.TIERS),
        (Structure(0.5, 0.4, 0.03, 1.0, 0.51), StructureGrade.TIERS),
        (Structure(0.5, 0.4, 0.03, float("nan"), 0.0), StructureGrade.TIERS),
        (Structure(0.5, 0.4, 0.034, 1.0, 0.0), StructureGrade.NONE),
    ],
)
def test_clear_clusters_pass_all_three_tests(structure, grade):
    assert structure.grade is grade


def test_shuffling_preserves_every_column_and_not_the_rows():
    points = np.arange(40.0).reshape(-1, 2)
    mixed = shuffled(points, 3)
    assert np.sort(mixed, axis=0).tolist() == points.tolist()
    assert not np.array_equal(mixed[:, 1] - mixed[:, 0], np.ones(20))


def test_the_border_is_empty_between_two_clouds_and_as_dense_as_the_centers_on_a_line():
    rng = np.random.default_rng(1)
    clouds = np.concatenate([rng.normal(0, 0.1, (200, 2)), rng.normal(5, 0.1, (200, 2))])
    line = np.linspace(0, 1, 1_001).reshape(-1, 1)
    assert border_density(clouds, np.array([[0.0, 0.0], [5.0, 5.0]])) == 0
    assert border_density(line, np.array([[0.25], [0.75]])) == pytest.approx(1, abs=0.03)
