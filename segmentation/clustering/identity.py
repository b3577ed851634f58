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
    centres = model.clusterCenters()

    def place(row: Row) -> tuple[Any, ...]:
        first = [-row[name] / row.customers for name in worth] or [-row.customers]
        return (*first, tuple(centres[row[CLUSTER]]))

    found = sorted(_measured(clustered, CLUSTER, worth), key=place)
    clusters = tuple(row[CLUSTER] for row in found)
    return _segments(found, tuple(range(1, len(found) + 1)), clusters, np.stack([centres[cluster] for cluster in clusters]))


def inhabited(customers: DataFrame, known: Segments) -> Segments:
    """Segments as customers live in them now: those that have any, with the means, variances and sizes of today.

    Parameters
    ----------
    customers
        With `segment_id` and `vector`.
    known
        Ids, clusters and centres of the model.
    """
    rows = {row[SEGMENT_ID]: row for row in _measured(customers, SEGMENT_ID)}
    places = [place for place, segment in enumerate(known.ids) if segment in rows]
    ids, clusters = (tuple(numbers[place] for place in places) for numbers in (known.ids, known.clusters))
    return _segments([rows[segment] for segment in ids], ids, clusters, known.centres[places])


def _measured(customers: DataFrame, by: str, also: Sequence[str] = ()) -> list[Row]:
    return (
        customers.groupBy(by)
        .agg(
            F.count(F.lit(1)).alias("customers"),
            *(F.sum(name).alias(name) for name in also),
            Summarizer.mean(F.col(VECTOR)).alias("mean"),
            Summarizer.variance(F.col(VECTOR)).alias("variance"),
        )
        .collect()
    )


def _segments(rows: Sequence[Row], ids: tuple[int, ...], clusters: tuple[int, ...], centres: Array) -> Segments:
    return Segments(
        ids=ids,
        clusters=clusters,
        centres=centres,
        means=np.stack([row["mean"].toArray() for row in rows]),
        variances=tuple(float(row["variance"].toArray().sum()) * (row.customers - 1) / row.customers for row in rows),
        sizes=tuple(row.customers for row in rows),
    )


def naming_stage(segments: Segments) -> SQLTransformer:
    """The last stage of the saved pipeline: `segment_id` from the model's `cluster`."""
    cases = " ".join(f"WHEN {cluster} THEN {number}" for cluster, number in zip(segments.clusters, segments.ids, strict=True))
    return SQLTransformer(statement=f"SELECT *, CASE {CLUSTER} {cases} END AS {SEGMENT_ID} FROM __THIS__")
