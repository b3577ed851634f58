"""The profile of all lines of a log: one aggregation that gives totals, spend by category, and the keys of returns."""

from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.ingest.accounting import LineTotals
from segmentation.ingest.ids import ids_from_bits
from segmentation.ingest.returns import RETURN_KEY, ReturnKeys, return_key
from segmentation.ingest.rules import IS_REJECTED
from segmentation.schemas import AMOUNT_E4, CATEGORY, IS_RETURN, LINES, PLAIN_IDS, SPEND_E4


def profile_lines(lines: DataFrame) -> DataFrame:
    """Aggregate all lines to what later steps must know before they start.

    Grain (is_rejected, category, return_key). `return_key` is null except for accepted returns, so there are about as many rows as
    accepted returns. `amount_e4` is signed, `spend_e4` is of purchases only, and `plain_ids` has the bits set on all lines of the row.
    """
    is_return = F.col(IS_RETURN)
    key = F.when(is_return & ~F.col(IS_REJECTED), return_key()).alias(RETURN_KEY)
    spend = F.when(~is_return, F.col(AMOUNT_E4)).alias(SPEND_E4)
    return (
        lines.select(IS_REJECTED, CATEGORY, key, AMOUNT_E4, spend, PLAIN_IDS)
        .groupBy(IS_REJECTED, CATEGORY, RETURN_KEY)
        .agg(
            F.count(F.lit(1)).alias(LINES),
            *(F.sum(name).alias(name) for name in (AMOUNT_E4, SPEND_E4)),
            F.bit_and(PLAIN_IDS).alias(PLAIN_IDS),
        )
    )


class LogOverview(NamedTuple):
    """Totals of all lines read, and the id columns whose values are canonical as they are on every line."""

    totals: LineTotals
    plain_ids: frozenset[str]


def overview(profile: DataFrame) -> LogOverview:
    """Sum a profile up."""
    sums = (F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in (LINES, AMOUNT_E4))
    row = profile.agg(*sums, F.coalesce(F.bit_and(PLAIN_IDS), F.lit(0)).alias(PLAIN_IDS)).collect()[0]
    return LogOverview(LineTotals(row[LINES], row[AMOUNT_E4]), ids_from_bits(row[PLAIN_IDS]))


def spend_by_category(profile: DataFrame) -> DataFrame:
    """Gross spend of accepted lines by the name of their category."""
    return profile.where(~F.col(IS_REJECTED)).groupBy(CATEGORY).agg(F.sum(SPEND_E4).alias(SPEND_E4))


def return_keys(profile: DataFrame) -> ReturnKeys:
    """Keys of the accepted returns."""
    keys = profile.where(F.col(RETURN_KEY).isNotNull())
    return ReturnKeys(keys, keys.count())
