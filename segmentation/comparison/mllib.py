"""MLlib's other clusterings of all customers, and the extension of clusters of a sample to all customers by nearest prototype."""

from collections.abc import Mapping

import numpy as np
from pyspark.ml.clustering import BisectingKMeans, BisectingKMeansModel, GaussianMixture, GaussianMixtureModel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.clustering.full_fit import kmeans_model_from_centers
from segmentation.clustering.metrics import Array, Labels, nearest_center
from segmentation.comparison.algorithms import BISECTING_KMEANS, GAUSSIAN_MIXTURE
from segmentation.schemas import CLUSTER, VECTOR
from segmentation.settings import ClusteringSettings

MIXTURE_N_INIT = 3
_PROBABILITY = "cluster_probability"


def with_mllib_clusters(customers: DataFrame, k: int, settings: ClusteringSettings) -> DataFrame:
    """Customers with their cluster, 0 upwards, by bisecting k-means and by a Gaussian mixture.

    `customers` has `vector`, is cached, and has at least k distinct customers. Bisecting k-means may find fewer clusters than k.
    """
    bisected = _bisecting_model(customers, k, settings).transform(customers)
    return _mixture_model(customers, k, settings).transform(bisected).drop(_PROBABILITY)


def _bisecting_model(customers: DataFrame, k: int, settings: ClusteringSettings) -> BisectingKMeansModel:
    estimator = BisectingKMeans(k=k, maxIter=settings.max_iter, seed=settings.seed, featuresCol=VECTOR, predictionCol=BISECTING_KMEANS)
    return estimator.fit(customers)


def _mixture_model(customers: DataFrame, k: int, settings: ClusteringSettings) -> GaussianMixtureModel:
    """The model of highest likelihood of several starts: MLlib draws its first means at random."""
    estimator = GaussianMixture(
        k=k, maxIter=settings.max_iter, featuresCol=VECTOR, predictionCol=GAUSSIAN_MIXTURE, probabilityCol=_PROBABILITY
    )
    models = (estimator.setSeed(settings.seed + start).fit(customers) for start in range(MIXTURE_N_INIT))
    fits = [(model.summary.logLikelihood, model) for model in models]
    return max(fits, key=lambda fit: fit[0])[1]


def with_nearest_prototype(customers: DataFrame, prototypes: Mapping[str, tuple[Array, Labels]], seed: int) -> DataFrame:
    """Customers with the cluster of their nearest prototype, a column for each algorithm.

    `prototypes` are distinct points of shape (p, d) and the cluster of each, by algorithm. MLlib requires a seed, which has no
    influence.
    """
    for name, (points, clusters) in prototypes.items():
        model = kmeans_model_from_centers(customers, points, seed)
        # MLlib puts the centers in an order of its own.
        order = nearest_center(np.stack(model.clusterCenters()), points)
        customers = model.transform(customers).withColumn(name, _cluster_of(clusters[order])).drop(CLUSTER)
    return customers


def _cluster_of(clusters: Labels) -> Column:
    return F.element_at(F.array(*(F.lit(int(cluster)) for cluster in clusters)), F.col(CLUSTER) + 1)
