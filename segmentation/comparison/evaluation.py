"""Evaluates each algorithm's clusters on the same points: validity, stability, and agreement with the others."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.k_sweep import RESAMPLE_N_INIT, kmeans_factory
from segmentation.clustering.metrics import Array, ClusterMetrics, Labels, cluster_metrics
from segmentation.clustering.parallel import parallel_map
from segmentation.clustering.stability import best_jaccard, lowest_stability, mean_over_draws
from segmentation.comparison.algorithms import KMEANS, Clusterer
from segmentation.comparison.dbcv import density_validity
from segmentation.settings import ClusteringSettings


@dataclass(frozen=True)
class AlgorithmResult:
    """One algorithm's clusters of the points, evaluated."""

    algorithm: str
    labels: Labels  # 0 upwards without gaps, -1 for noise
    metrics: ClusterMetrics | None  # of the points in clusters; None for fewer than two clusters
    density_validity: float  # DBCV, penalized by the share of noise; NaN for fewer than two clusters
    stabilities: tuple[float, ...]  # of each cluster, see resampling_stabilities
    ari_vs_kmeans: float  # with k-means of as many clusters, on the points in clusters; NaN for fewer than two clusters

    @property
    def n_clusters(self) -> int:
        """Number of clusters without noise."""
        return _n_clusters(self.labels)

    @property
    def noise_share(self) -> float:
        """Share of points in no cluster."""
        return float((self.labels < 0).mean())

    @property
    def min_segment_share(self) -> float:
        """Share of all points in the smallest cluster; 0 if there is none."""
        return float(np.bincount(self.labels[self.labels >= 0], minlength=1).min() / len(self.labels))

    @property
    def silhouette(self) -> float:
        """Mean over all points; noise counts 0."""
        return self.metrics.silhouette * (1 - self.noise_share) if self.metrics else math.nan

    @property
    def silhouette_error(self) -> float:
        """Standard error of the mean over the points in clusters."""
        return self.metrics.silhouette_error if self.metrics else math.nan

    @property
    def stability(self) -> float:
        """Of the least stable cluster; NaN if none is known."""
        return lowest_stability(self.stabilities)


def evaluate_algorithms(
    points: Array, labels: Mapping[str, Labels], clusterers: Mapping[str, Clusterer], settings: ClusteringSettings
) -> list[AlgorithmResult]:
    """Each algorithm's clusters, evaluated.

    `labels` are any integers by algorithm, k-means among them; negative ones are noise.
    """
    labels = {name: consecutive_labels(of_algorithm) for name, of_algorithm in labels.items()}
    make_kmeans = kmeans_factory(points, settings, RESAMPLE_N_INIT)
    kmeans_labels = {_n_clusters(labels[KMEANS]): labels[KMEANS]}
    max_clusters = max(map(_n_clusters, labels.values()))

    def kmeans_of(k: int) -> Labels:
        if k not in kmeans_labels:
            kmeans_labels[k] = np.asarray(make_kmeans(k, settings.seed).fit_predict(points), dtype=np.int64)
        return kmeans_labels[k]

    def result(name: str, mine: Labels) -> AlgorithmResult:
        k, clustered = _n_clusters(mine), mine >= 0
        stabilities = resampling_stabilities(points, mine, clusterers[name], max_clusters, settings)
        if k < 2:
            return AlgorithmResult(name, mine, None, math.nan, stabilities, math.nan)
        ari = float(adjusted_rand_score(kmeans_of(k)[clustered], mine[clustered]))
        metrics = cluster_metrics(points[clustered], mine[clustered], k)
        return AlgorithmResult(name, mine, metrics, density_validity(points, mine), stabilities, ari)

    return [result(name, mine) for name, mine in labels.items()]


def _n_clusters(labels: Labels) -> int:
    return int(labels.max(initial=-1)) + 1


def consecutive_labels(labels: Labels) -> Labels:
    """The same clusters numbered from 0 without gaps, noise as -1."""
    clustered = labels >= 0
    numbers = np.full(len(labels), -1, dtype=np.int64)
    numbers[clustered] = np.unique(labels[clustered], return_inverse=True)[1]
    return numbers


def resampling_stabilities(
    points: Array, labels: Labels, clusterer: Clusterer, max_clusters: int, settings: ClusteringSettings
) -> tuple[float, ...]:
    """How well each cluster is recovered from resampled customers (Hennig 2007): mean best Jaccard match over the samples.

    Each customer counts once in a sample, however often drawn: repeated points would be dense regions to density-based algorithms.

    At most `bootstrap_size` points are used. A sample is used if it has more distinct customers than `max_clusters`.
    """
    used = np.random.default_rng(settings.seed % 2**63).permutation(len(points))[: settings.bootstrap_size]
    distinct = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    k = _n_clusters(labels)

    def matches(draw: int) -> Array:
        rows = used[np.unique(np.random.default_rng(draw % 2**63).integers(len(used), size=len(used)))]
        if len(np.unique(distinct[rows])) <= max_clusters:
            return np.full(k, np.nan)
        return best_jaccard(labels[rows], clusterer(points[rows], draw), k)

    by_draw = list(parallel_map(matches, range(settings.seed, settings.seed + settings.n_bootstrap)))
    return tuple(float(mean) for mean in mean_over_draws(by_draw))


def pairwise_ari(results: Sequence[AlgorithmResult]) -> dict[tuple[str, str], float]:
    """Adjusted Rand index of each pair of algorithms; noise counts as a group of its own."""
    pairs = combinations(results, 2)
    return {(one.algorithm, other.algorithm): float(adjusted_rand_score(one.labels, other.labels)) for one, other in pairs}
