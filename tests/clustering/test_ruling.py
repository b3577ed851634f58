"""K-means is told off where another algorithm finds what is there, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.algorithms import clusterers
from segmentation.clustering.contest import Entry, entries
from segmentation.clustering.measures import Measures
from segmentation.clustering.ruling import Grade, gaps, ruling
from segmentation.settings import ClusteringSettings

SETTINGS = ClusteringSettings(draws=5)
STRETCH = np.array([[0.6, -0.6], [-0.4, 0.8]])
CORNERS = [(0, 0), (0, 12), (12, 0), (12, 12)]
CENTRES = [(-8.95, -5.46), (-4.59, 0.09), (1.94, 0.51)]


def _stretched(seed):
    points, truth = make_blobs(900, centers=CENTRES, random_state=seed)
    return points @ STRETCH, truth


def _contest(points, segments):
    finders = clusterers(points, segments, segments, SETTINGS)
    finders.pop("self_organising_map", None)  # the slowest, and of k-means' kind
    return entries(points, {name: find(points, 1) for name, find in finders.items()}, finders, SETTINGS)


def _truths(found, truth):
    return {entry.algorithm: adjusted_rand_score(entry.labels, truth) for entry in found}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "made",
    [
        lambda seed: make_moons(900, noise=0.06, random_state=seed),
        lambda seed: make_circles(900, factor=0.5, noise=0.05, random_state=seed),
    ],
    ids=["moons", "rings"],
)
def test_moons_and_rings_are_for_hdbscan_and_not_for_k_means(made, seed):
    points, truth = made(seed)
    found = _contest(points, 2)
    verdict = ruling(found, 0.01, str)
    assert (verdict.grade, verdict.better) == (Grade.BEATEN, "hdbscan")
    assert _truths(found, truth)["hdbscan"] > 0.95
    assert _truths(found, truth)["kmeans"] < 0.5
    assert gaps(found)


@pytest.mark.parametrize("seed", range(3))
def test_stretched_blobs_are_for_a_mixture_or_hdbscan_and_not_for_k_means(seed):
    points, truth = _stretched(seed)
    found = _contest(points, 3)
    verdict = ruling(found, 0.01, str)
    assert verdict.grade is Grade.BEATEN
    assert verdict.better in ("gaussian_mixture", "hdbscan")
    assert _truths(found, truth)[verdict.better] > 0.9
    assert _truths(found, truth)["kmeans"] < 0.7


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dimensions", [2, 12])
def test_round_clusters_that_lie_apart_are_for_any(seed, dimensions):
    points, truth = make_blobs(600, centers=12.0 * np.eye(4, dimensions) if dimensions > 2 else CORNERS, random_state=seed)
    found = _contest(points, 4)
    assert ruling(found, 0.01, str).grade is Grade.AS_GOOD
    assert _truths(found, truth)["kmeans"] > 0.98


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dimensions", [2, 12])
def test_one_heap_and_uniform_noise_never_dethrone_k_means(seed, dimensions):
    draw = np.random.default_rng(seed)
    for points in (draw.normal(size=(600, dimensions)), draw.uniform(size=(600, dimensions))):
        found = _contest(points, 4)
        assert ruling(found, 0.01, str).grade is not Grade.BEATEN
        assert not gaps(found)


def _entry(name, **changed):
    measured = Measures(changed.pop("silhouette", 0.5), 1.0, 1.0, 1.0, (50, 50), changed.pop("error", 0.01))
    entry = Entry(name, np.repeat([0, 1], 50), measured, -0.2, (0.9, 0.95), 1.0 if name == "kmeans" else 0.4)
    return replace(entry, **changed)


def _verdict(*others, smallest_share=0.01):
    return ruling([_entry("kmeans"), *others], smallest_share, str)


def test_denser_clusters_that_come_back_are_preferred_though_their_silhouette_is_lower():
    verdict = _verdict(_entry("hdbscan", silhouette=0.1, density_validity=0.3))
    assert verdict.better == "hdbscan"
    assert verdict.reason == (
        "hdbscan finds denser clusters, farther apart (DBCV 0.30 against -0.20); its 2 clusters come back when customers are drawn anew "
        "(0.90 for the least stable), and k-means with as many does not find them (adjusted Rand 0.40)"
    )


def test_a_clearly_higher_silhouette_that_comes_back_is_preferred():
    assert _verdict(_entry("ward", silhouette=0.53)).better == "ward"


@pytest.mark.parametrize("silhouette", [0.5, 0.519, 0.495])
def test_a_silhouette_about_as_high_is_as_good(silhouette):
    verdict = _verdict(_entry("ward", silhouette=silhouette))
    assert (verdict.grade, verdict.better) == (Grade.AS_GOOD, None)
    assert verdict.reason == "as high as its silhouette of 0.500, within a standard error: ward"


def test_a_silhouette_below_by_more_than_a_standard_error_leaves_k_means_the_best():
    verdict = _verdict(_entry("ward", silhouette=0.48))
    assert verdict.grade is Grade.BEST
    assert verdict.reason == "its silhouette of 0.500 is the highest, by more than a standard error"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"stabilities": (0.6, 0.9)}, "its least stable cluster comes back to 0.60 only"),
        ({"stabilities": (float("nan"),)}, "its least stable cluster comes back to nan only"),
        ({"stabilities": (0.8, 0.8)}, "it is less stable (0.80 against 0.90)"),
        ({"labels": np.repeat([0, 1, -1], [40, 30, 30])}, "leaves 30% of customers in no cluster"),
        ({"labels": np.repeat([0, 1], [999, 1])}, "its smallest cluster holds less than clustering.smallest_share (1.00%) of customers"),
        ({"kmeans_alike": 0.95}, "k-means with 2 segments finds the same ones (adjusted Rand 0.95)"),
        (
            {"kmeans_alike": 0.95, "labels": np.repeat([0, 1, 2], 30)},
            "k-means with 3 segments finds the same ones (adjusted Rand 0.95): see clustering.segments",
        ),
    ],
)
def test_a_claim_that_does_not_hold_is_told_with_the_reason(changed, why):
    verdict = _verdict(_entry("hdbscan", **{"silhouette": 0.1, "density_validity": 0.3, **changed}))
    assert (verdict.grade, verdict.better) == (Grade.AS_GOOD, None)
    assert verdict.reason == f"nothing better holds; hdbscan finds denser clusters, farther apart (DBCV 0.30 against -0.20), but {why}"


def test_of_several_better_ones_the_densest_is_preferred():
    assert _verdict(_entry("ward", silhouette=0.9), _entry("hdbscan", silhouette=0.1, density_validity=0.3)).better == "hdbscan"


def test_an_algorithm_that_found_nothing_has_no_say():
    nothing = replace(_entry("hdbscan"), labels=np.full(100, -1), measures=None, density_validity=float("nan"), stabilities=())
    assert _verdict(nothing).grade is Grade.BEST
