"""Orders follow the year, the week and the opening hours, and never go back in time."""

from collections import Counter
from datetime import date, timedelta

import pytest
from pyspark.sql import functions as F

from segmentation.synthetic import Retailer
from segmentation.synthetic.season import active_days, days_until, quietest_day, seconds_until

RETAILER = Retailer(lines=40_000, seed=5)


@pytest.fixture(scope="module")
def moments(spark):
    orders = spark.range(RETAILER.orders)
    return [row[0] for row in orders.select(seconds_until(days_until(RETAILER, F.col("id")))).collect()]


def test_a_later_order_is_never_earlier(moments):
    assert moments == sorted(moments)


def test_the_log_fills_its_period(moments):
    days = [moment // 86_400 for moment in moments]
    assert (days[0], days[-1]) == (0, 730)


def test_the_shop_is_open_from_8_to_20_and_busiest_at_midday(moments):
    hours = Counter(moment % 86_400 // 3600 for moment in moments)
    assert set(hours) == set(range(8, 20))
    assert max(hours, key=hours.get) in (13, 14)


def test_december_is_the_busiest_month_and_sunday_the_quietest_day(moments):
    dates = [date(2024, 1, 1) + timedelta(days=moment // 86_400) for moment in moments]
    months, weekdays = Counter(day.month for day in dates), Counter(day.weekday() for day in dates)
    assert max(months, key=months.get) == 12
    assert min(weekdays, key=weekdays.get) == 6


def test_the_quietest_day_has_fewer_orders_than_an_average_one():
    assert 0 < quietest_day(RETAILER) < RETAILER.orders / RETAILER.days / 2


def test_lapsed_customers_stop_and_new_ones_begin():
    always, _, _, lapsed, new = active_days(RETAILER)
    assert (always, lapsed, new) == (range(731), range(292), range(643, 731))
