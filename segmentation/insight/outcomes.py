"""What customers did after a day, added up by group: whole numbers, so that the sums are exact in any order."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, GROSS_E4, RETURNED_E4

REPURCHASE, ORDERS, SPEND = "repurchase", "orders", "spend"
OUTCOMES = (REPURCHASE, ORDERS, SPEND)
"""Whether there was a purchase (0 or 1), how many, and net spend in ten-thousandths of the currency."""

GROUPING, GROUP, PART = "grouping", "group", "part"
PARTS = 50
"""Customers are dealt out to so many parts by hash, and leaving out one after the other tells the standard errors."""

_WHOLE = "decimal(18,0)"


def outcomes_of(orders: DataFrame) -> DataFrame:
    """One row per customer with an order: the three outcomes.

    Parameters
    ----------
    orders
        Those of the days that are foretold, one row per customer and order.
    """
    net = F.col(GROSS_E4) - F.col(RETURNED_E4)
    found = orders.groupBy(CUSTOMER_ID).agg(F.count_if(net > 0).alias(ORDERS), F.sum(net).alias(SPEND))
    return found.select(CUSTOMER_ID, (F.col(ORDERS) > 0).cast("bigint").alias(REPURCHASE), ORDERS, SPEND)


def with_outcomes(customers: DataFrame, outcomes: DataFrame) -> DataFrame:
    """All customers with their outcomes; zeros for those who did nothing."""
    joined = customers.join(outcomes, CUSTOMER_ID, "left")
    return joined.withColumns({name: F.coalesce(F.col(name), F.lit(0).cast("bigint")) for name in OUTCOMES})


def random_group(groups: int, seed: int) -> Column:
    """A group from 1 to `groups`, by a hash of the customer's id."""
    return (F.pmod(F.xxhash64(F.lit("random group"), F.lit(seed), CUSTOMER_ID), F.lit(groups)) + 1).cast("int")


def group_sums(customers: DataFrame, groupings: Mapping[str, Column], seed: int) -> list[Row]:
    """Count, sum and sum of squares of each outcome, by grouping, group and part: all that is taken home.

    Parameters
    ----------
    customers
        With the outcomes.
    groupings
        Each customer's group, an INT from 1, by the grouping's name.
    seed
        Of the parts.
    """
    part = F.pmod(F.xxhash64(F.lit("part"), F.lit(seed), CUSTOMER_ID), F.lit(PARTS)).cast("int")
    memberships = [F.struct(F.lit(name).alias(GROUPING), group.cast("int").alias(GROUP)) for name, group in groupings.items()]
    values = {name: F.col(name).cast(_WHOLE) for name in OUTCOMES}
    long = customers.select(part.alias(PART), *(value.alias(name) for name, value in values.items()), F.explode(F.array(*memberships)))
    sums = [F.sum(name).alias(name) for name in OUTCOMES]
    squares = [F.sum(F.col(name) * F.col(name)).alias(f"{name}_squared") for name in OUTCOMES]
    rows = long.select("*", "col.*").groupBy(GROUPING, GROUP, PART).agg(F.count(F.lit(1)).alias("customers"), *sums, *squares)
    return sorted(rows.collect(), key=lambda row: (row[GROUPING], row[GROUP], row[PART]))
