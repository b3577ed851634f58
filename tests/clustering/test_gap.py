"""The gap statistic equals a plain implementation, finds planted clusters, and none in one cloud."""

import math

import numpy as np
import pytest
from sklearn.cluster import KMeans

from segmentation.clustering.gap import GapStatistic, gap_statistic, gap_statistics, k_by_gap
from segmentation.settings import ClusteringSettings

KS = range(2, 9)


def _blobs(seed, n_clusters, size=60, d=4):
    rng = np.random.default_rng(seed)
    corners = np.eye(d) if n_clusters <= d else rng.permutation(np.indices((2,) * d).reshape(d, -1).T)
    return np.concatenate([rng.normal(0, 1, (size, d)) + 12 * corner for corner in corners[:n_clusters]])


def _reference_implementation(points, k, settings):
    """Tibshirani, Walther & Hastie 2001, sections 3 and 4, literally, except for the sign of the axes, which the references depend on."""
    centered = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centered.T @ centered)
    rotated = centered @ axes[:, ::-1]
    signs = np.sign([column[np.abs(column).argmax()] for column in axes[:, ::-1].T])
    rotated = rotated * signs

    def dispersion(cloud, n_init, seed):
        tol = settings.tol**2 / points.var(axis=0).mean()
        model = KMeans(k, n_init=n_init, random_state=seed, max_iter=settings.max_iter, tol=tol).fit(cloud)
        groups = [cloud[model.labels_ == label] for label in range(k)]
        # The sum over all pairs of a cluster, over twice its size.
        return sum(((g[:, None] - g[None]) ** 2).sum() / (2 * len(g)) for g in groups)

    seeds = range(settings.seed, settings.seed + settings.n_references)
    references = [np.random.default_rng(seed).uniform(rotated.min(axis=0), rotated.max(axis=0), rotated.shape) for seed in seeds]
    logs = [math.log(dispersion(cloud, 1, seed)) for cloud, seed in zip(references, seeds, strict=True)]
    return np.mean(logs) - math.log(dispersion(points, 3, settings.seed)), np.std(logs) * math.sqrt(1 + 1 / len(logs))


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_the_gap_equals_that_of_a_plain_implementation(k):
    points, settings = _blobs(1, 3), ClusteringSettings(n_references=5, tol=0, max_iter=300)
    gaps = gap_statistics(points, [k] if k > 1 else [], settings)[k]
    assert (gaps.value, gaps.error) == pytest.approx(_reference_implementation(points, k, settings), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("n_clusters", [2, 3, 5])
def test_planted_clusters_are_counted(n_clusters):
    ks = [k_by_gap(gap_statistics(_blobs(seed, n_clusters), KS, ClusteringSettings(seed=seed))) for seed in range(10)]
    assert ks.count(n_clusters) >= 9


@pytest.mark.parametrize("cloud", [lambda rng: rng.uniform(size=(300, 3)), lambda rng: rng.normal(size=(300, 3))])
def test_one_cloud_is_not_split(cloud):
    ks = [k_by_gap(gap_statistics(cloud(np.random.default_rng(seed)), KS, ClusteringSettings(seed=seed))) for seed in range(10)]
    assert ks.count(1) >= 9


def test_the_error_includes_that_of_the_references():
    gaps = gap_statistic(math.e, [math.e**3, math.e**5])
    assert (gaps.value, gaps.error) == pytest.approx((3, math.sqrt(1.5)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 0.5, 2.0], 1),
        ([0.5, 0.8, 0.85], 2),  # within the error of the next
        ([0.5, 0.8, 1.2], None),
        ([0.5, math.nan, 1.2], None),
    ],
)
def test_the_smallest_k_that_the_next_does_not_beat_is_chosen(values, expected):
    assert k_by_gap({k: GapStatistic(value, 0.1) for k, value in enumerate(values, start=1)}) == expected


def test_a_k_without_the_next_one_cannot_be_chosen():
    assert k_by_gap({1: GapStatistic(0.5, 0.1), 5: GapStatistic(0.4, 0.1)}) is None


def test_as_many_clusters_as_distinct_customers_have_no_gap():
    gaps = gap_statistics(np.repeat([[0.0, 1.0], [5.0, 2.0], [9.0, 9.0]], 5, axis=0), [2, 3], ClusteringSettings(n_references=2))
    assert math.isfinite(gaps[2].value)
    assert math.isnan(gaps[3].value)
    assert math.isnan(gaps[3].error)


def test_customers_all_alike_have_no_gap_at_all():
    assert all(math.isnan(gap.value) for gap in gap_statistics(np.ones((8, 2)), [2], ClusteringSettings(n_references=2)).values())


def test_the_same_customers_and_seed_give_the_same_gaps_to_the_last_bit():
    points, settings = _blobs(4, 3), ClusteringSettings(n_references=3)
    assert gap_statistics(points, [2, 3], settings) == gap_statistics(points, [2, 3], settings)
    assert gap_statistics(points, [2], settings) != gap_statistics(points, [2], ClusteringSettings(n_references=3, seed=1))


def test_at_most_bootstrap_size_customers_are_used():
    points = _blobs(5, 3)
    one, two = (gap_statistics(points, [2], ClusteringSettings(n_references=2, bootstrap_size=size))[1].value for size in (50, 180))
    assert one != two
