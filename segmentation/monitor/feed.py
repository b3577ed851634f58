"""The orders day by day: a row for each, and as many numbers as it takes to see whether the log came in whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, E4, GROSS_E4, LINES, ORDER_ID, ORDERED_AT, SPEND_E4_PREFIX, named

Array = NDArray[np.float64]
Span = tuple[date, date]
"""First day, and the day after the last."""

RETURN_LINES = "return_lines"
DAY, ORDERS, CUSTOMERS, ODD_ORDERS, REPEATED_ORDERS, LINE_AMOUNT = (
    "day",
    "orders",
    "customers",
    "odd_orders",
    "repeated_orders",
    "line_amount_e4",
)
ORDERS_PREFIX = "orders_"
_TIMES = "times"


@dataclass(frozen=True)
class Feed:
    """A log by day, without gaps: a day without an order is a row of zeros.

    Parameters
    ----------
    first
        The first day; a day's place is its distance from it.
    orders, lines, gross, customers
        Of purchases, before returns: orders, their lines, currency, customers.
    odd_orders
        Orders of an odd number of lines: where a file came twice under the same order numbers, there are none.
    repeated_orders
        Orders of a customer that are alike in lines and gross to another of the same day, beyond the first: where a file came twice
        under other numbers, half of all.
    line_amount
        Median over the day's customers of their spend per line, currency; NaN without any. Large orders don't move it.
    spend, category_orders
        Shape (days, categories): gross spend, currency, and orders that hold the category.
    categories
        As column names end.
    """

    first: date
    orders: Array
    lines: Array
    gross: Array
    customers: Array
    odd_orders: Array
    repeated_orders: Array
    line_amount: Array
    spend: Array
    category_orders: Array
    categories: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.orders)

    def day(self, place: int) -> date:
        """The date of a place."""
        return self.first + timedelta(days=int(place))

    def place(self, day: date) -> int:
        """The place of a date; negative or beyond the end where it is not among the days."""
        return (day - self.first).days


def by_day(orders: DataFrame, spans: Sequence[Span]) -> DataFrame:
    """Orders gathered to days, whole: with lines that were voided since, as the latest days have not yet been.

    An order counts on the day it began. Everything but the last gathering takes place where a customer's orders have been brought
    together once.

    Parameters
    ----------
    orders
        As the main job leaves them (docs/tables.md).
    spans
        The days wanted.

    Returns
    -------
    DataFrame
        A row a day with an order that holds a purchase: the columns of `Feed`, amounts in ten-thousandths.
    """
    spend = [name for name in orders.columns if name.startswith(SPEND_E4_PREFIX)]
    bought = F.col(LINES) - F.col(RETURN_LINES)
    whole = (
        orders.where(_within(spans))
        .repartition(CUSTOMER_ID)
        .groupBy(CUSTOMER_ID, ORDER_ID)
        .agg(F.min(ORDERED_AT).alias(ORDERED_AT), F.sum(bought).alias(LINES), *_sums([GROSS_E4, *spend]))
        .where((F.col(LINES) > 0) & (F.col(GROSS_E4) > 0))
        .withColumn(DAY, F.to_date(ORDERED_AT))
    )
    alike = whole.groupBy(CUSTOMER_ID, DAY, LINES, GROSS_E4).agg(
        F.count(F.lit(1)).alias(_TIMES), *_sums(spend), *(F.count_if(named(name) > 0).alias(_orders_with(name)) for name in spend)
    )
    counted = [_orders_with(name) for name in spend]
    times = F.col(_TIMES)
    customers = alike.groupBy(CUSTOMER_ID, DAY).agg(
        F.sum(times).alias(ORDERS),
        F.sum(times - 1).alias(REPEATED_ORDERS),
        F.sum(times * (F.col(LINES) % 2)).alias(ODD_ORDERS),
        F.sum(times * F.col(LINES)).alias(LINES),
        F.sum(times * F.col(GROSS_E4)).alias(GROSS_E4),
        *_sums([*spend, *counted]),
    )
    return customers.groupBy(DAY).agg(
        F.count(F.lit(1)).alias(CUSTOMERS),
        F.percentile_approx(F.col(GROSS_E4) / F.col(LINES), 0.5, 10_000).alias(LINE_AMOUNT),
        *_sums([ORDERS, REPEATED_ORDERS, ODD_ORDERS, LINES, GROSS_E4, *spend, *counted]),
    )


def feed_of(rows: Sequence[Mapping[str, Any]], span: Span) -> Feed:
    """Days as `by_day` gives them, in order and without gaps.

    Parameters
    ----------
    rows
        One a day, as dictionaries.
    span
        What the feed covers; days without a row had no orders.
    """
    first, until = span
    length = (until - first).days
    kept = {(row[DAY] - first).days: row for row in rows if first <= row[DAY] < until}
    categories = tuple(sorted(name.removeprefix(SPEND_E4_PREFIX) for name in (rows[0] if rows else ()) if name.startswith(SPEND_E4_PREFIX)))

    def series(name: str, scale: float = 1.0, missing: float = 0.0) -> Array:
        return np.array([float(kept[place][name]) / scale if place in kept else missing for place in range(length)], dtype=np.float64)

    def table(prefix: str, scale: float = 1.0) -> Array:
        return np.array([series(prefix + slug, scale) for slug in categories]).reshape(len(categories), length).T

    return Feed(
        first=first,
        orders=series(ORDERS),
        lines=series(LINES),
        gross=series(GROSS_E4, E4),
        customers=series(CUSTOMERS),
        odd_orders=series(ODD_ORDERS),
        repeated_orders=series(REPEATED_ORDERS),
        line_amount=series(LINE_AMOUNT, E4, np.nan),
        spend=table(SPEND_E4_PREFIX, E4),
        category_orders=table(ORDERS_PREFIX),
        categories=categories,
    )


def _within(spans: Sequence[Span]) -> Column:
    at = F.col(ORDERED_AT)
    found = F.lit(False)
    for first, until in spans:
        found = found | ((at >= F.lit(first).cast("timestamp")) & (at < F.lit(until).cast("timestamp")))
    return found


def _sums(names: Sequence[str]) -> list[Column]:
    return [F.sum(named(name)).alias(name) for name in names]


def _orders_with(spend: str) -> str:
    return ORDERS_PREFIX + spend.removeprefix(SPEND_E4_PREFIX)
