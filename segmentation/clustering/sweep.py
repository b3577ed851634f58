"""KMeans for every number of segments and several seeds, on customers that fit the driver's hands."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.clustering.choice import Candidate
from segmentation.clustering.measures import Array, Measures, measures, nearest
from segmentation.errors import InputError
from segmentation.schemas import CLUSTER, CUSTOMER_ID, VECTOR
from segmentation.settings import ClusteringSettings

Advance = Callable[[int, int], None]
"""Told how many fits are done, of how many."""

_HASH_BUCKETS = 1_000_000


@dataclass(frozen=True)
class Fit:
    """One fitted model and how it fares on the customers at hand."""

    k: int
    seed: int
    model: KMeansModel
    measures: Measures


def sampled(customers: DataFrame, count: int, settings: ClusteringSettings) -> DataFrame:
    """All customers where they are few, else about `sample_customers` of them, chosen by a hash of their id."""
    if count <= settings.sample_customers:
        return customers
    bucket = F.pmod(F.xxhash64(F.lit(settings.seed), CUSTOMER_ID), F.lit(_HASH_BUCKETS))
    return customers.where(bucket < settings.sample_customers * _HASH_BUCKETS // count)


def points_of(customers: DataFrame) -> Array:
    """The vectors themselves, shape (n, d), for a frame of bounded size."""
    rows = customers.select(vector_to_array(VECTOR).alias(VECTOR)).toPandas()[VECTOR]
    return np.stack(rows.to_numpy()) if len(rows) else np.empty((0, 0))


def candidate_counts(points: Array, settings: ClusteringSettings) -> range:
    """Numbers of segments worth trying: no more than there are distinct customers.

    Raises
    ------
    InputError
        Too few distinct customers for the fewest segments allowed.
    """
    distinct = len(np.unique(points, axis=0))
    fewest = settings.segments or settings.min_segments
    if distinct < fewest:
        raise InputError(
            f"{len(points):,} customers with {distinct:,} distinct descriptions cannot form {fewest} segments: "
            f"lower clustering.{'segments' if settings.segments else 'min_segments'}, use more features, or bring more data"
        )
    if settings.segments:
        return range(settings.segments, settings.segments + 1)
    return range(2, min(settings.max_segments, distinct) + 1)


def sweep(
    customers: DataFrame, points: Array, counts: Iterable[int], settings: ClusteringSettings, advance: Advance
) -> list[Fit]:
    """A fit for every number of segments and every seed, a few at once; ordered by k, then seed."""
    tasks = [(k, seed) for k in counts for seed in seeds_of(settings)]

    def fitted(task: tuple[int, int]) -> Fit:
        model = estimator(*task, settings).fit(customers)
        centres = np.stack(model.clusterCenters())
        return Fit(*task, model, measures(points, nearest(points, centres), task[0]))

    with ThreadPoolExecutor(settings.parallel_fits) as pool:
        futures = [pool.submit(fitted, task) for task in tasks]
        for done, _ in enumerate(as_completed(futures), start=1):
            advance(done, len(tasks))
    return [future.result() for future in futures]


def candidates_of(fits: Sequence[Fit]) -> list[Candidate]:
    """Each number of segments with its best seed and the spread over all."""
    by_k = {k: [fit for fit in fits if fit.k == k] for k in dict.fromkeys(fit.k for fit in fits)}
    return [Candidate(k, best_of(same).measures, _spread([fit.measures.silhouette for fit in same])) for k, same in by_k.items()]


def best_of(fits: Sequence[Fit]) -> Fit:
    """The fit of lowest cost; the lower seed where they are equal."""
    return min(fits, key=lambda fit: (fit.measures.wcss, fit.seed))


def fit_all(customers: DataFrame, k: int, settings: ClusteringSettings, advance: Advance) -> KMeansModel:
    """The model on all customers: several seeds, since MLlib restarts none itself, and the lowest cost kept."""
    models = []
    for done, seed in enumerate(seeds_of(settings), start=1):
        model = estimator(k, seed, settings).fit(customers)
        models.append((model.summary.trainingCost, seed, model))
        advance(done, settings.restarts)
    return min(models, key=lambda found: found[:2])[2]


def seeds_of(settings: ClusteringSettings) -> range:
    """The seeds tried for each number of segments."""
    return range(settings.seed, settings.seed + settings.restarts)


def estimator(k: int, seed: int, settings: ClusteringSettings) -> KMeans:
    """MLlib's KMeans over `vector`; the block solver, since vectors are dense."""
    return KMeans(
        k=k,
        seed=seed,
        maxIter=settings.max_iterations,
        tol=settings.tolerance,
        solver="block",
        featuresCol=VECTOR,
        predictionCol=CLUSTER,
    )


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values)
