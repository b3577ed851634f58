"""Merging new lines with the recent ones of the run before, so that the orders are those that the whole log would give.

A return and the purchase that it voids depend only on the equal lines between them (see `ingest.returns`). So if all new lines are of
time t or later, they can change `voided_at` only where it is not before t, and only on lines at most `void_within_hours` older than t.
Orders are sums: the part of a row that comes from older lines is final. Sums could be decreased, but minima, maxima and bit masks could
not. So a row that contains lines which may still change is not updated, but computed again from its final part and its recent lines.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.ingest.orders import ORDER_ROW_KEY, sum_order_rows
from segmentation.ingest.returns import RETURN_KEY, ReturnKeys, return_key, with_voided
from segmentation.schemas import (
    AMOUNT_E4,
    CATEGORY,
    CUSTOMER_ID,
    IS_RETURN,
    LAST_LINE_AT,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_ID,
    QUANTITY,
    UNIT_PRICE_E4,
    VOIDED_AT,
)

MAX_LATENESS_HOURS = 7 * 24
"""New lines may be this much older than the latest line of the runs before."""

BROADCAST_LINES = 2_000_000
"""The orders of up to this many lines are broadcast, which avoids a shuffle of all orders."""

LINE_COLUMNS = (CUSTOMER_ID, ORDER_ID, PRODUCT_ID, CATEGORY, ORDERED_AT, QUANTITY, UNIT_PRICE_E4, AMOUNT_E4, IS_RETURN, VOIDED_AT)
"""Columns of a stored recent line: what orders are aggregated from, and what makes lines equal."""

IS_UNAFFECTED = "is_unaffected"


@dataclass(frozen=True)
class Watermark:
    """Splits the accepted lines of a log into recent ones, which may still be voided, and final ones."""

    # Time of the latest accepted line (UTC), as text; None without any.
    last_line_at: str | None
    # `void_within_hours`. With 0 nothing can be voided: every line is final at once, and new lines may be of any age.
    within_hours: int

    def is_recent(self, at: Column) -> Column:
        """Whether a line of that time may still be voided, or equal one that may."""
        return self._is_within(at, MAX_LATENESS_HOURS + self.within_hours)

    def is_final(self, at: Column) -> Column:
        """The opposite of `is_recent`."""
        return ~self.is_recent(at)

    def is_too_late(self, at: Column) -> Column:
        """Whether a new line of that time could void a line that is no longer stored."""
        return ~self._is_within(at, MAX_LATENESS_HOURS) if self.within_hours else F.lit(False)

    def _is_within(self, at: Column, hours: int) -> Column:
        if self.last_line_at is None or not self.within_hours:
            return F.lit(False)
        return at >= F.lit(self.last_line_at).cast("timestamp") - F.expr(f"INTERVAL {hours} HOURS")


def is_unaffected(first: str | None, within_hours: int) -> Column:
    """Whether no line of time `first` (UTC, as text) or later can change a stored line; None means that no such line exists."""
    if first is None or not within_hours:
        return F.lit(True)
    since = F.lit(first).cast("timestamp")
    # A pair voided before `first` no longer takes part in the matching: removing a pair from a stack leaves the others unchanged.
    return (F.col(ORDERED_AT) < since - F.expr(f"INTERVAL {within_hours} HOURS")) | F.coalesce(F.col(VOIDED_AT) < since, F.lit(False))


def rematch_returns(recent: DataFrame, new: DataFrame, within_hours: int, cache: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """Recent and new lines with `voided_at` as of now.

    `recent` are stored lines with `voided_at` as it was and `is_unaffected` as of the earliest new line; `new` are accepted lines with
    the same columns except these two.
    """
    unaffected = F.col(IS_UNAFFECTED)
    affected = recent.where(~unaffected).drop(IS_UNAFFECTED, VOIDED_AT)
    lines = affected.unionByName(new.select(*affected.columns))
    returns = lines.where(IS_RETURN).select(return_key().alias(RETURN_KEY))
    matched = with_voided(lines, ReturnKeys(returns, returns.count()), within_hours, cache)
    return recent.where(unaffected).drop(IS_UNAFFECTED).unionByName(matched)


def merge_orders(final: DataFrame, changed: DataFrame, final_parts: DataFrame, is_small: bool) -> DataFrame:
    """All orders: those without recent or new lines unchanged, the others with these added.

    `final` are order rows without a recent line, `changed` those of the recent and new lines only, `final_parts` the stored parts of
    final lines in rows that also have recent lines. `is_small` says whether `changed` can be broadcast.
    """
    order = [CUSTOMER_ID, ORDER_ID]
    keys = changed.select(*order).distinct()
    keys = F.broadcast(keys) if is_small else keys
    # Most lines of an order are of one time: this check of the keys usually avoids a join of whole rows.
    if final.select(*order).join(keys, order, "left_semi").isEmpty():
        return final.unionByName(sum_order_rows([final_parts, changed]))
    unchanged, continued = (final.join(keys, order, how) for how in ("left_anti", "left_semi"))
    return unchanged.unionByName(sum_order_rows([continued, final_parts, changed]))


def straddling_orders(orders: DataFrame, watermark: Watermark) -> DataFrame:
    """Keys of order rows that contain both final and recent lines, for `rows_with_key`."""
    rows = orders.where(watermark.is_final(F.col(ORDERED_AT)) & watermark.is_recent(F.col(LAST_LINE_AT)))
    return rows.select(*(F.col(name).alias(f"of_{name}") for name in ORDER_ROW_KEY))


def rows_with_key(rows: DataFrame, keys: DataFrame) -> DataFrame:
    """Order rows whose key is among those of `straddling_orders`; nulls are equal."""
    customer, order, voided_at = (F.col(name).eqNullSafe(F.col(f"of_{name}")) for name in ORDER_ROW_KEY)
    return rows.join(keys, customer & order & voided_at, "left_semi")
