"""How well a model still fits: customers far from any of its centres, and how far apart segments are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.monitor.feed import Array
from segmentation.schemas import TENURE_DAYS, VECTOR, sql_number

FAR_LEVEL = 0.99
"""Farther than this share of customers were from the same centre is far: one in a hundred is expected."""
_VALUES, _SQUARED = "vector_values", "squared_distances"
NEAREST, DISTANCE = "nearest", "nearest_distance"


@dataclass(frozen=True)
class Far:
    """Customers farther from their nearest centre than 99 % of customers were when the model was fitted.

    Parameters
    ----------
    customers, far
        All, and the far ones of them.
    newcomers, far_newcomers
        The same of those whose first purchase is recent; 0 where first purchases are not known.
    """

    customers: int
    far: int
    newcomers: int = 0
    far_newcomers: int = 0

    @property
    def share(self) -> float:
        """Of all customers."""
        return self.far / self.customers if self.customers else 0.0

    @property
    def newcomer_share(self) -> float:
        """Of the newcomers."""
        return self.far_newcomers / self.newcomers if self.newcomers else 0.0


def with_nearest(customers: DataFrame, centres: Sequence[Array]) -> DataFrame:
    """Customers with the place of their nearest centre, from 0, and the Euclidean distance to it.

    Parameters
    ----------
    customers
        With `vector`, in the units the model compares in.
    centres
        Of the model.
    """
    squared = F.array(*map(_squared_distance, centres))
    measured = customers.withColumn(_VALUES, vector_to_array(F.col(VECTOR))).withColumn(_SQUARED, squared)
    least = F.array_min(_SQUARED)
    return measured.withColumns({NEAREST: F.array_position(_SQUARED, least) - 1, DISTANCE: F.sqrt(least)}).drop(_VALUES, _SQUARED)


def limits(customers: DataFrame) -> dict[int, float]:
    """By centre, the distance that 99 % of its customers are within, of `with_nearest`."""
    rows = customers.groupBy(NEAREST).agg(F.percentile_approx(DISTANCE, FAR_LEVEL, 10_000).alias("limit")).collect()
    return {row[NEAREST]: row["limit"] for row in rows}


def far_from_any(customers: DataFrame, limit: Mapping[int, float], newcomer_days: int) -> Far:
    """How many customers are far from every centre.

    Parameters
    ----------
    customers
        Of `with_nearest`, with `tenure_days` where purchases are known.
    limit
        Distances by centre, of `limits`, taken when the model was fitted; a centre that had no customers has none.
    newcomer_days
        Customers whose first purchase is not older are newcomers.
    """
    beyond = F.array(*(F.lit(float(limit.get(place, 0.0))) for place in range(max(limit, default=-1) + 1)))
    is_far = F.col(DISTANCE) > F.coalesce(F.get(beyond, F.col(NEAREST).cast("int")), F.lit(0.0))
    is_new = F.col(TENURE_DAYS) <= newcomer_days if TENURE_DAYS in customers.columns else F.lit(False)
    row = customers.agg(
        F.count(F.lit(1)).alias("customers"),
        F.count_if(is_far).alias("far"),
        F.count_if(is_new).alias("newcomers"),
        F.count_if(is_far & is_new).alias("far_newcomers"),
    ).collect()[0]
    return Far(**row.asDict())


def mean_silhouette(summary: Sequence[Mapping[str, Any]]) -> float | None:
    """Mean over all customers, of segment_summary's rows; None where a segment's is not known."""
    if not summary or any(row["silhouette"] is None for row in summary):
        return None
    return float(sum(row["silhouette"] * row["customers"] for row in summary) / sum(row["customers"] for row in summary))


def least_stability(summary: Sequence[Mapping[str, Any]]) -> float | None:
    """Of the least stable segment, of segment_summary's rows; None where none is known."""
    return min((row["stability"] for row in summary if row["stability"] is not None), default=None)


def _squared_distance(centre: Array) -> Column:
    """Spelt out value by value: the generated code is a plain sum, with no loop over arrays."""
    terms = [f"POWER({_VALUES}[{place}] - {sql_number(value)}, 2)" for place, value in enumerate(centre)]
    return F.expr(reduce("{} + {}".format, terms))
