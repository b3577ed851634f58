"""From centres found on a sample to MLlib's model of all customers.

MLlib's KMeans has no restarts and cannot be told where to start, and so ends in whatever local optimum its seed leads
to. Lloyd's iterations that start where the sweep ended need a few passes, and keep the optimum that many starts found.
"""

import numpy as np
import pyarrow as arrow
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.functions import array_to_vector
from pyspark.ml.stat import Summarizer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.clustering.measures import Array, measures_around
from segmentation.clustering.sweep import Advance, Fit, model_of
from segmentation.schemas import CLUSTER, VECTOR
from segmentation.settings import ClusteringSettings


def starting_centres(points: Array, fresh: Fit, before: Array | None, settings: ClusteringSettings) -> Array:
    """Where the fit of all customers starts: where the segments were before, unless a fresh start is clearly better.

    Parameters
    ----------
    points
        Shape (n, d): those that the fresh fit saw.
    fresh
        The best of the sweep for the number of segments chosen.
    before
        Centres of the segments that readers know, shape (m, d), NaN where one cannot be told; None where there are none.
    settings
        What is clearly better; iterations, tolerance and seed.
    """
    tolerance = settings.warm_start_tolerance
    if tolerance is None or before is None or len(before) != fresh.k or np.isnan(before).any():
        return fresh.centres
    warm = model_of(points, settings, starts=1)(fresh.k, settings.seed).set_params(init=before).fit(points).cluster_centers_
    clearly_better = fresh.measures.wcss < (1 - tolerance) * measures_around(points, warm).wcss
    return fresh.centres if clearly_better else warm


def refined(customers: DataFrame, centres: Array, settings: ClusteringSettings, advance: Advance) -> KMeansModel:
    """MLlib's model of all customers, by Lloyd's iterations from given centres.

    Parameters
    ----------
    customers
        With `vector`.
    centres
        Shape (k, d).
    settings
        Iterations, tolerance and seed.
    advance
        Told how many iterations are done, of how many at most.
    """
    model = seated(customers, centres, settings.seed)
    for done in range(1, settings.max_iterations + 1):
        moved = _means(customers, model)
        shift = np.linalg.norm(moved - np.stack(model.clusterCenters()), axis=1).max()
        advance(done, settings.max_iterations)
        if shift <= settings.tolerance:
            break
        model = seated(customers, moved, settings.seed)
    return model


def seated(customers: DataFrame, centres: Array, seed: int) -> KMeansModel:
    """MLlib's model with exactly these centres: its fit to the centres themselves, each a cluster of one."""
    values = customers.sparkSession.createDataFrame(arrow.table({VECTOR: list(centres)}))
    frame = values.select(array_to_vector(F.col(VECTOR)).alias(VECTOR)).coalesce(1)
    kmeans = KMeans(k=len(centres), initMode="random", maxIter=1, seed=seed, solver="row", featuresCol=VECTOR, predictionCol=CLUSTER)
    return kmeans.fit(frame)


def _means(customers: DataFrame, model: KMeansModel) -> Array:
    """Mean of each cluster's customers; an empty cluster keeps its centre."""
    rows = model.transform(customers).groupBy(CLUSTER).agg(Summarizer.mean(F.col(VECTOR)).alias("mean")).collect()
    means = np.stack(model.clusterCenters())
    for row in rows:
        means[row[CLUSTER]] = row["mean"].toArray()
    return means
