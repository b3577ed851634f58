"""From centers found on the sample to MLlib's k-means model of all customers.

MLlib's KMeans has no `n_init` and takes no initial centers, so it ends in whatever local optimum its seed leads to. Lloyd's
iterations from the sweep's centers need a few passes over all customers, and stay in the optimum that many starts found.
"""

import numpy as np
import pyarrow as arrow
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.functions import array_to_vector
from pyspark.ml.stat import Summarizer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.clustering.assignment import assign_segments
from segmentation.clustering.k_sweep import KMeansFit, ProgressCallback, kmeans_factory
from segmentation.clustering.metrics import Array, metrics_of_centers
from segmentation.clustering.segments import order_segments
from segmentation.errors import InputError
from segmentation.schemas import CLUSTER, CUSTOMER_ID, VECTOR
from segmentation.settings import ClusteringSettings


def require_two_customers(customers: int) -> int:
    """The number of customers. Raises InputError where it is less than two."""
    if customers == 0:
        raise InputError(
            "no customers left: no accepted line is part of a purchase, or every row of the customer table is empty. "
            "See rules, input.columns, attributes.columns and features.as_of"
        )
    if customers == 1:
        raise InputError("only one customer is left, and one cannot be grouped: bring more data, or loosen rules")
    return customers


def repartition_deterministically(customers: DataFrame, count: int, settings: ClusteringSettings) -> DataFrame:
    """Partition and sort customers by their ids alone, so that fits repeat to the last bit."""
    partitions = max(1, -(-count // settings.customers_per_partition))
    return customers.repartition(partitions, CUSTOMER_ID).sortWithinPartitions(CUSTOMER_ID)


def initial_centers(points: Array, fresh: KMeansFit, previous: Array | None, settings: ClusteringSettings) -> Array:
    """Centers that the fit of all customers starts from: the predecessor's, unless the fresh fit is clearly better.

    `previous` are the mean vectors of the predecessor's segments, shape (m, d), NaN where one is unknown; None without a predecessor.
    `warm_start_tol` says what is clearly better.
    """
    tolerance = settings.warm_start_tol
    if tolerance is None or previous is None or len(previous) != fresh.k or np.isnan(previous).any():
        return fresh.centers
    warm = kmeans_factory(points, settings, n_init=1)(fresh.k, settings.seed).set_params(init=previous).fit(points).cluster_centers_
    is_clearly_better = fresh.metrics.wcss < (1 - tolerance) * metrics_of_centers(points, warm).wcss
    return fresh.centers if is_clearly_better else warm


def fit_from_centers(vectors: DataFrame, centers: Array, settings: ClusteringSettings) -> DataFrame:
    """Fit all customers from initial centers, shape (k, d), and assign them to the ordered segments."""
    model = lloyd_iterations(vectors, centers, settings, lambda done, of: None)
    return assign_segments(vectors, model, order_segments(model.transform(vectors), model))[0]


def lloyd_iterations(customers: DataFrame, centers: Array, settings: ClusteringSettings, on_progress: ProgressCallback) -> KMeansModel:
    """MLlib's model of all customers, by Lloyd's iterations from initial centers.

    `on_progress` is called with the number of iterations done, and `max_iter`. No center moves farther than `tol` (Euclidean) at the
    end.
    """
    model = kmeans_model_from_centers(customers, centers, settings.seed)
    for done in range(1, settings.max_iter + 1):
        means = _cluster_means(customers, model)
        shift = np.linalg.norm(means - np.stack(model.clusterCenters()), axis=1).max()
        on_progress(done, settings.max_iter)
        if shift <= settings.tol:
            break
        model = kmeans_model_from_centers(customers, means, settings.seed)
    return model


def kmeans_model_from_centers(customers: DataFrame, centers: Array, seed: int) -> KMeansModel:
    """MLlib's model with exactly these centers: its fit to the centers themselves, each a cluster of one."""
    values = customers.sparkSession.createDataFrame(arrow.table({VECTOR: list(centers)}))
    frame = values.select(array_to_vector(F.col(VECTOR)).alias(VECTOR)).coalesce(1)
    kmeans = KMeans(k=len(centers), initMode="random", maxIter=1, seed=seed, solver="row", featuresCol=VECTOR, predictionCol=CLUSTER)
    return kmeans.fit(frame)


def _cluster_means(customers: DataFrame, model: KMeansModel) -> Array:
    """Mean vector of each cluster; an empty cluster retains its center."""
    rows = model.transform(customers).groupBy(CLUSTER).agg(Summarizer.mean(F.col(VECTOR)).alias("mean")).collect()
    means = np.stack(model.clusterCenters())
    for row in rows:
        means[row[CLUSTER]] = row["mean"].toArray()
    return means
