"""KMeans for every number of segments and several seeds, on customers that fit the driver's hands."""

from collections.abc import Callable, Mapping, Sequence
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
_ROUNDS = 3
_LEVEL = 1e-3
"""Gains that differ by less are taken as equal."""
_SAMPLING_ERROR = 0.02
"""Three standard errors of a cost measured on 30,000 customers, about."""


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
    rows = customers.select(vector_to_array(F.col(VECTOR)).alias(VECTOR)).toPandas()[VECTOR]
    return np.array(rows.to_list(), dtype=np.float64)


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


def sweep(customers: DataFrame, points: Array, counts: Sequence[int], settings: ClusteringSettings, advance: Advance) -> list[Fit]:
    """A fit for every number of segments and several seeds, ordered by k, then seed.

    MLlib restarts nothing itself, and all first seeds of one k may end in a poor local optimum. That shows as a dent
    in the WCSS curve: such a k gets more seeds, twice at most. A single k has no curve and gets them all.
    """
    fits: list[Fit] = []
    suspects = list(counts)
    for round_ in range(_ROUNDS):
        tasks = [(k, seed) for k in suspects for seed in seeds_of(settings, round_)]
        fits += _fitted(customers, points, tasks, settings, _from(len(fits), advance))
        costs = {k: best_of([fit for fit in fits if fit.k == k]).measures.wcss for k in counts}
        suspects = dents(costs) if len(counts) > 1 else suspects
        if not suspects:
            break
    return sorted(fits, key=lambda fit: (fit.k, fit.seed))


def _from(before: int, advance: Advance) -> Advance:
    return lambda done, of: advance(before + done, before + of)


def _fitted(
    customers: DataFrame, points: Array, tasks: Sequence[tuple[int, int]], settings: ClusteringSettings, advance: Advance
) -> list[Fit]:
    """Fits of some k and seeds, a few at once."""

    def fit(task: tuple[int, int]) -> Fit:
        model = estimator(*task, settings).fit(customers)
        centres = np.stack(model.clusterCenters())
        return Fit(*task, model, measures(points, nearest(points, centres), task[0]))

    with ThreadPoolExecutor(settings.parallel_fits) as pool:
        futures = [pool.submit(fit, task) for task in tasks]
        for done, _ in enumerate(as_completed(futures), start=1):
            advance(done, len(tasks))
    return [future.result() for future in futures]


def dents(costs: Mapping[int, float]) -> list[int]:
    """Numbers of segments whose WCSS lies above the line between its neighbours': the next one gains more than it did.

    Parameters
    ----------
    costs
        WCSS by k, for consecutive k.
    """
    return [k for k in costs if k - 1 in costs and k + 1 in costs and costs[k - 1] - costs[k] < (costs[k] - costs[k + 1]) * (1 - _LEVEL)]


def candidates_of(fits: Sequence[Fit]) -> list[Candidate]:
    """Each number of segments with its best seed and the spread over all."""
    by_k = {k: [fit for fit in fits if fit.k == k] for k in dict.fromkeys(fit.k for fit in fits)}
    return [Candidate(k, best_of(same).measures, _spread([fit.measures.silhouette for fit in same])) for k, same in by_k.items()]


def best_of(fits: Sequence[Fit]) -> Fit:
    """The fit of lowest cost; the lower seed where they are equal."""
    return min(fits, key=lambda fit: (fit.measures.wcss, fit.seed))


def fit_all(customers: DataFrame, k: int, reachable: float, settings: ClusteringSettings, advance: Advance) -> KMeansModel:
    """The model on all customers, of the first seed that reaches the sweep's cost, else of the lowest.

    Parameters
    ----------
    customers
        With `vector`.
    k
        Number of segments.
    reachable
        WCSS that the sweep came to, scaled from its sample to all customers.
    settings
        With the seeds to try.
    advance
        Told how many fits are done.
    """
    models = []
    for done, seed in enumerate(seeds_of(settings), start=1):
        model = estimator(k, seed, settings).fit(customers)
        models.append((_told(model.summary.trainingCost), seed, model))
        advance(done, settings.restarts)
        if models[-1][0] <= reachable * (1 + _SAMPLING_ERROR):
            break
    return min(models, key=lambda found: found[:2])[2]


def _told(cost: float) -> float:
    """A cost to nine digits: MLlib sums it in the order tasks end, which changes the last ones."""
    return float(f"{cost:.9g}")


def seeds_of(settings: ClusteringSettings, round_: int = 0) -> range:
    """The seeds tried for one number of segments in one round."""
    first = settings.seed + round_ * settings.restarts
    return range(first, first + settings.restarts)


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
