"""MLlib's clusterings equal direct calls, and prototypes extend clusters to every customer."""

import numpy as np
import pyarrow as arrow
import pytest
from pyspark.ml.clustering import BisectingKMeans, GaussianMixture
from pyspark.ml.functions import array_to_vector
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.metrics import nearest_center
from segmentation.comparison.mllib import with_mllib_clusters, with_nearest_prototype
from segmentation.settings import ClusteringSettings

POINTS, TRUTH = make_blobs(300, n_features=3, centers=[(0, 0, 0), (0, 20, 0), (20, 0, 0)], random_state=1)
SETTINGS = ClusteringSettings(max_iter=10, seed=7)


@pytest.fixture
def customers(spark):
    ids = [f"c{number:03d}" for number in range(len(POINTS))]
    frame = spark.createDataFrame(arrow.table({"customer_id": ids, "values": list(POINTS)})).coalesce(1)
    return frame.select("customer_id", array_to_vector("values").alias("vector")).persist()


def _column(frame, name):
    return frame.select("customer_id", name).toPandas().sort_values("customer_id")[name].to_numpy()


def test_clusters_equal_those_of_mllib_called_directly_and_the_planted_ones(customers):
    clustered = with_mllib_clusters(customers, 3, SETTINGS)
    assert clustered.columns == ["customer_id", "vector", "bisecting_kmeans", "gaussian_mixture"]
    bisected = BisectingKMeans(k=3, maxIter=10, seed=7, featuresCol="vector").fit(customers).transform(customers)
    assert _column(clustered, "bisecting_kmeans").tolist() == _column(bisected, "prediction").tolist()
    mixtures = [GaussianMixture(k=3, maxIter=10, seed=seed, featuresCol="vector").fit(customers) for seed in (7, 8, 9)]
    best = max(mixtures, key=lambda mixture: mixture.summary.logLikelihood)
    assert _column(clustered, "gaussian_mixture").tolist() == _column(best.transform(customers), "prediction").tolist()
    assert adjusted_rand_score(TRUTH, _column(clustered, "bisecting_kmeans")) == 1.0


def test_every_customer_gets_the_cluster_of_the_nearest_prototype(customers):
    points, clusters = POINTS[[0, 1, 2, 3, 4]], np.array([2, 0, 1, 1, 0])
    clustered = with_nearest_prototype(customers, {"ward": (points, clusters)}, 7)
    assert clustered.columns == ["customer_id", "vector", "ward"]
    assert _column(clustered, "ward").tolist() == clusters[nearest_center(POINTS, points)].tolist()
