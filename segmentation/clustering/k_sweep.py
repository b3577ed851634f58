"""The k sweep: scikit-learn's k-means for every k and several seeds, on a sample that fits on the driver.

Fitting 30,000 customers takes scikit-learn some milliseconds, and MLlib some thirty Spark jobs. So k and the initial centers are
chosen here, and `full_fit` fits MLlib's model of all customers from them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sklearn.cluster import KMeans

from segmentation.clustering.metrics import Array, ClusterMetrics, metrics_of_centers, nearest_center
from segmentation.clustering.parallel import parallel_map
from segmentation.clustering.stability import KMeansFactory, bootstrap_stabilities, lowest_stability, mean_pairwise_ari
from segmentation.errors import InputError
from segmentation.schemas import CUSTOMER_ID, VECTOR
from segmentation.settings import ClusteringSettings

ProgressCallback = Callable[[int, int], None]
"""Called with the number of steps done and the number of all steps."""

RESAMPLE_N_INIT = 3
"""`n_init` of each fit to resampled, shuffled or other derived points."""
_HASH_BUCKETS = 1_000_000


@dataclass(frozen=True)
class KMeansFit:
    """One k-means clustering of the sample."""

    k: int
    seed: int
    centers: Array  # (k, d)
    metrics: ClusterMetrics


@dataclass(frozen=True)
class Candidate:
    """One k: the metrics of its best fit, and how far its fits are reproducible."""

    k: int
    metrics: ClusterMetrics
    silhouette_spread: float  # highest minus lowest mean silhouette over the seeds
    seed_ari: float  # mean adjusted Rand index over all pairs of seeds
    stabilities: tuple[float, ...]  # of each cluster, see bootstrap_stabilities

    @property
    def stability(self) -> float:
        """Of the least stable cluster; NaN where unknown."""
        return lowest_stability(self.stabilities)

    @property
    def min_segment_share(self) -> float:
        """Share of customers in the smallest cluster, 0 if one is empty."""
        return min(self.metrics.sizes) / sum(self.metrics.sizes)


def clustering_sample(customers: DataFrame, count: int, settings: ClusteringSettings) -> DataFrame:
    """All customers if there are at most `sample_size`, else about that many, chosen by a hash of their id."""
    return hashed_sample(customers, count, settings.sample_size, settings.seed)


def hashed_sample(customers: DataFrame, count: int, max_customers: int, *salt: str | int) -> DataFrame:
    """All `count` customers if there are at most `max_customers`, else about that many, chosen by a salted hash of their id."""
    if count <= max_customers:
        return customers
    bucket = F.pmod(F.xxhash64(*map(F.lit, salt), CUSTOMER_ID), F.lit(_HASH_BUCKETS))
    return customers.where(bucket < max_customers * _HASH_BUCKETS // count)


def collect_points(customers: DataFrame) -> Array:
    """Collect the vectors of a bounded number of customers, shape (n, d), ordered by customer id."""
    rows = customers.select(CUSTOMER_ID, vector_to_array(F.col(VECTOR)).alias(VECTOR)).toPandas()
    return np.array(rows.sort_values(CUSTOMER_ID)[VECTOR].to_list(), dtype=np.float64)


def candidate_ks(points: Array, settings: ClusteringSettings) -> range:
    """The values of k to try, at most the number of distinct points.

    Raises InputError where there are too few customers, or too few distinct ones, for the smallest k allowed.
    """
    n_distinct = len(np.unique(points, axis=0))
    smallest = settings.k or settings.k_min
    if n_distinct < smallest:
        raise InputError(
            f"{len(points):,} customers with {n_distinct:,} distinct descriptions cannot form {smallest} segments: "
            f"lower clustering.{'k' if settings.k else 'k_min'}, use more features, or bring more data"
        )
    if len(points) <= smallest:
        raise InputError(f"{len(points):,} customers cannot form {smallest} segments of more than one customer: bring more data")
    if settings.k:
        return range(settings.k, settings.k + 1)
    return range(2, min(settings.k_max, n_distinct) + 1)


def sweep(points: Array, ks: Sequence[int], settings: ClusteringSettings, on_progress: ProgressCallback) -> list[KMeansFit]:
    """A fit of the points, shape (n, d), for every k and each of `n_init` seeds, ordered by k, then seed."""
    tasks = [(k, settings.seed + start) for k in ks for start in range(settings.n_init)]
    make_kmeans, fits = kmeans_factory(points, settings, n_init=1), []
    for done, fit in enumerate(parallel_map(lambda task: _fit(points, task, make_kmeans), tasks), start=1):
        fits.append(fit)
        on_progress(done, len(tasks))
    return fits


def kmeans_factory(points: Array, settings: ClusteringSettings, n_init: int) -> KMeansFactory:
    """Makes scikit-learn's KMeans for any k and seed, with the settings' `max_iter` and `tol`."""
    # scikit-learn compares the sum of squared center moves with its tol times the mean variance.
    tol = settings.tol**2 / max(float(points.var(axis=0).mean()), np.finfo(float).tiny)
    return lambda k, seed: KMeans(k, n_init=n_init, random_state=seed % 2**32, max_iter=settings.max_iter, tol=tol)


def _fit(points: Array, task: tuple[int, int], make_kmeans: KMeansFactory) -> KMeansFit:
    k, seed = task
    centers = make_kmeans(k, seed).fit(points).cluster_centers_
    return KMeansFit(k, seed, centers, metrics_of_centers(points, centers))


def bootstrap_points(points: Array, settings: ClusteringSettings) -> Array:
    """The `bootstrap_size` points that bootstrap samples are drawn from, in their order; all if there are no more."""
    if len(points) <= settings.bootstrap_size:
        return points
    rows = np.random.default_rng(settings.seed % 2**63).choice(len(points), settings.bootstrap_size, replace=False)
    return points[np.sort(rows)]


def evaluate_candidates(points: Array, fits: Sequence[KMeansFit], settings: ClusteringSettings) -> list[Candidate]:
    """For each k: its best fit, the agreement of its seeds, and its stability.

    `points` are some of the fitted points, shape (n, d), that bootstrap samples are drawn from.
    """
    fits_by_k = {k: [fit for fit in fits if fit.k == k] for k in dict.fromkeys(fit.k for fit in fits)}
    centers = {k: lowest_wcss(same).centers for k, same in fits_by_k.items()}
    make_kmeans = kmeans_factory(points, settings, RESAMPLE_N_INIT)
    stabilities = bootstrap_stabilities(points, centers, settings.n_bootstrap, settings.seed, make_kmeans)
    return [_candidate(points, same, stabilities[k]) for k, same in fits_by_k.items()]


def _candidate(points: Array, fits: Sequence[KMeansFit], stabilities: Array) -> Candidate:
    best, silhouettes = lowest_wcss(fits), [fit.metrics.silhouette for fit in fits]
    seed_ari = mean_pairwise_ari([nearest_center(points, fit.centers) for fit in fits])
    return Candidate(best.k, best.metrics, max(silhouettes) - min(silhouettes), seed_ari, tuple(map(float, stabilities)))


def lowest_wcss(fits: Sequence[KMeansFit]) -> KMeansFit:
    """The fit of the lowest within-cluster sum of squares; of equal ones the one of the lower seed."""
    return min(fits, key=lambda fit: (fit.metrics.wcss, fit.seed))
