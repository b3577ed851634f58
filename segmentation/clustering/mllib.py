"""MLlib's other clusterings of all customers, and clusters found on a sample carried to all by their nearest prototype."""

from collections.abc import Mapping

import numpy as np
from pyspark.ml.clustering import BisectingKMeans, BisectingKMeansModel, GaussianMixture, GaussianMixtureModel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.clustering.algorithms import BISECTING_KMEANS, GAUSSIAN_MIXTURE
from segmentation.clustering.measures import Array, Labels, nearest
from segmentation.clustering.refinement import seated
from segmentation.schemas import CLUSTER, VECTOR
from segmentation.settings import ClusteringSettings

MIXTURE_STARTS = 3
_PROBABILITY = "cluster_probability"


def with_mllib_clusters(customers: DataFrame, segments: int, settings: ClusteringSettings) -> DataFrame:
    """Customers with their cluster, 0 upwards, by bisecting k-means and by a mixture of Gaussians.

    Parameters
    ----------
    customers
        With `vector`, held in memory, and at least as many different ones as segments.
    segments
        Number of clusters; bisecting k-means may find fewer.
    settings
        Seed and iterations.
    """
    halved = _bisected(customers, segments, settings).transform(customers)
    return _mixed(customers, segments, settings).transform(halved).drop(_PROBABILITY)


def _bisected(customers: DataFrame, segments: int, settings: ClusteringSettings) -> BisectingKMeansModel:
    halving = BisectingKMeans(
        k=segments, maxIter=settings.max_iterations, seed=settings.seed, featuresCol=VECTOR, predictionCol=BISECTING_KMEANS
    )
    return halving.fit(customers)


def _mixed(customers: DataFrame, segments: int, settings: ClusteringSettings) -> GaussianMixtureModel:
    """Of several starts the one of highest likelihood: MLlib draws its first means at random."""
    mixture = GaussianMixture(
        k=segments, maxIter=settings.max_iterations, featuresCol=VECTOR, predictionCol=GAUSSIAN_MIXTURE, probabilityCol=_PROBABILITY
    )
    models = (mixture.setSeed(settings.seed + start).fit(customers) for start in range(MIXTURE_STARTS))
    fits = [(model.summary.logLikelihood, model) for model in models]
    return max(fits, key=lambda fit: fit[0])[1]


def with_nearest(customers: DataFrame, prototypes: Mapping[str, tuple[Array, Labels]], seed: int) -> DataFrame:
    """Customers with the cluster of their nearest prototype, a column for each algorithm.

    Parameters
    ----------
    customers
        With `vector`.
    prototypes
        By algorithm: places of shape (p, d), no two alike, and the cluster of each.
    seed
        Settles nothing: MLlib asks for one.
    """
    for name, (places, clusters) in prototypes.items():
        model = seated(customers, places, seed)
        # MLlib puts the places in an order of its own.
        order = nearest(np.stack(model.clusterCenters()), places)
        customers = model.transform(customers).withColumn(name, _cluster_of(clusters[order])).drop(CLUSTER)
    return customers


def _cluster_of(clusters: Labels) -> Column:
    return F.element_at(F.array(*(F.lit(int(cluster)) for cluster in clusters)), F.col(CLUSTER) + 1)
