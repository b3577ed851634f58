"""Ids come out canonical, times readable, amounts exact, whatever the log's own types."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from segmentation.ingest.ids import names_of_plain
from segmentation.ingest.lines import typed_lines, with_order_of_the_day
from segmentation.settings import Columns, InputSettings, RulesSettings

USUAL = {
    "customer_id": ("STRING", "7"),
    "ordered_at": ("STRING", "2024-01-31 10:00:00"),
    "quantity": ("STRING", "1"),
    "unit_price": ("STRING", "1"),
}
AMOUNT_ONLY = {name: USUAL[name] for name in ("customer_id", "ordered_at")}


def _source(**changes):
    columns = Columns(customer_id="who", ordered_at="when", amount="what")
    return InputSettings(format="csv", path="log", columns=columns, **changes)


def _log(spark, given, usual=USUAL):
    """A log; `given` holds (type, value of each line) by column, the other columns are as usual."""
    count = len(next(iter(given.values()))[1])
    columns = {name: (kind, [value] * count) for name, (kind, value) in usual.items()} | given
    schema = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
    rows = list(zip(*(values for _, values in columns.values()), strict=True))
    return spark.createDataFrame(rows, schema).withColumn("record", F.lit(None).cast("string"))


def _typed(spark, given, usual=USUAL, source=None, rules=None):
    return typed_lines(_log(spark, given, usual), source or _source(), rules or RulesSettings())


def _column(lines, name):
    return [row[0] for row in lines.select(name).collect()]


def _times(spark, kind, values, timestamp_format=None):
    lines = _typed(spark, {"ordered_at": (kind, values)}, source=_source(timestamp_format=timestamp_format))
    return _column(lines.withColumn("text", F.date_format("ordered_at", "yyyy-MM-dd HH:mm:ss.SSSSSS")), "text")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("STRING", "17850"),
        ("STRING", "17850.0"),
        ("STRING", " 17850.00 "),
        ("DOUBLE", 17850.0),
        ("FLOAT", 17850.0),
        ("INT", 17850),
        ("BIGINT", 17850),
        ("DECIMAL(12,2)", Decimal("17850.00")),
    ],
)
def test_a_customer_is_one_whatever_the_type_of_the_id(spark, kind, value):
    assert _column(_typed(spark, {"customer_id": (kind, [value])}), "customer_id") == ["17850"]


def test_only_a_whole_number_loses_its_decimals(spark):
    texts = ["17850.5", "17850.50", "A1.0", "1.2.0", "0017", "100", "10.10"]
    assert _column(_typed(spark, {"customer_id": ("STRING", texts)}), "customer_id") == texts


def test_ids_that_look_alike_are_one(spark):
    texts = ["\u00a0c1\u200b", "\tc1\r", "\ufeffc\u00ad1", "\uff43\uff11", "\u3000c1", "c\u00a01", "Andr\u00e9"]
    ids = _column(_typed(spark, {"customer_id": ("STRING", texts)}), "customer_id")
    assert ids == ["c1", "c1", "c1", "c1", "c1", "c\u00a01", "Andr\u00e9"]


def test_a_damaged_id_is_nobody_s(spark):
    lines = _typed(spark, {"customer_id": ("STRING", ["c\ufffd", "c\x001", "c1", None, "17850.0"])})
    assert _column(lines, F.struct("customer_id", "has_unreadable_id")) == [
        (None, True),
        (None, True),
        ("c1", False),
        (None, False),
        ("17850", False),
    ]


def test_ids_are_plain_where_they_stand_as_they_are_canonical(spark):
    found = _typed(
        spark,
        {
            "customer_id": ("STRING", ["7", "17850.0", None, "c\ufffd", ""]),
            "order_id": ("STRING", ["A1", "a1", "A1", "A1 ", "A1"]),
            "product_id": ("INT", [1, 2, 3, 4, 5]),
        },
    )
    plain = [names_of_plain(bits) for bits in _column(found, "plain_ids")]
    assert plain == [{"customer_id", "order_id"}, set(), {"customer_id", "order_id"}, set(), {"order_id"}]


def test_plain_ids_are_taken_as_they_stand(spark):
    log = _log(spark, {"customer_id": ("STRING", ["7", None, "aB1"]), "order_id": ("STRING", ["A1", "C2", None])})
    plain = typed_lines(log, _source(), RulesSettings(), {"customer_id", "order_id"})
    assert_df_equality(plain, typed_lines(log, _source(), RulesSettings()), ignore_nullable=True)


def test_times_outside_the_years_of_four_digits_are_null(spark):
    texts = ["0000-12-31", "0001-01-01", "9999-12-31 23:59:59", "10000-01-01"]
    assert _times(spark, "STRING", texts) == [None, "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.000000", None]


def test_large_ids_kept_as_double_are_written_without_exponent(spark):
    doubles = [12345678901.0, 123456789012345680.0, -5.0, 0.5]
    ids = _column(_typed(spark, {"customer_id": ("DOUBLE", doubles)}), "customer_id")
    assert ids == ["12345678901", "123456789012345680", "-5", "0.5"]


def test_a_missing_customer_is_null_whatever_stands_for_nothing(spark):
    texts = ["", "  ", "NaN", "null", "None", "N/A", "n/a", None, "nano", "0"]
    ids = _column(_typed(spark, {"customer_id": ("STRING", texts)}), "customer_id")
    assert ids == [None] * 8 + ["nano", "0"]


def test_a_customer_that_is_no_number_as_double_is_missing(spark):
    assert _column(_typed(spark, {"customer_id": ("DOUBLE", [float("nan"), None])}), "customer_id") == [None, None]


def test_missing_values_are_those_of_the_settings(spark):
    source = _source(missing_values=("-", "Unknown"))
    lines = _typed(spark, {"customer_id": ("STRING", ["-", "UNKNOWN", "null", ""])}, source=source)
    assert _column(lines, "customer_id") == [None, None, "null", ""]


def test_no_missing_values_means_that_every_text_is_an_id(spark):
    lines = _typed(spark, {"customer_id": ("STRING", ["", "null"])}, source=_source(missing_values=()))
    assert _column(lines, "customer_id") == ["", "null"]


def test_order_numbers_are_one_whatever_their_case(spark):
    lines = _typed(spark, {"order_id": ("STRING", ["c536379", "C536379", " 536365 ", "536365.0", "nan"])})
    assert _column(lines, "order_id") == ["C536379", "C536379", "536365", "536365", None]


def test_product_codes_are_trimmed_and_upper_cased(spark):
    lines = _typed(spark, {"product_id": ("STRING", [" 85123a", "85123A ", "post", "22423.0", ""])})
    assert _column(lines, "product_id") == ["85123A", "85123A", "POST", "22423", None]


def test_customers_keep_their_case(spark):
    assert _column(_typed(spark, {"customer_id": ("STRING", ["aB1"])}), "customer_id") == ["aB1"]


def test_descriptions_and_categories_are_trimmed_and_null_where_blank(spark):
    lines = _typed(spark, {"description": ("STRING", [" Mug ", "  "]), "category": ("STRING", ["", " Kitchen"])})
    assert _column(lines, F.struct("description", "category")) == [("Mug", None), (None, "Kitchen")]


def test_columns_that_the_log_lacks_are_null(spark):
    lines = _typed(spark, {"customer_id": ("STRING", ["1"])})
    assert _column(lines, F.struct("order_id", "product_id", "description", "category")) == [(None, None, None, None)]


def test_the_source_keeps_every_column_as_it_stood(spark):
    given = {"customer_id": ("STRING", [" 17850.0"]), "quantity": ("STRING", ["1,5"]), "unit_price": ("DOUBLE", [2.5])}
    (source,) = _column(_typed(spark, given), "source")
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
    assert _column(_typed(spark, given), "amount_e4") == list(lines.values())


def test_prices_kept_as_double_or_decimal_give_the_same_amounts_as_texts(spark):
    quantities = ("INT", [80995, 7])
    doubles = _typed(spark, {"quantity": quantities, "unit_price": ("DOUBLE", [1.235, 0.1])})
    decimals = _typed(spark, {"quantity": quantities, "unit_price": ("DECIMAL(10,3)", [Decimal("1.235"), Decimal("0.1")])})
    assert _column(doubles, "amount_e4") == _column(decimals, "amount_e4") == [1_000_288_250, 7_000]


def test_what_is_no_finite_number_is_null(spark):
    texts = ["1,234.5", "0x1p3", "£3", "NaN", "Infinity", "-Infinity", "three", "", None, " 2.50 ", "1e2"]
    assert _column(_typed(spark, {"quantity": ("STRING", texts)}), "quantity") == [None] * 9 + [2.5, 100.0]


def test_a_double_that_is_no_number_or_infinite_is_null(spark):
    lines = _typed(spark, {"unit_price": ("DOUBLE", [float("nan"), float("inf"), float("-inf"), 2.5])})
    assert _column(lines, "unit_price_e4") == [None, None, None, 25_000.0]


def test_products_beyond_any_number_have_no_amount_instead_of_failing(spark):
    given = {"quantity": ("STRING", ["1e308", "0", "1e200"]), "unit_price": ("STRING", ["1e308", "1e308", "1e-4"])}
    assert _column(_typed(spark, given), "amount_e4") == [None, 0, None]


def test_an_amount_alone_is_one_unit_at_that_price(spark):
    lines = _typed(spark, {"amount": ("STRING", ["10.55", "-3", "0", "1,5", "80995.1235"])}, AMOUNT_ONLY)
    assert _column(lines, F.struct("quantity", "unit_price_e4", "amount_e4", "is_return")) == [
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
    assert _column(_typed(spark, given), "amount_e4") == [45_000, -45_000, 60_000, 60_000]


def test_a_negative_quantity_is_a_return(spark):
    lines = _typed(spark, {"quantity": ("STRING", ["-1", "1", "0", "x"])})
    assert _column(lines, "is_return") == [True, False, False, False]


def test_a_cancelled_order_number_is_a_return_whatever_its_case(spark):
    given = {"order_id": ("STRING", ["C1", "c2", "3", None, "1C"])}
    rules = RulesSettings(cancelled_order_prefix="c")
    assert _column(_typed(spark, given, rules=rules), "is_return") == [True, True, False, False, False]


def test_without_a_stated_prefix_no_order_number_makes_a_return(spark):
    assert _column(_typed(spark, {"order_id": ("STRING", ["C1"])}), "is_return") == [False]


def test_a_line_without_an_order_number_belongs_to_the_order_of_its_day(spark):
    given = {
        "order_id": ("STRING", ["A1", None, None]),
        "ordered_at": ("STRING", ["2024-01-31 10:00:00", "2024-01-31 23:59:59", "2024-02-01"]),
    }
    assert _column(_typed(spark, given).transform(with_order_of_the_day), "order_id") == ["A1", "2024-01-31", "2024-02-01"]
