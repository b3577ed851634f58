"""Another algorithm is recommended only if it finds planted clusters that k-means does not."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.metrics import ClusterMetrics
from segmentation.comparison.algorithms import clusterers
from segmentation.comparison.evaluation import AlgorithmResult, evaluate_algorithms
from segmentation.comparison.recommendation import KMeansGrade, has_separated_clusters, recommendation
from segmentation.settings import ClusteringSettings

SETTINGS = ClusteringSettings(n_bootstrap=5)
STRETCH = np.array([[0.6, -0.6], [-0.4, 0.8]])
CORNERS = [(0, 0), (0, 12), (12, 0), (12, 12)]
CENTERS = [(-8.95, -5.46), (-4.59, 0.09), (1.94, 0.51)]


def _stretched(seed):
    points, truth = make_blobs(900, centers=CENTERS, random_state=seed)
    return points @ STRETCH, truth


def _evaluated(points, k):
    by_name = clusterers(points, k, k, SETTINGS)
    by_name.pop("self_organising_map", None)  # the slowest, and similar to k-means
    return evaluate_algorithms(points, {name: clusterer(points, 1) for name, clusterer in by_name.items()}, by_name, SETTINGS)


def _truths(results, truth):
    return {result.algorithm: adjusted_rand_score(result.labels, truth) for result in results}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "made",
    [
        lambda seed: make_moons(900, noise=0.06, random_state=seed),
        lambda seed: make_circles(900, factor=0.5, noise=0.05, random_state=seed),
    ],
    ids=["moons", "rings"],
)
def test_hdbscan_is_preferred_for_moons_and_rings(made, seed):
    points, truth = made(seed)
    results = _evaluated(points, 2)
    recommended = recommendation(results, 0.01)
    assert (recommended.grade, recommended.preferred) == (KMeansGrade.BEATEN, "hdbscan")
    assert _truths(results, truth)["hdbscan"] > 0.95
    assert _truths(results, truth)["kmeans"] < 0.5
    assert has_separated_clusters(results)


@pytest.mark.parametrize("seed", range(3))
def test_a_mixture_or_hdbscan_is_preferred_for_stretched_blobs(seed):
    points, truth = _stretched(seed)
    results = _evaluated(points, 3)
    recommended = recommendation(results, 0.01)
    assert recommended.grade is KMeansGrade.BEATEN
    assert recommended.preferred in ("gaussian_mixture", "hdbscan")
    assert _truths(results, truth)[recommended.preferred] > 0.9
    assert _truths(results, truth)["kmeans"] < 0.7


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dimensions", [2, 12])
def test_any_algorithm_is_as_good_for_separate_round_clusters(seed, dimensions):
    points, truth = make_blobs(600, centers=12.0 * np.eye(4, dimensions) if dimensions > 2 else CORNERS, random_state=seed)
    results = _evaluated(points, 4)
    assert recommendation(results, 0.01).grade is KMeansGrade.AS_GOOD
    assert _truths(results, truth)["kmeans"] > 0.98


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dimensions", [2, 12])
def test_k_means_is_never_beaten_on_one_cloud_or_uniform_noise(seed, dimensions):
    draw = np.random.default_rng(seed)
    for points in (draw.normal(size=(600, dimensions)), draw.uniform(size=(600, dimensions))):
        results = _evaluated(points, 4)
        assert recommendation(results, 0.01).grade is not KMeansGrade.BEATEN
        assert not has_separated_clusters(results)


def _result(name, **changed):
    metrics = ClusterMetrics(changed.pop("silhouette", 0.5), 1.0, 1.0, 1.0, (50, 50), changed.pop("error", 0.01))
    result = AlgorithmResult(name, np.repeat([0, 1], 50), metrics, -0.2, (0.9, 0.95), 1.0 if name == "kmeans" else 0.4)
    return replace(result, **changed)


def _recommended(*others, min_segment_share=0.01):
    return recommendation([_result("kmeans"), *others], min_segment_share)


def test_stable_denser_clusters_are_preferred_despite_a_lower_silhouette():
    recommended = _recommended(_result("hdbscan", silhouette=0.1, density_validity=0.3))
    assert recommended.preferred == "hdbscan"
    assert recommended.reason == (
        "HDBSCAN finds denser clusters, farther apart (DBCV 0.30 against -0.20); its 2 clusters are stable when customers are resampled "
        "(0.90 for the least stable), and k-means with as many does not find them (adjusted Rand 0.40)"
    )


def test_stable_clusters_of_a_clearly_higher_silhouette_are_preferred():
    assert _recommended(_result("ward", silhouette=0.53)).preferred == "ward"


@pytest.mark.parametrize("silhouette", [0.5, 0.519, 0.495])
def test_a_silhouette_about_as_high_is_as_good(silhouette):
    recommended = _recommended(_result("ward", silhouette=silhouette))
    assert (recommended.grade, recommended.preferred) == (KMeansGrade.AS_GOOD, "kmeans")
    assert recommended.reason == "as high as its silhouette of 0.500, within a standard error: Ward"


def test_a_silhouette_below_by_more_than_a_standard_error_leaves_k_means_the_best():
    recommended = _recommended(_result("ward", silhouette=0.48))
    assert recommended.grade is KMeansGrade.BEST
    assert recommended.reason == "its silhouette of 0.500 is the highest, by more than a standard error"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"stabilities": (0.6, 0.9)}, "the stability of its least stable cluster is only 0.60"),
        ({"stabilities": (float("nan"),)}, "the stability of its least stable cluster is only nan"),
        ({"stabilities": (0.8, 0.8)}, "it is less stable (0.80 against 0.90)"),
        ({"labels": np.repeat([0, 1, -1], [40, 30, 30])}, "leaves 30% of customers in no cluster"),
        ({"labels": np.repeat([0, 1], [999, 1])}, "its smallest cluster holds less than clustering.min_segment_share (1.00%) of customers"),
        ({"ari_vs_kmeans": 0.95}, "k-means with 2 segments finds the same ones (adjusted Rand 0.95)"),
        (
            {"ari_vs_kmeans": 0.95, "labels": np.repeat([0, 1, 2], 30)},
            "k-means with 3 segments finds the same ones (adjusted Rand 0.95): see clustering.k",
        ),
    ],
)
def test_an_advantage_with_an_objection_is_reported_with_it(changed, why):
    recommended = _recommended(_result("hdbscan", **{"silhouette": 0.1, "density_validity": 0.3, **changed}))
    assert (recommended.grade, recommended.preferred) == (KMeansGrade.AS_GOOD, "kmeans")
    assert (
        recommended.reason
        == f"nothing is demonstrably better; HDBSCAN finds denser clusters, farther apart (DBCV 0.30 against -0.20), but {why}"
    )


def test_of_several_better_ones_the_densest_is_preferred():
    assert _recommended(_result("ward", silhouette=0.9), _result("hdbscan", silhouette=0.1, density_validity=0.3)).preferred == "hdbscan"


def test_an_algorithm_without_clusters_is_left_out():
    nothing = replace(_result("hdbscan"), labels=np.full(100, -1), metrics=None, density_validity=float("nan"), stabilities=())
    assert _recommended(nothing).grade is KMeansGrade.BEST
