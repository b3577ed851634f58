"""What customers did after a day, summed by group. Sums are of whole numbers, and so exact in any order."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.profiling.rfm_scores import ACCURACY, n_above
from segmentation.schemas import CUSTOMER_ID, GROSS_E4, RETURNED_E4

REPURCHASE, ORDERS, SPEND = "repurchase", "orders", "spend"
OUTCOMES = (REPURCHASE, ORDERS, SPEND)
"""Whether there was a purchase (0 or 1), how many, and net spend in ten-thousandths of the currency."""

GROUPING, GROUP, FOLD = "grouping", "group", "fold"
N_FOLDS = 50
"""Customers are divided into folds by hash; leaving out one fold after the other gives the standard errors."""

_WHOLE_NUMBER = "decimal(18,0)"


def customer_outcomes(orders: DataFrame) -> DataFrame:
    """One row per customer with an order: the three outcomes."""
    net = F.col(GROSS_E4) - F.col(RETURNED_E4)
    sums = orders.groupBy(CUSTOMER_ID).agg(F.count_if(net > 0).alias(ORDERS), F.sum(net).alias(SPEND))
    return sums.select(CUSTOMER_ID, (F.col(ORDERS) > 0).cast("bigint").alias(REPURCHASE), ORDERS, SPEND)


def with_outcomes(customers: DataFrame, outcomes: DataFrame) -> DataFrame:
    """All customers with their outcomes; zeros for customers without an order."""
    joined = customers.join(outcomes, CUSTOMER_ID, "left")
    return joined.withColumns({name: F.coalesce(F.col(name), F.lit(0).cast("bigint")) for name in OUTCOMES})


def random_group(n_groups: int, seed: int) -> Column:
    """A group from 1 to `n_groups`, by a hash of the customer's id."""
    return (F.pmod(F.xxhash64(F.lit("random group"), F.lit(seed), CUSTOMER_ID), F.lit(n_groups)) + 1).cast("int")


def quantile_group(customers: DataFrame, value: Column, n: int) -> Column:
    """A customer's group from 1: `n` groups of about equal size by a value, or fewer where many customers share one. One Spark job."""
    cuts = customers.agg(F.percentile_approx(value, [part / n for part in range(1, n)], ACCURACY)).collect()[0][0]
    return n_above(value, sorted(set(cuts))) + 1


def fold_of(seed: int) -> Column:
    """A customer's fold from 0, by a hash of the id."""
    return F.pmod(F.xxhash64(F.lit("part"), F.lit(seed), CUSTOMER_ID), F.lit(N_FOLDS)).cast("int").alias(FOLD)


def outcome_sums(customers: DataFrame, groupings: Mapping[str, Column], seed: int) -> list[Row]:
    """Customers, and sum and sum of squares of each outcome, by grouping, group and fold; one Spark job.

    `groupings` gives each customer's group, an INT from 1, by the name of the grouping; `seed` is that of the folds.
    """
    groups = [F.struct(F.lit(name).alias(GROUPING), group.cast("int").alias(GROUP)) for name, group in groupings.items()]
    values = [F.col(name).cast(_WHOLE_NUMBER).alias(name) for name in OUTCOMES]
    exploded = customers.select(fold_of(seed), *values, F.explode(F.array(*groups)).alias("membership"))
    sums = [F.sum(name).alias(name) for name in OUTCOMES]
    squares = [F.sum(F.col(name) * F.col(name)).alias(f"{name}_squared") for name in OUTCOMES]
    by_group = exploded.select("*", "membership.*").groupBy(GROUPING, GROUP, FOLD)
    rows = by_group.agg(F.count(F.lit(1)).alias("customers"), *sums, *squares).collect()
    return sorted(rows, key=lambda row: (row[GROUPING], row[GROUP], row[FOLD]))
