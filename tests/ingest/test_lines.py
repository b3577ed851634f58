"""Times are readable and amounts exact, whatever the types of the log."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from ingest.logs import USUAL, column, source_with, typed
from pyspark.sql import functions as F

from segmentation.ingest.lines import with_default_order_id
from segmentation.settings import RulesSettings

AMOUNT_ONLY = {name: USUAL[name] for name in ("customer_id", "ordered_at")}


def _times(spark, kind, values, timestamp_format=None):
    lines = typed(spark, {"ordered_at": (kind, values)}, source=source_with(timestamp_format=timestamp_format))
    return column(lines.withColumn("text", F.date_format("ordered_at", "yyyy-MM-dd HH:mm:ss.SSSSSS")), "text")


def test_times_outside_the_years_of_four_digits_are_null(spark):
    texts = ["0000-12-31", "0001-01-01", "9999-12-31 23:59:59", "10000-01-01"]
    assert _times(spark, "STRING", texts) == [None, "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.000000", None]


def test_descriptions_and_categories_are_trimmed_and_null_where_blank(spark):
    lines = typed(spark, {"description": ("STRING", [" Mug ", "  "]), "category": ("STRING", ["", " Kitchen"])})
    assert column(lines, F.struct("description", "category")) == [("Mug", None), (None, "Kitchen")]


def test_columns_that_the_log_lacks_are_null(spark):
    lines = typed(spark, {"customer_id": ("STRING", ["1"])})
    assert column(lines, F.struct("order_id", "product_id", "description", "category")) == [(None, None, None, None)]


def test_source_has_every_original_column_unchanged(spark):
    given = {"customer_id": ("STRING", [" 17850.0"]), "quantity": ("STRING", ["1,5"]), "unit_price": ("DOUBLE", [2.5])}
    (source,) = column(typed(spark, given), "source")
    assert source.asDict() == {"customer_id": " 17850.0", "quantity": "1,5", "unit_price": 2.5, "ordered_at": "2024-01-31 10:00:00"}


def test_a_stated_format_reads_its_texts_and_nothing_else(spark):
    texts = ["12/1/2010 8:26", " 1/31/2011 17:05 ", "31/1/2011 17:05", "2011-01-31 17:05:00", "", None]
    times = _times(spark, "STRING", texts, "M/d/yyyy H:mm")
    assert times == ["2010-12-01 08:26:00.000000", "2011-01-31 17:05:00.000000", None, None, None, None]


def test_without_a_format_iso_texts_are_read(spark):
    texts = ["2024-01-31", "2024-01-31 09:05", "2024-01-31T09:05:06.789Z", "2024-01-31T09:05:06+02:00", "31.01.2024", "soon"]
    assert _times(spark, "STRING", texts) == [
        "2024-01-31 00:00:00.000000",
        "2024-01-31 09:05:00.000000",
        "2024-01-31 09:05:06.789000",
        "2024-01-31 07:05:06.000000",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("TIMESTAMP", datetime(2024, 1, 31, 9, 5, 6, 123456, tzinfo=UTC), "2024-01-31 09:05:06.123456"),
        ("TIMESTAMP_NTZ", datetime(2024, 1, 31, 9, 5, 6, 123456), "2024-01-31 09:05:06.123456"),
        ("DATE", date(2024, 1, 31), "2024-01-31 00:00:00.000000"),
    ],
)
def test_times_of_the_right_type_stay_as_they_are_whatever_the_format_says(spark, kind, value, expected):
    assert _times(spark, kind, [value], "M/d/yyyy H:mm") == [expected]


@pytest.mark.parametrize(
    ("timestamp_format", "value"),
    [
        ("epoch_seconds", 1706691906),
        ("epoch_milliseconds", 1706691906000),
        ("epoch_microseconds", 1706691906000000),
        ("epoch_nanoseconds", 1706691906000000000),
    ],
)
def test_epochs_are_read_from_numbers_and_from_texts(spark, timestamp_format, value):
    assert _times(spark, "BIGINT", [value], timestamp_format) == ["2024-01-31 09:05:06.000000"]
    assert _times(spark, "STRING", [str(value), "soon"], timestamp_format) == ["2024-01-31 09:05:06.000000", None]


def test_a_number_without_a_stated_epoch_is_no_time(spark):
    assert _times(spark, "BIGINT", [1706691906]) == [None]


def test_amounts_are_exact_to_a_ten_thousandth(spark):
    lines = {
        ("80995", "2.08"): 1_684_696_000,
        ("80995", "1.235"): 1_000_288_250,
        ("3", "0.0001"): 3,
        ("10", "0.57"): 57_000,  # 0.57 x 10,000 is a little less than 5,700 in doubles
        ("0.33", "0.0002"): 1,
        ("7", "0.1"): 7_000,
        ("0.25", "2.99"): 7_475,
        ("-12", "1.95"): -234_000,
        ("74215", "77183.6"): None,  # beyond a billion
        ("1000000000", "1"): 10_000_000_000_000,
    }
    given = {name: ("STRING", [pair[place] for pair in lines]) for place, name in enumerate(("quantity", "unit_price"))}
    assert column(typed(spark, given), "amount_e4") == list(lines.values())


def test_prices_stored_as_double_or_decimal_give_the_same_amounts_as_texts(spark):
    quantities = ("INT", [80995, 7])
    doubles = typed(spark, {"quantity": quantities, "unit_price": ("DOUBLE", [1.235, 0.1])})
    decimals = typed(spark, {"quantity": quantities, "unit_price": ("DECIMAL(10,3)", [Decimal("1.235"), Decimal("0.1")])})
    assert column(doubles, "amount_e4") == column(decimals, "amount_e4") == [1_000_288_250, 7_000]


def test_what_is_no_finite_number_is_null(spark):
    texts = ["1,234.5", "0x1p3", "£3", "NaN", "Infinity", "-Infinity", "three", "", None, " 2.50 ", "1e2"]
    assert column(typed(spark, {"quantity": ("STRING", texts)}), "quantity") == [None] * 9 + [2.5, 100.0]


def test_a_double_that_is_no_number_or_infinite_is_null(spark):
    lines = typed(spark, {"unit_price": ("DOUBLE", [float("nan"), float("inf"), float("-inf"), 2.5])})
    assert column(lines, "unit_price_e4") == [None, None, None, 25_000.0]


def test_products_beyond_any_number_have_no_amount_instead_of_failing(spark):
    given = {"quantity": ("STRING", ["1e308", "0", "1e200"]), "unit_price": ("STRING", ["1e308", "1e308", "1e-4"])}
    assert column(typed(spark, given), "amount_e4") == [None, 0, None]


def test_an_amount_alone_is_one_unit_at_that_price(spark):
    lines = typed(spark, {"amount": ("STRING", ["10.55", "-3", "0", "1,5", "80995.1235"])}, AMOUNT_ONLY)
    assert column(lines, F.struct("quantity", "unit_price_e4", "amount_e4", "is_return")) == [
        (1.0, 105_500.0, 105_500, False),
        (-1.0, 30_000.0, -30_000, True),
        (0.0, 0.0, 0, False),
        (None, None, None, False),
        (1.0, 809_951_235.0, 809_951_235, False),
    ]


def test_a_discount_lowers_what_was_paid_and_what_is_paid_back(spark):
    given = {
        "quantity": ("STRING", ["2", "-2", "2", "2"]),
        "unit_price": ("STRING", ["3", "3", "3", "3"]),
        "discount": ("STRING", ["1.5", "1.5", "", None]),
    }
    assert column(typed(spark, given), "amount_e4") == [45_000, -45_000, 60_000, 60_000]


def test_a_negative_quantity_is_a_return(spark):
    lines = typed(spark, {"quantity": ("STRING", ["-1", "1", "0", "x"])})
    assert column(lines, "is_return") == [True, False, False, False]


def test_a_cancelled_order_number_is_a_return_whatever_its_case(spark):
    given = {"order_id": ("STRING", ["C1", "c2", "3", None, "1C"])}
    rules = RulesSettings(cancelled_order_prefix="c")
    assert column(typed(spark, given, rules=rules), "is_return") == [True, True, False, False, False]


def test_without_a_stated_prefix_no_order_number_makes_a_return(spark):
    assert column(typed(spark, {"order_id": ("STRING", ["C1"])}), "is_return") == [False]


def test_a_line_without_an_order_number_belongs_to_the_order_of_its_day(spark):
    given = {
        "order_id": ("STRING", ["A1", None, None]),
        "ordered_at": ("STRING", ["2024-01-31 10:00:00", "2024-01-31 23:59:59", "2024-02-01"]),
    }
    assert column(typed(spark, given).transform(with_default_order_id), "order_id") == ["A1", "2024-01-31", "2024-02-01"]
