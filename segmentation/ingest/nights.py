"""One more night: new lines joined to what is kept of the old, with the orders that the whole log would give.

A return and the purchase it voids depend on nothing but the equal lines between them (`cancellations`). So lines that all come at
`first` or later can change `voided_at` only where it is not earlier than `first`, and only of lines that are at most
`void_within_hours` older than that. Orders add up: what a row holds of lines too old to change, it holds for good. Sums could be
lowered, but no earliest time, latest time or bit mask; so a row that holds lines which may yet change is not changed but made
anew, from its old part and its recent lines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.ingest.cancellations import RETURN_KEY, Returns, return_key, with_voided
from segmentation.schemas import (
    AMOUNT_E4,
    CATEGORY,
    CUSTOMER_ID,
    IS_RETURN,
    LAST_LINE_AT,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_BITS,
    PRODUCT_ID,
    QUANTITY,
    UNIT_PRICE_E4,
    VOIDED_AT,
    named,
)

LATE_HOURS = 7 * 24
"""New lines may be this much older than the last line of the nights before."""

BROADCAST_LINES = 2_000_000
"""The orders of up to this many lines are named to every task, which spares a shuffle of all orders."""

LINE_COLUMNS = (CUSTOMER_ID, ORDER_ID, PRODUCT_ID, CATEGORY, ORDERED_AT, QUANTITY, UNIT_PRICE_E4, AMOUNT_E4, IS_RETURN, VOIDED_AT)
"""What is kept of a recent line: all that orders are made from, and all that makes lines equal."""

IS_OVER = "is_over"

_KEY = (CUSTOMER_ID, ORDER_ID, VOIDED_AT)


@dataclass(frozen=True)
class Horizon:
    """Up to where the lines of a log are settled.

    Parameters
    ----------
    last_line_at
        The latest accepted line (UTC), as text; None without any.
    within_hours
        `void_within_hours`. Where it is 0, nothing can change: every line is settled at once, however late it comes.
    """

    last_line_at: str | None
    within_hours: int

    def is_recent(self, at: Column) -> Column:
        """Whether a line of that time may still be voided, or equal one that may."""
        return self._is_within(at, LATE_HOURS + self.within_hours)

    def is_settled(self, at: Column) -> Column:
        """Whether it may not."""
        return ~self.is_recent(at)

    def is_too_late(self, at: Column) -> Column:
        """Whether a new line of that time could void what is no longer kept."""
        return ~self._is_within(at, LATE_HOURS) if self.within_hours else F.lit(False)

    def _is_within(self, at: Column, hours: int) -> Column:
        if self.last_line_at is None or not self.within_hours:
            return F.lit(False)
        return at >= F.lit(self.last_line_at).cast("timestamp") - F.expr(f"INTERVAL {hours} HOURS")


def over(first: str | None, within_hours: int) -> Column:
    """Whether a kept line is as it stays, whatever lines come at `first` (UTC, as text) or later; None: there are none."""
    if first is None or not within_hours:
        return F.lit(True)
    since = F.lit(first).cast("timestamp")
    # Both lines of a pair voided before are out of the game: a pair taken off a stack leaves the others where they were.
    return (F.col(ORDERED_AT) < since - F.expr(f"INTERVAL {within_hours} HOURS")) | F.coalesce(F.col(VOIDED_AT) < since, F.lit(False))


def rematched(recent: DataFrame, new: DataFrame, within_hours: int, keep: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """Recent and new lines with `voided_at` as it is now.

    Parameters
    ----------
    recent
        The kept lines of the nights before, with `voided_at` as it was, and `is_over` as `over` tells for the new lines.
    new
        Accepted lines with the same columns, without these two.
    within_hours
        `void_within_hours`.
    keep
        Holds a frame that is read more than once.
    """
    is_over = F.col(IS_OVER)
    known = recent.where(~is_over).drop(IS_OVER, VOIDED_AT)
    open_lines = known.unionByName(new.select(*known.columns))
    returned = open_lines.where(IS_RETURN).select(return_key().alias(RETURN_KEY))
    matched = with_voided(open_lines, Returns(returned, returned.count()), within_hours, keep)
    return recent.where(is_over).drop(IS_OVER).unionByName(matched)


def with_fresh(settled: DataFrame, fresh: DataFrame, parts: DataFrame, few: bool) -> DataFrame:
    """All orders: those without recent or new lines as they are, the others with these added.

    Parameters
    ----------
    settled
        Order rows without a recent line.
    fresh
        Order rows of recent and new lines alone.
    parts
        What was kept of rows whose older lines are settled: those older lines' part.
    few
        Whether there are few fresh ones.
    """
    order = [CUSTOMER_ID, ORDER_ID]
    keys = fresh.select(*order).distinct()
    keys = F.broadcast(keys) if few else keys
    # An order's lines mostly come at one time: a look at the keys alone spares joining whole rows.
    if settled.select(*order).join(keys, order, "left_semi").isEmpty():
        return settled.unionByName(added_up([parts, fresh]))
    untouched, touched = (settled.join(keys, order, how) for how in ("left_anti", "left_semi"))
    return untouched.unionByName(added_up([touched, parts, fresh]))


def added_up(parts: Sequence[DataFrame]) -> DataFrame:
    """Order rows that speak of the same lines' order, as one: grain (customer_id, order_id, voided_at)."""
    first, *others = parts
    rows = first
    for other in others:
        rows = rows.unionByName(other)
    sums = [name for name in rows.columns if name not in (*_KEY, ORDERED_AT, LAST_LINE_AT, *PRODUCT_BITS)]
    merged = {
        ORDERED_AT: F.min(ORDERED_AT),
        LAST_LINE_AT: F.max(LAST_LINE_AT),
        **{name: F.sum(named(name)) for name in sums},
        **{name: F.bit_or(name) for name in PRODUCT_BITS if name in rows.columns},
    }
    return rows.groupBy(*_KEY).agg(*(merged[name].alias(name) for name in rows.columns if name not in _KEY))


def astride(orders: DataFrame, horizon: Horizon) -> DataFrame:
    """Keys of order rows that hold both settled lines and recent ones."""
    rows = orders.where(horizon.is_settled(F.col(ORDERED_AT)) & horizon.is_recent(F.col(LAST_LINE_AT)))
    return rows.select(*(F.col(name).alias(f"of_{name}") for name in _KEY))


def only_of(rows: DataFrame, keys: DataFrame) -> DataFrame:
    """Order rows whose key is among those `astride`."""
    is_same = [F.col(name).eqNullSafe(F.col(f"of_{name}")) for name in _KEY]
    return rows.join(keys, is_same[0] & is_same[1] & is_same[2], "left_semi")
