"""Orders of the log gathered by day in Spark are what the lines say, counted another way."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from monitor import shop
from segmentation.ingest.categories import Category
from segmentation.ingest.orders import to_orders
from segmentation.monitor.causes import Kind, Verdict
from segmentation.monitor.feed import by_day, feed_of
from segmentation.monitor.verdict import Seen, judged
from segmentation.monitor.watch import feed_causes, spans_needed
from segmentation.settings.monitor import FeedSettings, MonitorSettings

DAY = date(2024, 4, 24)
CATEGORIES = tuple(Category(name, name.lower()) for name in shop.CATEGORIES)
SCENARIOS = {
    Kind.DAY_MISSING: lambda lines: shop.without_day(lines, DAY),
    Kind.DAY_DOUBLED: lambda lines: shop.twice(lines, DAY, same_orders=True),
    Kind.CURRENCY_FAULT: lambda lines: shop.dearer(lines, DAY, 100, date(2024, 4, 25)),
    Kind.LOST_CATEGORY: lambda lines: shop.without_category(lines, DAY, "Storage"),
    Kind.PRICE_CHANGE: lambda lines: shop.dearer(lines, date(2024, 4, 14), 1.3),
}
LINES = "customer_id string, order_id string, ordered_at timestamp, category int, amount_e4 bigint, is_return boolean, voided_at timestamp"


@pytest.fixture(scope="module")
def lines():
    """Four months of a shop, a few nights beyond the day."""
    return shop.shop(21, 45, days=118)


def _orders(spark, lines):
    """What the main job makes of these lines."""
    frame = pd.DataFrame(
        {
            "customer_id": lines.customer.astype(str),
            "order_id": lines.order.astype(str),
            "ordered_at": pd.to_datetime(shop.FIRST) + pd.to_timedelta(lines.day * 24 + 12, unit="h"),
            "category": lines.category.astype("int32"),
            "amount_e4": np.round(lines.amount * 10_000).astype("int64"),
            "is_return": False,
            "voided_at": pd.Series(pd.NaT, index=range(len(lines.day)), dtype="datetime64[us]"),
        }
    )
    return to_orders(spark.createDataFrame(frame, LINES), CATEGORIES)


def _feed(spark, lines, until):
    span = spans_needed(until, FeedSettings())[1]
    return feed_of([row.asDict() for row in by_day(_orders(spark, lines), [span]).collect()], (shop.FIRST, until))


def test_a_day_in_spark_is_that_day_counted_with_numpy(spark, lines):
    twice = shop.twice(lines, DAY, same_orders=False)
    found, expected = _feed(spark, twice, DAY.replace(day=28)), shop.until(shop.feed(twice), DAY.replace(day=28))
    first = found.place(spans_needed(DAY.replace(day=28), FeedSettings())[1][0])
    assert found.categories == expected.categories
    for name in ("orders", "lines", "customers", "odd_orders", "repeated_orders", "gross", "spend", "category_orders"):
        np.testing.assert_allclose(getattr(found, name)[first:], getattr(expected, name)[first:], rtol=1e-6, err_msg=name)
        assert not getattr(found, name)[:first].any()
    # Spark takes the lower of two middle values.
    assert np.nanmax(np.abs(found.line_amount[first:] / expected.line_amount[first:] - 1)) < 0.1


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_from_lines_to_the_verdict(spark, lines, kind):
    causes = feed_causes(_feed(spark, SCENARIOS[kind](lines), date(2024, 4, 28)), FeedSettings())
    assert {cause.kind for cause in causes} == {kind}
    assert judged(Seen(feed=causes), MonitorSettings()).verdict is (Verdict.REFIT if kind is Kind.PRICE_CHANGE else Verdict.STOP)


def test_from_the_lines_of_a_quiet_night_to_no_cause(spark, lines):
    assert feed_causes(_feed(spark, lines, date(2024, 4, 28)), FeedSettings()) == []


def test_the_season_of_a_year_before_is_read_too(spark):
    until = date(2026, 1, 14)
    spans = spans_needed(until, FeedSettings())
    every = shop.shop(22, 40, days=746)
    needed = np.isin(every.day, [day for first, end in spans for day in range(every.place(first), every.place(end))])
    rows = by_day(_orders(spark, every.where(needed)), spans).collect()
    assert {row["day"].year for row in rows} == {2024, 2025, 2026}
    causes = feed_causes(feed_of([row.asDict() for row in rows], (spans[0][0], until)), FeedSettings())
    assert {(cause.kind, cause.evidence.split(":")[0]) for cause in causes} == {(Kind.SEASON, "orders")}


COLUMNS = (
    "customer_id string, order_id string, voided_at timestamp, ordered_at timestamp, lines long, return_lines long, gross_e4 long, "
    "spend_e4_a long, spend_e4_b long"
)
MORNING, EVENING, TOMORROW = datetime(2024, 3, 1, 9), datetime(2024, 3, 1, 21), datetime(2024, 3, 2, 9)
ROWS = [
    ("ann", "1", None, MORNING, 3, 1, 40_000, 40_000, 0),
    ("ann", "1", EVENING, MORNING, 2, 1, 10_000, 0, 10_000),
    ("ann", "2", None, EVENING, 3, 0, 50_000, 20_000, 30_000),
    ("bob", "3", None, EVENING, 2, 2, 0, 0, 0),
    ("cat", "4", None, TOMORROW, 1, 0, 70_000, 0, 70_000),
    ("cat", "5", None, datetime(2024, 3, 9), 1, 0, 1, 1, 0),
]


def test_orders_count_whole_with_what_was_voided_and_returns_do_not(spark):
    frame = by_day(spark.createDataFrame(ROWS, COLUMNS), [(date(2024, 3, 1), date(2024, 3, 3))])
    rows = {row["day"].day: row.asDict() for row in frame.collect()}
    # Ann's first order has two bought lines and one that was voided, so three; and is alike to her second in lines and gross.
    assert rows[1] == {
        "day": date(2024, 3, 1),
        "customers": 1,
        "line_amount_e4": pytest.approx(100_000 / 6),
        "orders": 2,
        "repeated_orders": 1,
        "odd_orders": 2,
        "lines": 6,
        "gross_e4": 100_000,
        "spend_e4_a": 60_000,
        "spend_e4_b": 40_000,
        "orders_a": 2,
        "orders_b": 2,
    }
    assert (rows[2]["orders"], rows[2]["odd_orders"], rows[2]["orders_a"], rows.keys()) == (1, 1, 0, {1, 2})


def test_days_without_an_order_are_zeros_and_their_amounts_unknown():
    found = feed_of([], (date(2024, 3, 1), date(2024, 3, 4)))
    assert (len(found), found.orders.tolist(), found.categories, found.spend.shape) == (3, [0.0, 0.0, 0.0], (), (3, 0))
    assert np.isnan(found.line_amount).all()
    assert (found.day(2), found.place(date(2024, 3, 3))) == (date(2024, 3, 3), 2)
