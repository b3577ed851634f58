"""Each algorithm equals a direct call, is seeded, and respects its limits."""

import importlib.util

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn import cluster
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score

from segmentation.comparison import algorithms
from segmentation.comparison.algorithms import (
    ALGORITHMS,
    centroids,
    clusterers,
    hdbscan,
    nearest_prototype_labels,
    self_organising_map,
    ward,
)
from segmentation.settings import ClusteringSettings

BLOBS, TRUTH = make_blobs(240, n_features=3, centers=4, cluster_std=0.8, random_state=4)
OVERLAPPING, _ = make_blobs(240, n_features=3, centers=4, cluster_std=5.0, random_state=4)


def test_ward_is_scipys_ward():
    other = fcluster(linkage(OVERLAPPING, "ward"), 5, "maxclust")
    assert adjusted_rand_score(ward(OVERLAPPING, 5), other) == 1.0


def test_hdbscan_respects_the_minimum_segment_share():
    moons, _ = make_moons(300, noise=0.05, random_state=1)
    direct = cluster.HDBSCAN(min_cluster_size=15, min_samples=10, copy=True).fit_predict(moons)
    assert hdbscan(moons, 0.05).tolist() == direct.tolist()


def test_hdbscan_of_four_points_is_noise():
    assert set(hdbscan(BLOBS[:4], 0.01).tolist()) == {-1}


def test_the_map_is_minisoms_with_units_clustered_by_ward():
    minisom = pytest.importorskip("minisom")
    direct = minisom.MiniSom(8, 8, 3, sigma=2, learning_rate=0.5, random_seed=5)
    direct.random_weights_init(BLOBS)
    direct.train_random(BLOBS, 10_000)
    units, clusters = self_organising_map(BLOBS, 4, 5)
    won = {tuple(direct.get_weights()[direct.winner(point)]) for point in BLOBS}
    assert {tuple(unit) for unit in units} == won
    assert clusters.tolist() == ward(units, 4).tolist()


def test_points_are_in_the_cluster_of_their_nearest_prototype():
    units, clusters = np.array([[0.0], [1.0], [9.0]]), np.array([1, 1, 0])
    assert nearest_prototype_labels(np.array([[0.6], [7.0], [-3.0]]), units, clusters).tolist() == [1, 0, 1]


def test_a_centroid_is_the_mean_of_its_cluster():
    assert centroids(np.array([[0.0, 2.0], [4.0, 4.0], [2.0, 6.0]]), np.array([0, 1, 0])).tolist() == [[1.0, 4.0], [4.0, 4.0]]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_finds_separate_blobs_and_is_repeatable(name):
    if name == "self_organising_map":
        pytest.importorskip("minisom")
    clusterer = clusterers(BLOBS, 4, 4, ClusteringSettings())[name]
    labels = clusterer(BLOBS, 3)
    assert adjusted_rand_score(labels, TRUTH) > 0.95
    assert clusterer(BLOBS, 3).tolist() == labels.tolist()


def test_kmeans_has_the_published_k_and_the_others_the_k_asked_for():
    labels = {name: clusterer(BLOBS, 1).max() + 1 for name, clusterer in clusterers(BLOBS, 4, 2, ClusteringSettings()).items()}
    assert (labels["kmeans"], labels["ward"], labels["gaussian_mixture"], labels["bisecting_kmeans"]) == (4, 2, 2, 2)


def test_without_its_package_there_is_no_map(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(algorithms.importlib.util, "find_spec", lambda name: None if name == "minisom" else find_spec(name))
    assert set(clusterers(BLOBS, 4, 4, ClusteringSettings())) == set(ALGORITHMS) - {"self_organising_map"}


@pytest.mark.parametrize("seed", [-(2**62), -1, 2**62])
def test_any_seed_of_the_settings_can_be_used(seed):
    for clusterer in clusterers(BLOBS, 4, 4, ClusteringSettings()).values():
        assert len(clusterer(BLOBS, seed)) == len(BLOBS)
