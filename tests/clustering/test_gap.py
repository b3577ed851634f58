"""The gap statistic equals a plain one, finds planted clusters, and none where there are none."""

import math

import numpy as np
import pytest
from sklearn.cluster import KMeans

from segmentation.clustering.gap import Gap, gap_choice, gap_of, gaps
from segmentation.settings import ClusteringSettings

COUNTS = range(2, 9)


def _blobs(seed, middles, each=60, d=4):
    rng = np.random.default_rng(seed)
    far = np.eye(max(middles, d))[:middles, :d] if middles <= d else rng.permutation(np.indices((2,) * d).reshape(d, -1).T)[:middles]
    return np.concatenate([rng.normal(0, 1, (each, d)) + 12 * middle for middle in far])


def _plainly(points, k, settings):
    """Tibshirani, Walther & Hastie 2001, section 3 and 4, word by word, but for the sign of the axes, which the draws hang on."""
    centred = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    rotated = centred @ axes[:, ::-1]
    signs = np.sign([column[np.abs(column).argmax()] for column in axes[:, ::-1].T])
    rotated = rotated * signs

    def dispersion(cloud, starts, seed):
        tolerance = settings.tolerance**2 / points.var(axis=0).mean()
        model = KMeans(k, n_init=starts, random_state=seed, max_iter=settings.max_iterations, tol=tolerance).fit(cloud)
        groups = [cloud[model.labels_ == label] for label in range(k)]
        # The sum over all pairs of a cluster, over twice its size.
        return sum(((g[:, None] - g[None]) ** 2).sum() / (2 * len(g)) for g in groups)

    seeds = range(settings.seed, settings.seed + settings.references)
    clouds = [np.random.default_rng(seed).uniform(rotated.min(axis=0), rotated.max(axis=0), rotated.shape) for seed in seeds]
    logs = [math.log(dispersion(cloud, 1, seed)) for cloud, seed in zip(clouds, seeds, strict=True)]
    return np.mean(logs) - math.log(dispersion(points, 3, settings.seed)), np.std(logs) * math.sqrt(1 + 1 / len(logs))


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_a_gap_is_that_of_a_plain_implementation(k):
    points, settings = _blobs(1, 3), ClusteringSettings(references=5, tolerance=0, max_iterations=300)
    found = gaps(points, [k] if k > 1 else [], settings)[k]
    assert (found.value, found.error) == pytest.approx(_plainly(points, k, settings), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("middles", [2, 3, 5])
def test_planted_clusters_are_counted(middles):
    chosen = [gap_choice(gaps(_blobs(seed, middles), COUNTS, ClusteringSettings(seed=seed))) for seed in range(10)]
    assert chosen.count(middles) >= 9


@pytest.mark.parametrize("cloud", [lambda rng: rng.uniform(size=(300, 3)), lambda rng: rng.normal(size=(300, 3))])
def test_one_cloud_is_left_together(cloud):
    chosen = [gap_choice(gaps(cloud(np.random.default_rng(seed)), COUNTS, ClusteringSettings(seed=seed))) for seed in range(10)]
    assert chosen.count(1) >= 9


def test_the_error_takes_in_that_references_are_few():
    found = gap_of(math.e, [math.e**3, math.e**5])
    assert (found.value, found.error) == pytest.approx((3, math.sqrt(1.5)))


@pytest.mark.parametrize(
    ("values", "chosen"),
    [
        ([1.0, 0.5, 2.0], 1),
        ([0.5, 0.8, 0.85], 2),  # within the error of the next
        ([0.5, 0.8, 1.2], None),
        ([0.5, math.nan, 1.2], None),
    ],
)
def test_the_smallest_number_that_the_next_does_not_beat_is_chosen(values, chosen):
    assert gap_choice({k: Gap(value, 0.1) for k, value in enumerate(values, start=1)}) == chosen


def test_one_number_alone_has_nothing_to_be_compared_with():
    assert gap_choice({1: Gap(0.5, 0.1), 5: Gap(0.4, 0.1)}) is None


def test_as_many_clusters_as_distinct_customers_have_no_gap():
    found = gaps(np.repeat([[0.0, 1.0], [5.0, 2.0], [9.0, 9.0]], 5, axis=0), [2, 3], ClusteringSettings(references=2))
    assert math.isfinite(found[2].value)
    assert math.isnan(found[3].value)
    assert math.isnan(found[3].error)


def test_customers_all_alike_have_no_gap_at_all():
    assert all(math.isnan(gap.value) for gap in gaps(np.ones((8, 2)), [2], ClusteringSettings(references=2)).values())


def test_the_same_customers_and_seed_give_the_same_gaps_to_the_last_bit():
    points, settings = _blobs(4, 3), ClusteringSettings(references=3)
    assert gaps(points, [2, 3], settings) == gaps(points, [2, 3], settings)
    assert gaps(points, [2], settings) != gaps(points, [2], ClusteringSettings(references=3, seed=1))


def test_no_more_customers_are_looked_at_than_a_draw_takes():
    points = _blobs(5, 3)
    one, two = (gaps(points, [2], ClusteringSettings(references=2, draw_customers=most))[1].value for most in (50, 180))
    assert one != two
