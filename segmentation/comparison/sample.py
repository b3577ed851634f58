"""The sample that all algorithms are compared on, with each algorithm's clusters of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.metrics import Array, Labels
from segmentation.comparison import algorithms
from segmentation.comparison.algorithms import BISECTING_KMEANS, GAUSSIAN_MIXTURE, HDBSCAN, KMEANS, SELF_ORGANISING_MAP, WARD
from segmentation.schemas import CUSTOMER_ID, SEGMENT_ID, VECTOR
from segmentation.settings import ClusteringSettings


@dataclass(frozen=True)
class ClusteredSample:
    """Every algorithm's clusters of the sampled customers."""

    k: int  # number of clusters asked for
    ids: Sequence[str]  # sorted
    points: Array  # vectors, shape (n, d)
    labels: Mapping[str, Labels]  # by algorithm, 0 upwards and -1 for noise
    prototypes: Mapping[str, tuple[Array, Labels]]  # of algorithms whose clusters are extended to all customers: points, and their clusters
    prototype_ari: Mapping[str, float]  # adjusted Rand index of an algorithm's own clusters with those of its prototypes

    @cached_property
    def numbers(self) -> dict[str, dict[int, int]]:
        """By algorithm, the published number of each cluster: that of the segment it shares most customers with."""
        segments = self.labels[KMEANS] + 1
        others = {name: labels for name, labels in self.labels.items() if name != KMEANS}
        numbers = {name: _all_numbered(matching_numbers(labels, segments), self.k) for name, labels in others.items()}
        return {KMEANS: {number - 1: number for number in range(1, int(segments.max()) + 1)}, **numbers}

    def published_numbers(self, algorithm: str) -> Labels:
        """Published number of each sampled customer's cluster, 0 for noise."""
        numbers = self.numbers[algorithm]
        return np.array([numbers[label] if label >= 0 else 0 for label in self.labels[algorithm].tolist()], dtype=np.int64)


def cluster_sample(customers: DataFrame, k: int, settings: ClusteringSettings) -> ClusteredSample:
    """Collect the sample, and cluster it by the algorithms that are fitted on the sample only.

    `customers` is the sample: id, vector, segment, and MLlib's clusters.
    """
    mllib = (BISECTING_KMEANS, GAUSSIAN_MIXTURE)
    vector = vector_to_array(F.col(VECTOR)).alias(VECTOR)
    rows = customers.select(CUSTOMER_ID, SEGMENT_ID, *mllib, vector).toPandas().sort_values(CUSTOMER_ID)
    points = np.array(rows[VECTOR].to_list(), dtype=np.float64)
    ward_labels = algorithms.ward(points, k)
    prototypes = {WARD: (algorithms.centroids(points, ward_labels), np.arange(k))}
    if algorithms.has_minisom():
        prototypes[SELF_ORGANISING_MAP] = algorithms.self_organising_map(points, k, settings.seed)
    labels = {
        KMEANS: rows[SEGMENT_ID].to_numpy(dtype=np.int64) - 1,
        **{name: rows[name].to_numpy(dtype=np.int64) for name in mllib},
        **{name: algorithms.nearest_prototype_labels(points, *of_algorithm) for name, of_algorithm in prototypes.items()},
        HDBSCAN: algorithms.hdbscan(points, settings.min_segment_share),
    }
    prototype_ari = {WARD: float(adjusted_rand_score(ward_labels, labels[WARD]))}
    return ClusteredSample(k, rows[CUSTOMER_ID].to_list(), points, labels, prototypes, prototype_ari)


def matching_numbers(labels: Labels, segments: Labels) -> dict[int, int]:
    """A number for each cluster: that of the segment it shares most customers with, each segment used once; others follow on.

    Clusters are numbered from 0, and noise is left out; segments are numbered from 1.
    """
    clusters, numbers = np.unique(labels[labels >= 0]), np.unique(segments)
    if not len(clusters):
        return {}
    shared = np.array([[((labels == cluster) & (segments == number)).sum() for number in numbers] for cluster in clusters])
    rows, columns = linear_sum_assignment(shared, maximize=True)
    matched = {int(clusters[row]): int(numbers[column]) for row, column in zip(rows, columns, strict=True)}
    others = [int(cluster) for cluster in clusters if int(cluster) not in matched]
    return matched | {cluster: int(numbers.max()) + position for position, cluster in enumerate(others, start=1)}


def _all_numbered(numbers: dict[int, int], k: int) -> dict[int, int]:
    """Clusters without a customer in the sample come last."""
    unseen = [cluster for cluster in range(k) if cluster not in numbers]
    return numbers | {cluster: max(numbers.values(), default=0) + position for position, cluster in enumerate(unseen, start=1)}
