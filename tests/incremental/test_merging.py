"""Any log gives the same orders whether merged in parts or read at once."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from oracle.typed_lines import Line, lines_frame, uncached
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.incremental.merging import (
    IS_UNAFFECTED,
    LINE_COLUMNS,
    MAX_LATENESS_HOURS,
    Watermark,
    is_unaffected,
    merge_orders,
    rematch_returns,
    rows_with_key,
    straddling_orders,
    sum_order_rows,
)
from segmentation.ingest.orders import aggregate_orders
from segmentation.ingest.returns import ReturnKeys, return_key, with_voided
from segmentation.schemas import Category

CATEGORIES = (Category("Books", "books"), Category("other", "other"))
WITHIN = 24
NIGHTS = [datetime(2024, 3, day) for day in (12, 14, 15, 26)]
"""When the lines so far are ingested."""
MICROSECOND = timedelta(microseconds=1)
LATE = timedelta(hours=MAX_LATENESS_HOURS)


def _at_once(spark, lines):
    frame = lines_frame(spark, lines)
    returns = ReturnKeys(frame.where("is_return").select(return_key().alias("return_key")), 1)
    return aggregate_orders(with_voided(frame, returns, WITHIN, uncached), CATEGORIES, has_products=True)


class Shop:
    """Orders that grow with each ingestion; each table is written and read again."""

    def __init__(self, spark, folder):
        self.spark, self.folder, self.night = spark, folder, 0
        nothing = lines_frame(spark, []).select(*(name for name in LINE_COLUMNS if name != "voided_at"), F.lit(None).cast("timestamp"))
        self.recent = nothing.toDF(*LINE_COLUMNS)
        self.orders = self.final_parts = aggregate_orders(self.recent, CATEGORIES, has_products=True)
        self.watermark = Watermark(None, WITHIN)

    def gets(self, lines):
        first = min((line.ordered_at for line in lines), default=None)
        recent = self.recent.withColumn(IS_UNAFFECTED, is_unaffected(None if first is None else str(first), WITHIN))
        matched = rematch_returns(recent, lines_frame(self.spark, lines), WITHIN, uncached)
        changed = aggregate_orders(matched, CATEGORIES, has_products=True)
        final = self.orders.where(self.watermark.is_final(F.col("last_line_at")))
        orders = self._stored("orders", merge_orders(final, changed, self.final_parts, is_small=bool(self.night % 2)))
        (last,) = orders.agg(F.max("last_line_at").cast("string")).collect()[0]
        self.watermark = Watermark(last, WITHIN)
        old_lines = matched.where(self.watermark.is_final(F.col("ordered_at")))
        parts = [final, self.final_parts, aggregate_orders(old_lines, CATEGORIES, has_products=True)]
        final_parts = self._stored("final_parts", rows_with_key(sum_order_rows(parts), straddling_orders(orders, self.watermark)))
        self.recent = self._stored("recent", matched.where(self.watermark.is_recent(F.col("ordered_at"))))
        self.orders, self.final_parts, self.night = orders, final_parts, self.night + 1

    def _stored(self, name, frame):
        path = str(self.folder / f"{name}{self.night}")
        storage.write_table(frame, path)
        return storage.read_table(self.spark, path)


def _moments():
    """Times around each ingestion, and times that are equal to a day or a week apart, or just miss it."""
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
    """The ingestion that reads a line: the first after it, or the next one if it is not too late then."""
    soonest = sum(night <= at for night in NIGHTS)
    late = comes_late and soonest < len(NIGHTS) and at >= NIGHTS[soonest] - LATE
    return soonest + late


@pytest.mark.slow
@settings(max_examples=1, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(logs=st.lists(EVENTS, min_size=100, max_size=100))
def test_any_log_gives_the_same_orders_incrementally(spark, tmp_path_factory, logs):
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
    assert any(row.lines for row in shop.final_parts.collect())
    expected = _at_once(spark, [line for lines in nights for line in lines])
    assert Counter(shop.orders.select(*expected.columns).collect()) == Counter(expected.collect())


@pytest.mark.parametrize(
    ("hours", "recent", "too_late"),
    [(0, True, False), (-168, True, False), (-169, True, True), (-192, True, True), (-193, False, True)],
)
def test_lines_are_recent_for_a_week_and_as_long_as_they_may_be_voided(spark, hours, recent, too_late):
    watermark = Watermark("2024-03-12 00:00:00", WITHIN)
    at = F.lit(str(NIGHTS[0] + timedelta(hours=hours))).cast("timestamp")
    result = spark.range(1).select(watermark.is_recent(at), watermark.is_too_late(at)).collect()[0]
    assert tuple(result) == (recent, too_late)


def test_where_nothing_is_voided_all_lines_are_final_and_none_is_too_late(spark):
    watermark, at = Watermark("2024-03-12 00:00:00", 0), F.lit("1999-01-01").cast("timestamp")
    assert tuple(spark.range(1).select(watermark.is_recent(at), watermark.is_too_late(at)).collect()[0]) == (False, False)
