"""Matching of returns: a return that soon follows an equal purchase voids both lines.

A return is matched with the latest equal purchase (same customer, product, quantity and price) that no other return was matched with,
if it is recent enough. That is a stack per key, and a stack needs no loop: a purchase raises the running depth to the level that its
return lowers it from, and on one level purchases and returns alternate, so the match of a return is the row before it. A purchase that
is too old for one return is too old for every later one, so removing it from the stack anyway changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from segmentation.schemas import (
    AMOUNT_E4,
    CATEGORY,
    CUSTOMER_ID,
    IS_RETURN,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_ID,
    QUANTITY,
    UNIT_PRICE_E4,
    VOIDED_AT,
)

BROADCAST_RETURNS = 2_000_000
"""Up to this many returns their keys (8 bytes each) are broadcast, which avoids a shuffle of all lines."""

RETURN_KEY = "return_key"
_LEVEL = "level"


@dataclass(frozen=True)
class ReturnKeys:
    """Frame with the `return_key` of each accepted return, and about how many there are."""

    keys: DataFrame
    count: int


def return_key() -> Column:
    """Hash (BIGINT) of what a return has in common with its purchase; few other lines share it."""
    return F.xxhash64(*_match_columns())


def with_voided(lines: DataFrame, returns: ReturnKeys, within_hours: int, cache: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """Accepted lines with `voided_at`: the time of the return for both lines of a voided pair, else null.

    `within_hours` is the longest time from the purchase to its return; 0 voids nothing. The number of returns decides how they are
    joined.
    """
    never = F.lit(None).cast("timestamp").alias(VOIDED_AT)
    if not within_hours or not returns.count:
        return lines.select("*", never)
    keyed = lines.withColumn(RETURN_KEY, return_key())
    keys = cache(returns.keys.select(RETURN_KEY).distinct())
    if returns.count <= BROADCAST_RETURNS:
        keys = F.broadcast(keys)
    others = keyed.join(keys, RETURN_KEY, "left_anti").select("*", never)
    candidates = cache(keyed.join(keys, RETURN_KEY, "left_semi").transform(lambda rows: _with_matches(rows, within_hours)))
    return others.unionByName(candidates).drop(RETURN_KEY)


def _match_columns() -> list[Column]:
    """What a return has in common with its purchase."""
    return [F.col(CUSTOMER_ID), F.col(PRODUCT_ID), F.abs(QUANTITY), F.col(UNIT_PRICE_E4)]


def _with_matches(lines: DataFrame, within_hours: int) -> DataFrame:
    in_time = (ORDERED_AT, IS_RETURN, ORDER_ID, AMOUNT_E4, CATEGORY)
    depth = F.sum(F.when(F.col(IS_RETURN), -1).otherwise(1)).over(
        Window.partitionBy(*_match_columns()).orderBy(*in_time).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    level = depth + F.col(IS_RETURN).cast("int")
    alternating = Window.partitionBy(*_match_columns(), _LEVEL).orderBy(*in_time)
    before, after = F.lag(ORDERED_AT).over(alternating), F.lead(ORDERED_AT).over(alternating)
    limit = F.expr(f"INTERVAL {within_hours} HOURS")
    voided_at = F.when(F.col(IS_RETURN), F.when(F.col(ORDERED_AT) <= before + limit, F.col(ORDERED_AT))).otherwise(
        F.when(after <= F.col(ORDERED_AT) + limit, after)
    )
    return lines.withColumn(_LEVEL, level).withColumn(VOIDED_AT, voided_at).drop(_LEVEL)
