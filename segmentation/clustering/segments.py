"""The segments of a model, with ids that do not depend on the order of its clusters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from pyspark.ml.clustering import KMeansModel
from pyspark.ml.feature import SQLTransformer
from pyspark.ml.stat import Summarizer
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation.clustering.metrics import Array
from segmentation.schemas import CLUSTER, FREQUENCY_ORDERS, MONETARY_NET, SEGMENT_ID, VECTOR


@dataclass(frozen=True)
class Segments:
    """The segments of one model, in the order of their ids."""

    ids: tuple[int, ...]  # rising: 1 to k in a first run, inherited ones in later runs
    clusters: tuple[int, ...]  # the model's cluster of each
    centers: Array  # of the model, shape (k, d)
    means: Array  # mean vector of each segment's customers, shape (k, d)
    variances: tuple[float, ...]  # mean squared distance of a segment's customers to its mean
    sizes: tuple[int, ...]  # customers in each

    def renumbered(self, ids: Sequence[int]) -> Self:
        """The same segments under other ids, in the order of these."""
        order = sorted(range(len(ids)), key=lambda index: ids[index])
        return replace(
            self,
            ids=tuple(ids[index] for index in order),
            clusters=tuple(self.clusters[index] for index in order),
            centers=self.centers[order],
            means=self.means[order],
            variances=tuple(self.variances[index] for index in order),
            sizes=tuple(self.sizes[index] for index in order),
        )


def order_segments(clustered: DataFrame, model: KMeansModel) -> Segments:
    """Segments with ids from 1, ordered by mean net spend, the highest first; then by mean orders, then by centers.

    Without purchases they are ordered by size, the largest first.
    """
    values = [name for name in (MONETARY_NET, FREQUENCY_ORDERS) if name in clustered.columns]
    centers = model.clusterCenters()

    def sort_key(row: Row) -> tuple[Any, ...]:
        first = [-row[name] / row.customers for name in values] or [-row.customers]
        return (*first, tuple(centers[row[CLUSTER]]))

    rows = sorted(_vector_statistics(clustered, CLUSTER, values), key=sort_key)
    clusters = tuple(row[CLUSTER] for row in rows)
    return _segments(rows, tuple(range(1, len(rows) + 1)), clusters, np.stack([centers[cluster] for cluster in clusters]))


def occupied_segments(customers: DataFrame, segments: Segments) -> Segments:
    """The segments that have customers now, with the means, variances and sizes of these."""
    rows = {row[SEGMENT_ID]: row for row in _vector_statistics(customers, SEGMENT_ID)}
    occupied = [index for index, segment in enumerate(segments.ids) if segment in rows]
    ids, clusters = (tuple(numbers[index] for index in occupied) for numbers in (segments.ids, segments.clusters))
    return _segments([rows[segment] for segment in ids], ids, clusters, segments.centers[occupied])


def _vector_statistics(customers: DataFrame, by: str, summed: Sequence[str] = ()) -> list[Row]:
    return (
        customers.groupBy(by)
        .agg(
            F.count(F.lit(1)).alias("customers"),
            *(F.sum(name).alias(name) for name in summed),
            Summarizer.mean(F.col(VECTOR)).alias("mean"),
            Summarizer.variance(F.col(VECTOR)).alias("variance"),
        )
        .collect()
    )


def _segments(rows: Sequence[Row], ids: tuple[int, ...], clusters: tuple[int, ...], centers: Array) -> Segments:
    return Segments(
        ids=ids,
        clusters=clusters,
        centers=centers,
        means=np.stack([row["mean"].toArray() for row in rows]),
        variances=tuple(float(row["variance"].toArray().sum()) * (row.customers - 1) / row.customers for row in rows),
        sizes=tuple(row.customers for row in rows),
    )


def segment_id_stage(segments: Segments) -> SQLTransformer:
    """The last stage of the saved pipeline: `segment_id` from the model's `cluster`."""
    cases = " ".join(f"WHEN {cluster} THEN {number}" for cluster, number in zip(segments.clusters, segments.ids, strict=True))
    return SQLTransformer(statement=f"SELECT *, CASE {CLUSTER} {cases} END AS {SEGMENT_ID} FROM __THIS__")
