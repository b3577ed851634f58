"""KMeans for every number of segments and several seeds, on customers that fit the driver's hands.

A fit of 30,000 customers is some milliseconds of arithmetic. MLlib would spread it over some thirty Spark jobs;
scikit-learn does it on the spot, so that several starts cost next to nothing. `refinement` carries the centres to all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sklearn.cluster import KMeans

from segmentation.clustering.choice import Candidate
from segmentation.clustering.measures import Array, Measures, measures_around, nearest
from segmentation.clustering.stability import Model, seed_agreement, stabilities
from segmentation.clustering.threads import in_threads
from segmentation.errors import InputError
from segmentation.schemas import CUSTOMER_ID, VECTOR
from segmentation.settings import ClusteringSettings

Advance = Callable[[int, int], None]
"""Told how many steps are done, of how many."""

_HASH_BUCKETS = 1_000_000
STARTS_OF_A_DRAW = 3


@dataclass(frozen=True)
class Fit:
    """One clustering of the customers at hand, and how it fares: `centres` has shape (k, d)."""

    k: int
    seed: int
    centres: Array
    measures: Measures


def sampled(customers: DataFrame, count: int, settings: ClusteringSettings) -> DataFrame:
    """All customers where they are few, else about `sample_customers` of them, chosen by a hash of their id."""
    return hashed_sample(customers, count, settings.sample_customers, settings.seed)


def hashed_sample(customers: DataFrame, count: int, most: int, *salt: str | int) -> DataFrame:
    """All customers where there are no more than `most`, else about so many, chosen by a hash of their id; another salt, others."""
    if count <= most:
        return customers
    bucket = F.pmod(F.xxhash64(*map(F.lit, salt), CUSTOMER_ID), F.lit(_HASH_BUCKETS))
    return customers.where(bucket < most * _HASH_BUCKETS // count)


def points_of(customers: DataFrame) -> Array:
    """The vectors themselves, shape (n, d), in the order of customers' ids, for a frame of bounded size."""
    rows = customers.select(CUSTOMER_ID, vector_to_array(F.col(VECTOR)).alias(VECTOR)).toPandas()
    return np.array(rows.sort_values(CUSTOMER_ID)[VECTOR].to_list(), dtype=np.float64)


def candidate_counts(points: Array, settings: ClusteringSettings) -> range:
    """Numbers of segments worth trying: no more than there are distinct customers.

    Raises
    ------
    InputError
        Too few customers, or distinct ones, for the fewest segments allowed.
    """
    distinct = len(np.unique(points, axis=0))
    fewest = settings.segments or settings.min_segments
    if distinct < fewest:
        raise InputError(
            f"{len(points):,} customers with {distinct:,} distinct descriptions cannot form {fewest} segments: "
            f"lower clustering.{'segments' if settings.segments else 'min_segments'}, use more features, or bring more data"
        )
    if len(points) <= fewest:
        raise InputError(f"{len(points):,} customers cannot form {fewest} segments of more than one customer: bring more data")
    if settings.segments:
        return range(settings.segments, settings.segments + 1)
    return range(2, min(settings.max_segments, distinct) + 1)


def sweep(points: Array, counts: Sequence[int], settings: ClusteringSettings, advance: Advance) -> list[Fit]:
    """A fit for every number of segments and every seed, ordered by k, then seed.

    Parameters
    ----------
    points
        Shape (n, d).
    counts
        Numbers of segments.
    settings
        Seeds, iterations, tolerance.
    advance
        Told how many fits are done.
    """
    tasks = [(k, settings.seed + start) for k in counts for start in range(settings.restarts)]
    model, fits = model_of(points, settings, starts=1), []
    for done, fit in enumerate(in_threads(lambda task: _fitted(points, task, model), tasks), start=1):
        fits.append(fit)
        advance(done, len(tasks))
    return fits


def model_of(points: Array, settings: ClusteringSettings, starts: int) -> Model:
    """KMeans as the settings want it, for any number of clusters and seed; of so many starts the one of lowest cost."""
    # scikit-learn compares the sum of squared moves with its tolerance times the mean variance.
    tolerance = settings.tolerance**2 / max(float(points.var(axis=0).mean()), np.finfo(float).tiny)
    return lambda k, seed: KMeans(k, n_init=starts, random_state=seed % 2**32, max_iter=settings.max_iterations, tol=tolerance)


def _fitted(points: Array, task: tuple[int, int], model: Model) -> Fit:
    k, seed = task
    centres = model(k, seed).fit(points).cluster_centers_
    return Fit(k, seed, centres, measures_around(points, centres))


def some_of(points: Array, settings: ClusteringSettings) -> Array:
    """As many of the points as a draw takes, chosen by the seed, in their order; all where there are no more."""
    if len(points) <= settings.draw_customers:
        return points
    rows = np.random.default_rng(settings.seed % 2**63).choice(len(points), settings.draw_customers, replace=False)
    return points[np.sort(rows)]


def candidates_of(points: Array, fits: Sequence[Fit], settings: ClusteringSettings) -> list[Candidate]:
    """Each number of segments with its best seed, how far the seeds agree, and how stable it is.

    Parameters
    ----------
    points
        Shape (n, d): some of those that were fitted.
    fits
        Of every number and seed.
    settings
        Draws and seed.
    """
    by_k = {k: [fit for fit in fits if fit.k == k] for k in dict.fromkeys(fit.k for fit in fits)}
    centres = {k: best_of(same).centres for k, same in by_k.items()}
    stable = stabilities(points, centres, settings.draws, settings.seed, model_of(points, settings, STARTS_OF_A_DRAW))
    return [_candidate(points, same, stable[k]) for k, same in by_k.items()]


def _candidate(points: Array, fits: Sequence[Fit], stability: Array) -> Candidate:
    best, silhouettes = best_of(fits), [fit.measures.silhouette for fit in fits]
    agreement = seed_agreement([nearest(points, fit.centres) for fit in fits])
    return Candidate(best.k, best.measures, max(silhouettes) - min(silhouettes), agreement, tuple(float(value) for value in stability))


def best_of(fits: Sequence[Fit]) -> Fit:
    """The fit of lowest cost; the lower seed where they are equal."""
    return min(fits, key=lambda fit: (fit.measures.wcss, fit.seed))
