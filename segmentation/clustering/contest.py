"""How each algorithm's clusters fare on the same points, and how far they agree."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.algorithms import KMEANS, Clusterer
from segmentation.clustering.density import density_validity
from segmentation.clustering.measures import Array, Labels, Measures, measures
from segmentation.clustering.stability import best_matches, least_stable, mean_matches
from segmentation.clustering.sweep import STARTS_OF_A_DRAW, model_of
from segmentation.clustering.threads import in_threads
from segmentation.settings import ClusteringSettings


@dataclass(frozen=True)
class Entry:
    """One algorithm's clusters of the points that all are measured on.

    Parameters
    ----------
    algorithm
        Its name.
    labels
        Cluster of each point, 0 upwards without gaps, -1 for noise.
    measures
        Of the points in clusters, noise left out; None where fewer than two clusters were found.
    density_validity
        DBCV, noise counted against it; NaN where fewer than two clusters were found.
    stabilities
        Of each cluster, how far it comes back when customers are drawn anew.
    kmeans_alike
        Adjusted Rand index with k-means of as many clusters, on the points in clusters; NaN for fewer than two clusters.
    """

    algorithm: str
    labels: Labels
    measures: Measures | None
    density_validity: float
    stabilities: tuple[float, ...]
    kmeans_alike: float

    @property
    def clusters(self) -> int:
        """How many were found."""
        return int(self.labels.max(initial=-1)) + 1

    @property
    def noise_share(self) -> float:
        """Share of points in no cluster."""
        return float((self.labels < 0).mean())

    @property
    def smallest_share(self) -> float:
        """Share of all points in the smallest cluster; 0 where there is none."""
        return float(np.bincount(self.labels[self.labels >= 0], minlength=1).min() / len(self.labels))

    @property
    def silhouette(self) -> float:
        """Mean over all points; noise counts 0, for it sits nowhere."""
        return self.measures.silhouette * (1 - self.noise_share) if self.measures else math.nan

    @property
    def silhouette_error(self) -> float:
        """Standard error of the mean over the points in clusters."""
        return self.measures.silhouette_error if self.measures else math.nan

    @property
    def stability(self) -> float:
        """Of the least stable cluster; NaN where none can be told."""
        return least_stable(self.stabilities)


def entries(points: Array, labels: Mapping[str, Labels], clusterers: Mapping[str, Clusterer], settings: ClusteringSettings) -> list[Entry]:
    """Each algorithm's clusters, measured.

    Parameters
    ----------
    points
        Shape (n, d).
    labels
        By algorithm, k-means among them; any integers, negative ones for noise.
    clusterers
        By algorithm: finds clusters where points are drawn anew.
    settings
        Draws and seed.
    """
    known = {name: tidied(found) for name, found in labels.items()}
    kmeans = model_of(points, settings, STARTS_OF_A_DRAW)
    by_count = {int(known[KMEANS].max()) + 1: known[KMEANS]}

    most = max(int(found.max(initial=-1)) + 1 for found in known.values())

    def by_kmeans(count: int) -> Labels:
        if count not in by_count:
            by_count[count] = np.asarray(kmeans(count, settings.seed).fit_predict(points), dtype=np.int64)
        return by_count[count]

    def entry(name: str, found: Labels) -> Entry:
        count, held = int(found.max(initial=-1)) + 1, found >= 0
        stable = stabilities_of(points, found, clusterers[name], most, settings)
        if count < 2:
            return Entry(name, found, None, math.nan, stable, math.nan)
        alike = float(adjusted_rand_score(by_kmeans(count)[held], found[held]))
        return Entry(name, found, measures(points[held], found[held], count), density_validity(points, found), stable, alike)

    return [entry(name, found) for name, found in known.items()]


def tidied(labels: Labels) -> Labels:
    """The same clusters numbered from 0 without gaps, noise as -1."""
    held = labels >= 0
    numbers = np.full(len(labels), -1, dtype=np.int64)
    numbers[held] = np.unique(labels[held], return_inverse=True)[1]
    return numbers


def stabilities_of(points: Array, labels: Labels, clusterer: Clusterer, most: int, settings: ClusteringSettings) -> tuple[float, ...]:
    """How far each cluster comes back when customers are drawn anew (Hennig 2007): mean best Jaccard match over the draws.

    Each customer of a draw counts once, however often it was drawn: repeated points would be dense places to the algorithms that
    go by density. Points beyond `draw_customers` are left out.

    Parameters
    ----------
    points
        Shape (n, d).
    labels
        Cluster of each, -1 for noise.
    clusterer
        Clusters a draw.
    most
        A draw must have more different customers than this.
    settings
        Draws, their size, and seed.
    """
    chosen = np.random.default_rng(settings.seed % 2**63).permutation(len(points))[: settings.draw_customers]
    distinct = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    count = int(labels.max(initial=-1)) + 1

    def matches(draw: int) -> Array:
        rows = chosen[np.unique(np.random.default_rng(draw % 2**63).integers(len(chosen), size=len(chosen)))]
        if len(np.unique(distinct[rows])) <= most:
            return np.full(count, np.nan)
        return best_matches(labels[rows], clusterer(points[rows], draw), count)

    found = list(in_threads(matches, range(settings.seed, settings.seed + settings.draws)))
    return tuple(float(mean) for mean in mean_matches(found))


def numbered_like(labels: Labels, segments: Labels) -> dict[int, int]:
    """A number for each cluster: that of the segment it shares most customers with, each segment given once; others follow on.

    Parameters
    ----------
    labels
        Clusters, 0 upwards; noise is left out.
    segments
        Segment of each of the same points, from 1.
    """
    clusters, numbers = np.unique(labels[labels >= 0]), np.unique(segments)
    shared = np.array([[((labels == cluster) & (segments == number)).sum() for number in numbers] for cluster in clusters])
    if not len(clusters):
        return {}
    rows, columns = linear_sum_assignment(shared, maximize=True)
    given = {int(clusters[row]): int(numbers[column]) for row, column in zip(rows, columns, strict=True)}
    others = [int(cluster) for cluster in clusters if int(cluster) not in given]
    return given | {cluster: int(numbers.max()) + place for place, cluster in enumerate(others, start=1)}


def agreements(found: Sequence[Entry]) -> dict[tuple[str, str], float]:
    """Adjusted Rand index of each pair, noise counting as a group of its own."""
    return {(one.algorithm, other.algorithm): float(adjusted_rand_score(one.labels, other.labels)) for one, other in combinations(found, 2)}
