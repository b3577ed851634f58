"""How well a model still fits: customers who are far from all of its centers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.analyses.monitoring.daily_feed import Array
from segmentation.schemas import TENURE_DAYS, VECTOR, sql_number

FAR_QUANTILE = 0.99
"""A customer is far beyond this quantile of the distances from the same center at the fit: one in a hundred is expected."""
NEAREST, DISTANCE = "nearest", "nearest_distance"
_VALUES, _SQUARED = "vector_values", "squared_distances"


@dataclass(frozen=True)
class FarCustomers:
    """Customers farther from their nearest center than 99 % of customers were when the model was fitted."""

    customers: int
    far: int
    newcomers: int = 0  # customers whose first purchase is recent; 0 where first purchases are not known
    far_newcomers: int = 0

    @property
    def share(self) -> float:
        """Of all customers."""
        return self.far / self.customers if self.customers else 0.0

    @property
    def newcomer_share(self) -> float:
        """Of the newcomers."""
        return self.far_newcomers / self.newcomers if self.newcomers else 0.0


def with_nearest_center(customers: DataFrame, centers: Sequence[Array]) -> DataFrame:
    """Customers with the index of their nearest center, from 0, and their Euclidean distance from it."""
    squared = F.array(*map(_squared_distance, centers))
    measured = customers.withColumn(_VALUES, vector_to_array(F.col(VECTOR))).withColumn(_SQUARED, squared)
    smallest = F.array_min(_SQUARED)
    nearest = {NEAREST: F.array_position(_SQUARED, smallest) - 1, DISTANCE: F.sqrt(smallest)}
    return measured.withColumns(nearest).drop(_VALUES, _SQUARED)


def distance_limits(customers: DataFrame) -> dict[int, float]:
    """By center, the 0.99 quantile of its customers' distances, from `with_nearest_center`."""
    rows = customers.groupBy(NEAREST).agg(F.percentile_approx(DISTANCE, FAR_QUANTILE, 10_000).alias("limit")).collect()
    return {row[NEAREST]: row["limit"] for row in rows}


def count_far_customers(customers: DataFrame, limits: Mapping[int, float], newcomer_days: int) -> FarCustomers:
    """How many customers are far from every center.

    `limits` are the `distance_limits` at the fit; a center that had no customers has none. Customers whose first purchase is at most
    `newcomer_days` ago are newcomers.
    """
    by_center = F.array(*(F.lit(float(limits.get(center, 0.0))) for center in range(max(limits, default=-1) + 1)))
    is_far = F.col(DISTANCE) > F.coalesce(F.get(by_center, F.col(NEAREST).cast("int")), F.lit(0.0))
    is_new = F.col(TENURE_DAYS) <= newcomer_days if TENURE_DAYS in customers.columns else F.lit(False)
    row = customers.agg(
        F.count(F.lit(1)).alias("customers"),
        F.count_if(is_far).alias("far"),
        F.count_if(is_new).alias("newcomers"),
        F.count_if(is_far & is_new).alias("far_newcomers"),
    ).collect()[0]
    return FarCustomers(**row.asDict())


def _squared_distance(center: Array) -> Column:
    """Term by term: the generated code is a plain sum, without a loop over arrays."""
    terms = [f"POWER({_VALUES}[{index}] - {sql_number(value)}, 2)" for index, value in enumerate(center)]
    return F.expr(reduce("{} + {}".format, terms))
