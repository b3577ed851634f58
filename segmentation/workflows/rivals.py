"""What `compare` hands from stage to stage: the sample with every algorithm's clusters, and the tables made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as arrow
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering import algorithms as known
from segmentation.clustering.contest import Entry, numbered_like
from segmentation.clustering.measures import Array, Labels
from segmentation.clustering.mllib import with_nearest
from segmentation.schemas import COMPARISON_ALGORITHMS, CUSTOMER_ID, INT, SEGMENT_ID, STRING, VECTOR
from segmentation.settings import ClusteringSettings

_TWIN = "MLlib’s, of all customers; its stability is that of scikit-learn’s on draws of the sample"
_NOTES = {
    known.KMEANS: "The published segments",
    known.BISECTING_KMEANS: _TWIN,
    known.GAUSSIAN_MIXTURE: _TWIN,
    known.WARD: "Fitted on the sample; each customer is given to the nearest of its centroids",
    known.SELF_ORGANISING_MAP: "8 by 8 units fitted on the sample and joined by Ward’s method; each customer is given to the nearest unit",
    known.HDBSCAN: "Clusters of the sample only: a cluster of any shape has no prototype to be near to",
}
ABSENT = "MiniSom is not installed; pip install 'segmentation[compare]' brings it"


@dataclass(frozen=True)
class Rivals:
    """Every algorithm's clusters of the sampled customers.

    Parameters
    ----------
    segments
        Number of clusters asked for.
    ids
        The sampled customers, sorted.
    points
        Their vectors, shape (n, d).
    labels
        By algorithm, 0 upwards and -1 for noise.
    prototypes
        Of the algorithms whose clusters are carried to all customers: places, and the cluster of each.
    own_agreement
        Adjusted Rand index of such an algorithm's own clusters of the sample with those of their prototypes.
    """

    segments: int
    ids: Sequence[str]
    points: Array
    labels: Mapping[str, Labels]
    prototypes: Mapping[str, tuple[Array, Labels]]
    own_agreement: Mapping[str, float]


def rivals_of(customers: DataFrame, segments: int, settings: ClusteringSettings) -> Rivals:
    """Collect the sample, and cluster it by the algorithms that look at a sample only.

    Parameters
    ----------
    customers
        The sample: id, vector, segment, and MLlib's clusters.
    segments
        Number of clusters asked for.
    settings
        Seed and smallest share.
    """
    columns = (CUSTOMER_ID, SEGMENT_ID, known.BISECTING_KMEANS, known.GAUSSIAN_MIXTURE)
    rows = customers.select(*columns, vector_to_array(F.col(VECTOR)).alias(VECTOR)).toPandas().sort_values(CUSTOMER_ID)
    points = np.array(rows[VECTOR].to_list(), dtype=np.float64)
    given = {name: rows[name].to_numpy(dtype=np.int64) for name in columns[2:]}
    own = known.ward(points, segments)
    prototypes = {known.WARD: (known.centroids(points, own), np.arange(segments))}
    if known.has_maps():
        prototypes[known.SELF_ORGANISING_MAP] = known.self_organising_map(points, segments, settings.seed)
    labels = {
        known.KMEANS: rows[SEGMENT_ID].to_numpy(dtype=np.int64) - 1,
        **given,
        **{name: known.on_units(points, *found) for name, found in prototypes.items()},
        known.HDBSCAN: known.hdbscan(points, settings.smallest_share),
    }
    agreement = {known.WARD: float(adjusted_rand_score(own, labels[known.WARD]))}
    return Rivals(segments, rows[CUSTOMER_ID].to_list(), points, labels, prototypes, agreement)


def numbers_of(rivals: Rivals) -> dict[str, dict[int, int]]:
    """By algorithm: the number each cluster bears, after the segment it shares most customers with."""
    published = rivals.labels[known.KMEANS] + 1
    return {
        name: {place: place + 1 for place in range(int(labels.max()) + 1)}
        if name == known.KMEANS
        else _all_numbered(numbered_like(labels, published), rivals.segments)
        for name, labels in rivals.labels.items()
    }


def _all_numbered(numbers: dict[int, int], segments: int) -> dict[int, int]:
    """Clusters that hold none of the sample come last."""
    unseen = [cluster for cluster in range(segments) if cluster not in numbers]
    return numbers | {cluster: max(numbers.values(), default=0) + place for place, cluster in enumerate(unseen, start=1)}


def shown(labels: Labels, numbers: Mapping[int, int]) -> Labels:
    """Numbers of clusters, 0 for noise."""
    return np.array([numbers[label] if label >= 0 else 0 for label in labels.tolist()], dtype=np.int64)


def cluster_table(customers: DataFrame, rivals: Rivals, numbers: Mapping[str, Mapping[int, int]], seed: int) -> DataFrame:
    """A row a customer, a column an algorithm: the number of its cluster, 0 for noise, null where the algorithm did not look."""
    carried = with_nearest(customers, rivals.prototypes, seed)
    columns = {name: _number(name, numbers[name]) for name in (known.BISECTING_KMEANS, known.GAUSSIAN_MIXTURE, *rivals.prototypes)}
    sample = arrow.table({CUSTOMER_ID: rivals.ids, known.HDBSCAN: shown(rivals.labels[known.HDBSCAN], numbers[known.HDBSCAN])})
    of_sample = customers.sparkSession.createDataFrame(sample)
    absent = [F.lit(None).cast(INT).alias(name) for name in known.ALGORITHMS if name not in rivals.labels]
    found = carried.select(CUSTOMER_ID, F.col(SEGMENT_ID).alias(known.KMEANS), *(column.alias(name) for name, column in columns.items()))
    joined = found.join(of_sample, CUSTOMER_ID, "left").select("*", *absent)
    return joined.select(F.col(CUSTOMER_ID).cast(STRING), *(F.col(name).cast(INT).alias(name) for name in known.ALGORITHMS))


def _number(name: str, numbers: Mapping[int, int]) -> Column:
    return F.element_at(F.array(*(F.lit(numbers[cluster]) for cluster in range(len(numbers)))), F.col(name) + 1)


def algorithm_rows(found: Sequence[Entry], rivals: Rivals, customers: int, preferred: str) -> list[dict[str, Any]]:
    """Rows of `algorithms`, those that could not run among them; a measure that is not defined is null."""
    by_name = {entry.algorithm: entry for entry in found}
    return [_row(by_name[name], rivals, customers, preferred) if name in by_name else _absent(name) for name in known.ALGORITHMS]


def _absent(name: str) -> dict[str, Any]:
    return dict.fromkeys(COMPARISON_ALGORITHMS.names) | {"algorithm": name, "preferred": False, "note": ABSENT}


def _row(entry: Entry, rivals: Rivals, customers: int, preferred: str) -> dict[str, Any]:
    name, measures = entry.algorithm, entry.measures
    numbers = {
        "silhouette": entry.silhouette,
        "silhouette_error": entry.silhouette_error,
        "density_validity": entry.density_validity,
        "stability": entry.stability,
        "wcss": measures.wcss if measures else None,
        "calinski_harabasz": measures.calinski_harabasz if measures else None,
        "davies_bouldin": measures.davies_bouldin if measures else None,
        "smallest_share": entry.smallest_share,
        "noise_share": entry.noise_share,
        "kmeans_alike": entry.kmeans_alike,
        "prototype_agreement": rivals.own_agreement.get(name),
    }
    on_sample = name in (*rivals.prototypes, known.HDBSCAN)
    return {
        "algorithm": name,
        "fitted_on": "sample" if on_sample else "all customers",
        "customers": len(rivals.ids) if name == known.HDBSCAN else customers,
        "clusters": entry.clusters,
        **{measure: value if value is not None and isfinite(value) else None for measure, value in numbers.items()},
        "preferred": name == preferred,
        "note": _NOTES[name],
    }
