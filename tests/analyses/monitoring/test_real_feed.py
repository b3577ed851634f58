"""A real retailer's log: nothing is reported but the days on which it was closed."""

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest

from segmentation.analyses.monitoring.daily_feed import daily_feed
from segmentation.analyses.monitoring.decision import AlertKind, MonitoringVerdict
from segmentation.analyses.monitoring.feed_checks import feed_alerts
from segmentation.analyses.monitoring.settings import FeedSettings

FIRST, LAST = date(2010, 12, 1), date(2011, 12, 9)
HOLIDAYS = ("2011-04-22", "2011-04-24", "2011-04-25", "2011-04-29", "2011-05-02", "2011-05-30", "2011-08-29")
"""Days without an order on which it usually had some: Easter, a royal wedding, and the bank holidays of May and August."""
BY_DAY = """
WITH lines AS (
    SELECT CustomerID AS customer, InvoiceNo AS number, InvoiceDate::TIMESTAMP AS bought_at, Quantity::INT * UnitPrice::DOUBLE AS amount,
        Description ILIKE '%bag%' AS is_bag
    FROM read_csv('{folder}/online_retail/*.csv.gz', all_varchar = true)
    WHERE CustomerID IS NOT NULL AND Quantity::INT > 0 AND UnitPrice::DOUBLE > 0),
orders AS (
    SELECT customer, number, min(bought_at)::DATE AS day, count(*) AS lines, round(sum(amount) * 1e4) AS gross,
        coalesce(sum(amount) FILTER (is_bag), 0) * 1e4 AS bags, coalesce(sum(amount) FILTER (NOT is_bag), 0) * 1e4 AS others
    FROM lines GROUP BY ALL),
alike AS (SELECT customer, day, lines, gross, count(*) AS times, sum(bags) AS bags, sum(others) AS others,
        count(*) FILTER (bags > 0) AS with_bags, count(*) FILTER (others > 0) AS with_others FROM orders GROUP BY ALL),
customers AS (SELECT customer, day, sum(times) AS orders, sum(times - 1) AS repeated, sum(times * (lines % 2)) AS odd,
        sum(times * lines) AS lines, sum(times * gross) AS gross, sum(bags) AS bags, sum(others) AS others,
        sum(with_bags) AS with_bags, sum(with_others) AS with_others
    FROM alike GROUP BY ALL)
SELECT day, count(*) AS customers, median(gross / lines) AS line_amount_e4, sum(orders) AS orders, sum(repeated) AS repeated_orders,
    sum(odd) AS odd_orders, sum(lines) AS lines, sum(gross) AS gross_e4, sum(bags) AS spend_e4_bags, sum(others) AS spend_e4_others,
    sum(with_bags) AS orders_bags, sum(with_others) AS orders_others
FROM customers GROUP BY day
"""


@pytest.fixture(scope="module")
def days(real_data):
    result = duckdb.sql(BY_DAY.format(folder=real_data))
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]
    return daily_feed(rows, (FIRST, LAST + timedelta(days=1)))


def _alarms(days, settings):
    """Each thing that any night from February on calls to stop or to refit for, with the day it began."""
    alarms = set()
    for night in range((date(2011, 2, 1) - FIRST).days, len(days) + 1):
        feed = replace(days, **{name: value[:night] for name, value in vars(days).items() if name not in ("first", "categories")})
        alarms |= {(c.kind, str(c.since)) for c in feed_alerts(feed, settings) if c.verdict is not MonitoringVerdict.CONTINUE}
    return alarms


def test_three_hundred_nights_report_seven_holidays_and_nothing_else(days):
    assert _alarms(days, FeedSettings()) == {(AlertKind.DAY_MISSING, day) for day in HOLIDAYS}


def test_holidays_of_the_settings_are_not_reported(days):
    assert _alarms(days, FeedSettings(holidays=tuple(map(date.fromisoformat, HOLIDAYS)))) == set()
