"""Any log gives the same orders night by night as all at once."""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.ingest.cancellations import Returns, return_key, with_voided
from segmentation.ingest.categories import Category
from segmentation.ingest.nights import IS_OVER, LATE_HOURS, LINE_COLUMNS, Horizon, added_up, astride, only_of, over, rematched, with_fresh
from segmentation.ingest.orders import to_orders

SCHEMA = """customer_id STRING, product_id STRING, quantity DOUBLE, unit_price_e4 DOUBLE, ordered_at TIMESTAMP_NTZ,
            is_return BOOLEAN, order_id STRING, category INT, amount_e4 BIGINT"""
CATEGORIES = (Category("Books", "books"), Category("other", "other"))
WITHIN = 24
NIGHTS = [datetime(2024, 3, day) for day in (12, 14, 15, 26)]
"""When the lines so far are handed over."""
MICROSECOND = timedelta(microseconds=1)
LATE = timedelta(hours=LATE_HOURS)


class Line(NamedTuple):
    customer_id: str
    product_id: str | None
    quantity: float
    unit_price_e4: float
    ordered_at: datetime
    is_return: bool
    order_id: str
    category: int
    amount_e4: int


def _as_it_is(frame):
    """Keeps nothing: these frames are tiny."""
    return frame


def _frame(spark, lines):
    frame = spark.createDataFrame(lines, SCHEMA)
    return frame.withColumn("ordered_at", frame.ordered_at.cast("timestamp"))


def _at_once(spark, lines):
    frame = _frame(spark, lines)
    returns = Returns(frame.where("is_return").select(return_key().alias("return_key")), 1)
    return to_orders(with_voided(frame, returns, WITHIN, _as_it_is), CATEGORIES, has_products=True)


class Shop:
    """Orders as they grow by night, each table written and read again."""

    def __init__(self, spark, folder):
        self.spark, self.folder, self.night = spark, folder, 0
        nothing = _frame(spark, []).select(*(name for name in LINE_COLUMNS if name != "voided_at"), F.lit(None).cast("timestamp"))
        self.recent = nothing.toDF(*LINE_COLUMNS)
        self.orders = self.older = to_orders(self.recent, CATEGORIES, has_products=True)
        self.horizon = Horizon(None, WITHIN)

    def gets(self, lines):
        first = min((line.ordered_at for line in lines), default=None)
        recent = self.recent.withColumn(IS_OVER, over(None if first is None else str(first), WITHIN))
        matched = rematched(recent, _frame(self.spark, lines), WITHIN, _as_it_is)
        fresh = to_orders(matched, CATEGORIES, has_products=True)
        settled = self.orders.where(self.horizon.is_settled(F.col("last_line_at")))
        orders = self._kept("orders", with_fresh(settled, fresh, self.older, few=bool(self.night % 2)))
        (last,) = orders.agg(F.max("last_line_at").cast("string")).collect()[0]
        self.horizon = Horizon(last, WITHIN)
        old_lines = matched.where(self.horizon.is_settled(F.col("ordered_at")))
        parts = [settled, self.older, to_orders(old_lines, CATEGORIES, has_products=True)]
        older = self._kept("older", only_of(added_up(parts), astride(orders, self.horizon)))
        self.recent = self._kept("recent", matched.where(self.horizon.is_recent(F.col("ordered_at"))))
        self.orders, self.older, self.night = orders, older, self.night + 1

    def _kept(self, name, frame):
        path = str(self.folder / f"{name}{self.night}")
        storage.write_table(frame, path)
        return storage.read_table(self.spark, path)


def _moments():
    """Times around each handing over, and times that meet or miss one another by a day or a week."""
    hours = (-176, -152, -49, -25, -24, -1, 0, 1, 23, 24)
    around = [night + timedelta(hours=hour) for night in NIGHTS for hour in hours]
    return sorted({*around, *(NIGHTS[1] + timedelta(hours=hour) + MICROSECOND for hour in (-25, -24, -1, 0))})


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["MUG", "MUG", "CUP", None]),
        st.sampled_from([1.0, 1.0, 2.0]),
        st.sampled_from(_moments()),
        st.booleans(),
        st.sampled_from(["A1", "A2", "C1"]),
        st.sampled_from([0, 1]),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


def _night_of(at, comes_late):
    """The night a line is handed over with: the first after it, or the one after that, where it then is not too late."""
    soonest = sum(night <= at for night in NIGHTS)
    late = comes_late and soonest < len(NIGHTS) and at >= NIGHTS[soonest] - LATE
    return soonest + late


@pytest.mark.slow
@settings(max_examples=1, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(logs=st.lists(EVENTS, min_size=100, max_size=100))
def test_any_log_gives_the_same_orders_night_by_night(spark, tmp_path_factory, logs):
    assume(logs[0] != logs[1])  # hypothesis begins with logs all alike, too dull for a Spark job
    nights = [[] for _ in range(len(NIGHTS) + 2)]
    for number, events in enumerate(logs):
        for product, units, at, back, order, category, comes_late in events:
            signed = -units if back else units
            line = Line(f"customer {number}", product, signed, 10_000.0, at, back, order, category, int(signed * 10_000))
            nights[_night_of(at, comes_late)].append(line)
    shop = Shop(spark, tmp_path_factory.mktemp("shop"))
    for lines in nights:
        shop.gets(lines)
    assert any(row.lines for row in shop.older.collect())
    expected = _at_once(spark, [line for lines in nights for line in lines])
    assert Counter(shop.orders.select(*expected.columns).collect()) == Counter(expected.collect())


@pytest.mark.parametrize(
    ("hours", "recent", "too_late"),
    [(0, True, False), (-168, True, False), (-169, True, True), (-192, True, True), (-193, False, True)],
)
def test_lines_are_kept_for_a_week_and_as_long_as_they_may_be_voided(spark, hours, recent, too_late):
    horizon = Horizon("2024-03-12 00:00:00", WITHIN)
    at = F.lit(str(NIGHTS[0] + timedelta(hours=hours))).cast("timestamp")
    found = spark.range(1).select(horizon.is_recent(at), horizon.is_too_late(at)).collect()[0]
    assert tuple(found) == (recent, too_late)


def test_where_nothing_is_voided_nothing_is_kept_and_no_line_is_too_late(spark):
    horizon, at = Horizon("2024-03-12 00:00:00", 0), F.lit("1999-01-01").cast("timestamp")
    assert tuple(spark.range(1).select(horizon.is_recent(at), horizon.is_too_late(at)).collect()[0]) == (False, False)
