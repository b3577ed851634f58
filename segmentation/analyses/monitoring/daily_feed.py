"""The transaction log by day: one row per day with the numbers that show whether the log came in whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import CUSTOMER_ID, E4, GROSS_E4, LINES, ORDER_ID, ORDERED_AT, SPEND_E4_PREFIX, named

Array = NDArray[np.float64]
DateRange = tuple[date, date]
"""First day, and the day after the last."""

RETURN_LINES = "return_lines"
DAY, ORDERS, CUSTOMERS = "day", "orders", "customers"
ODD_ORDERS, REPEATED_ORDERS, LINE_AMOUNT = "odd_orders", "repeated_orders", "line_amount_e4"
ORDERS_PREFIX = "orders_"
_TIMES = "times"


@dataclass(frozen=True)
class DailyFeed:
    """Purchases by day, before returns, without gaps: a day without an order is a row of zeros."""

    # The first day; the index of a day is its distance from it.
    first: date
    # Orders, their lines, gross spend in currency units, customers. Shape (days,).
    orders: Array
    lines: Array
    gross: Array
    customers: Array
    # Orders with an odd number of lines: none where a file was read twice under the same order numbers.
    odd_orders: Array
    # Orders with the same customer, lines and gross as another order of the day, beyond the first: half of all where a file was read twice
    # under different order numbers.
    repeated_orders: Array
    # Median over the day's customers of their spend per line, which large orders do not move; NaN without customers.
    line_amount: Array
    # Gross spend and orders by category. Shape (days, categories).
    spend: Array
    category_orders: Array
    # Slugs of categories, as column names end.
    categories: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.orders)

    def day(self, index: int) -> date:
        """The date of an index."""
        return self.first + timedelta(days=int(index))

    def index_of(self, day: date) -> int:
        """The index of a date; negative or beyond the end where it is not covered."""
        return (day - self.first).days


def orders_by_day(orders: DataFrame, ranges: Sequence[DateRange]) -> DataFrame:
    """Orders aggregated by the day they began, including lines that were voided later: the latest days have no voided lines yet.

    There is one row per day with a purchase. It has the columns of `DailyFeed`, with amounts in ten-thousandths.

    Orders are shuffled once by customer; all but the last aggregation follow from that partitioning.
    """
    spend = [name for name in orders.columns if name.startswith(SPEND_E4_PREFIX)]
    category_orders = [_orders_column(name) for name in spend]
    purchased_lines = F.col(LINES) - F.col(RETURN_LINES)
    whole_orders = (
        orders.where(_within(ranges))
        .repartition(CUSTOMER_ID)
        .groupBy(CUSTOMER_ID, ORDER_ID)
        .agg(F.min(ORDERED_AT).alias(ORDERED_AT), F.sum(purchased_lines).alias(LINES), *_sums([GROSS_E4, *spend]))
        .where((F.col(LINES) > 0) & (F.col(GROSS_E4) > 0))
        .withColumn(DAY, F.to_date(ORDERED_AT))
    )
    with_category = (F.count_if(named(name) > 0).alias(_orders_column(name)) for name in spend)
    equal_orders = whole_orders.groupBy(CUSTOMER_ID, DAY, LINES, GROSS_E4).agg(
        F.count(F.lit(1)).alias(_TIMES), *_sums(spend), *with_category
    )
    times = F.col(_TIMES)
    customers = equal_orders.groupBy(CUSTOMER_ID, DAY).agg(
        F.sum(times).alias(ORDERS),
        F.sum(times - 1).alias(REPEATED_ORDERS),
        F.sum(times * (F.col(LINES) % 2)).alias(ODD_ORDERS),
        F.sum(times * F.col(LINES)).alias(LINES),
        F.sum(times * F.col(GROSS_E4)).alias(GROSS_E4),
        *_sums([*spend, *category_orders]),
    )
    return customers.groupBy(DAY).agg(
        F.count(F.lit(1)).alias(CUSTOMERS),
        F.percentile_approx(F.col(GROSS_E4) / F.col(LINES), 0.5, 10_000).alias(LINE_AMOUNT),
        *_sums([ORDERS, REPEATED_ORDERS, ODD_ORDERS, LINES, GROSS_E4, *spend, *category_orders]),
    )


def daily_feed(rows: Sequence[Mapping[str, Any]], date_range: DateRange) -> DailyFeed:
    """Rows of `orders_by_day` in order and without gaps."""
    first, until = date_range
    length = (until - first).days
    by_index = {(row[DAY] - first).days: row for row in rows if first <= row[DAY] < until}
    categories = tuple(sorted(name.removeprefix(SPEND_E4_PREFIX) for name in (rows[0] if rows else ()) if name.startswith(SPEND_E4_PREFIX)))

    def series(name: str, scale: float = 1.0, missing: float = 0.0) -> Array:
        values = (float(by_index[index][name]) / scale if index in by_index else missing for index in range(length))
        return np.array(list(values), dtype=np.float64)

    def by_category(prefix: str, scale: float = 1.0) -> Array:
        return np.array([series(prefix + slug, scale) for slug in categories]).reshape(len(categories), length).T

    return DailyFeed(
        first=first,
        orders=series(ORDERS),
        lines=series(LINES),
        gross=series(GROSS_E4, E4),
        customers=series(CUSTOMERS),
        odd_orders=series(ODD_ORDERS),
        repeated_orders=series(REPEATED_ORDERS),
        line_amount=series(LINE_AMOUNT, E4, np.nan),
        spend=by_category(SPEND_E4_PREFIX, E4),
        category_orders=by_category(ORDERS_PREFIX),
        categories=categories,
    )


def _within(ranges: Sequence[DateRange]) -> Column:
    at = F.col(ORDERED_AT)
    conditions = ((at >= F.lit(first).cast("timestamp")) & (at < F.lit(until).cast("timestamp")) for first, until in ranges)
    return reduce(or_, conditions, F.lit(False))


def _sums(names: Sequence[str]) -> list[Column]:
    return [F.sum(named(name)).alias(name) for name in names]


def _orders_column(spend_column: str) -> str:
    return ORDERS_PREFIX + spend_column.removeprefix(SPEND_E4_PREFIX)
