"""Segment numbers that do not depend on the order clusters came out in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from pyspark.ml.clustering import KMeansModel
from pyspark.ml.feature import SQLTransformer
from pyspark.ml.stat import Summarizer
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation.clustering.measures import Array
from segmentation.schemas import CLUSTER, FREQUENCY_ORDERS, MONETARY_NET, SEGMENT_ID, VECTOR


@dataclass(frozen=True)
class Segments:
    """The segments of one model, in the order of their ids.

    Parameters
    ----------
    ids
        Rising. Those of a first run are 1 to k; later ones carry on the ids that segments have had.
    clusters
        The model's cluster of each.
    centres
        Shape (k, d): the model's centres.
    means
        Shape (k, d): the mean vector of each segment's customers.
    variances
        Mean squared distance of a segment's customers to its mean.
    sizes
        Customers in each.
    """

    ids: tuple[int, ...]
    clusters: tuple[int, ...]
    centres: Array
    means: Array
    variances: tuple[float, ...]
    sizes: tuple[int, ...]

    def renumbered(self, ids: Sequence[int]) -> Self:
        """The same segments under other ids, in the order of these."""
        order = sorted(range(len(ids)), key=lambda place: ids[place])
        return replace(
            self,
            ids=tuple(ids[place] for place in order),
            clusters=tuple(self.clusters[place] for place in order),
            centres=self.centres[order],
            means=self.means[order],
            variances=tuple(self.variances[place] for place in order),
            sizes=tuple(self.sizes[place] for place in order),
        )


def identified(clustered: DataFrame, model: KMeansModel) -> Segments:
    """Segments with ids from 1 in order of mean net spend, the highest first; then of orders, then of their centres.

    Where customers have no purchases, in order of size, the largest first.

    Parameters
    ----------
    clustered
        Customers with `cluster`, `vector` and their features.
    model
        Whose clusters they are.
    """
    worth = [name for name in (MONETARY_NET, FREQUENCY_ORDERS) if name in clustered.columns]
    rows = clustered.groupBy(CLUSTER).agg(
        F.count(F.lit(1)).alias("customers"),
        *(F.sum(name).alias(name) for name in worth),
        Summarizer.mean(F.col(VECTOR)).alias("mean"),
        Summarizer.variance(F.col(VECTOR)).alias("variance"),
    )
    centres = model.clusterCenters()

    def place(row: Row) -> tuple[Any, ...]:
        first = [-row[name] / row.customers for name in worth] or [-row.customers]
        return (*first, tuple(centres[row[CLUSTER]]))

    found = sorted(rows.collect(), key=place)
    return Segments(
        ids=tuple(range(1, len(found) + 1)),
        clusters=tuple(row[CLUSTER] for row in found),
        centres=np.stack([centres[row[CLUSTER]] for row in found]),
        means=np.stack([row["mean"].toArray() for row in found]),
        variances=tuple(float(row["variance"].toArray().sum()) * (row.customers - 1) / row.customers for row in found),
        sizes=tuple(row.customers for row in found),
    )


def naming_stage(segments: Segments) -> SQLTransformer:
    """The last stage of the saved pipeline: `segment_id` from the model's `cluster`."""
    cases = " ".join(f"WHEN {cluster} THEN {number}" for cluster, number in zip(segments.clusters, segments.ids, strict=True))
    return SQLTransformer(statement=f"SELECT *, CASE {CLUSTER} {cases} END AS {SEGMENT_ID} FROM __THIS__")
