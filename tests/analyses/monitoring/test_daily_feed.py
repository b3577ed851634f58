"""Orders aggregated by day in Spark equal the same lines counted with numpy."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from analyses.monitoring import synthetic_shop as shop

from segmentation.analyses.monitoring.daily_feed import daily_feed, orders_by_day
from segmentation.analyses.monitoring.decision import AlertKind, MonitoringInputs, MonitoringVerdict, decide
from segmentation.analyses.monitoring.feed_checks import days_to_read, feed_alerts
from segmentation.analyses.monitoring.settings import FeedSettings, MonitorSettings
from segmentation.ingest.orders import aggregate_orders
from segmentation.schemas import Category

DAY = date(2024, 4, 24)
CATEGORIES = tuple(Category(name, name.lower()) for name in shop.CATEGORIES)
SCENARIOS = {
    AlertKind.DAY_MISSING: lambda lines: shop.without_day(lines, DAY),
    AlertKind.DAY_DUPLICATED: lambda lines: shop.with_day_twice(lines, DAY, same_orders=True),
    AlertKind.CURRENCY_FAULT: lambda lines: shop.with_prices_times(lines, DAY, 100, date(2024, 4, 25)),
    AlertKind.LOST_CATEGORY: lambda lines: shop.without_category(lines, DAY, "Storage"),
    AlertKind.PRICE_CHANGE: lambda lines: shop.with_prices_times(lines, date(2024, 4, 14), 1.3),
}
LINES = "customer_id string, order_id string, ordered_at timestamp, category int, amount_e4 bigint, is_return boolean, voided_at timestamp"


@pytest.fixture(scope="module")
def lines():
    """Four months of a shop, a few nights beyond the day."""
    return shop.shop(21, 45, days=118)


def _orders(spark, lines):
    """The table `orders` of these lines."""
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
    return aggregate_orders(spark.createDataFrame(frame, LINES), CATEGORIES)


def _feed(spark, lines, until):
    latest = days_to_read(until, FeedSettings())[1]
    return daily_feed([row.asDict() for row in orders_by_day(_orders(spark, lines), [latest]).collect()], (shop.FIRST, until))


def test_a_day_in_spark_equals_that_day_in_numpy(spark, lines):
    twice = shop.with_day_twice(lines, DAY, same_orders=False)
    feed, expected = _feed(spark, twice, DAY.replace(day=28)), shop.until(shop.feed(twice), DAY.replace(day=28))
    first = feed.index_of(days_to_read(DAY.replace(day=28), FeedSettings())[1][0])
    assert feed.categories == expected.categories
    for name in ("orders", "lines", "customers", "odd_orders", "repeated_orders", "gross", "spend", "category_orders"):
        np.testing.assert_allclose(getattr(feed, name)[first:], getattr(expected, name)[first:], rtol=1e-6, err_msg=name)
        assert not getattr(feed, name)[:first].any()
    # Spark takes the lower of two middle values.
    assert np.nanmax(np.abs(feed.line_amount[first:] / expected.line_amount[first:] - 1)) < 0.1


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_from_lines_to_the_verdict(spark, lines, kind):
    alerts = feed_alerts(_feed(spark, SCENARIOS[kind](lines), date(2024, 4, 28)), FeedSettings())
    expected = MonitoringVerdict.REFIT if kind is AlertKind.PRICE_CHANGE else MonitoringVerdict.STOP
    assert {alert.kind for alert in alerts} == {kind}
    assert decide(MonitoringInputs(feed_alerts=alerts), MonitorSettings()).verdict is expected


def test_the_lines_of_a_quiet_night_raise_no_alert(spark, lines):
    assert feed_alerts(_feed(spark, lines, date(2024, 4, 28)), FeedSettings()) == []


def test_the_season_of_a_year_before_is_read_too(spark):
    until = date(2026, 1, 14)
    ranges = days_to_read(until, FeedSettings())
    lines = shop.shop(22, 40, days=746)
    needed = np.isin(lines.day, [day for first, end in ranges for day in range(lines.index_of(first), lines.index_of(end))])
    rows = orders_by_day(_orders(spark, lines.where(needed)), ranges).collect()
    assert {row["day"].year for row in rows} == {2024, 2025, 2026}
    alerts = feed_alerts(daily_feed([row.asDict() for row in rows], (ranges[0][0], until)), FeedSettings())
    assert {(alert.kind, alert.evidence.split(":")[0]) for alert in alerts} == {(AlertKind.SEASON, "orders")}


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


def test_orders_include_voided_lines_but_no_returns(spark):
    frame = orders_by_day(spark.createDataFrame(ROWS, COLUMNS), [(date(2024, 3, 1), date(2024, 3, 3))])
    rows = {row["day"].day: row.asDict() for row in frame.collect()}
    # Ann's first order has two bought lines and one that was voided, so three; and equals her second in lines and gross.
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
    feed = daily_feed([], (date(2024, 3, 1), date(2024, 3, 4)))
    assert (len(feed), feed.orders.tolist(), feed.categories, feed.spend.shape) == (3, [0.0, 0.0, 0.0], (), (3, 0))
    assert np.isnan(feed.line_amount).all()
    assert (feed.day(2), feed.index_of(date(2024, 3, 3))) == (date(2024, 3, 3), 2)
