"""The same customer, order or product has one id, whatever its type and however it is written."""

from decimal import Decimal

import pytest
from chispa import assert_df_equality
from ingest.logs import column, log_of, source_with, typed
from pyspark.sql import functions as F

from segmentation.ingest.ids import ids_from_bits
from segmentation.ingest.lines import typed_lines
from segmentation.settings import RulesSettings


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
    assert column(typed(spark, {"customer_id": (kind, [value])}), "customer_id") == ["17850"]


def test_only_a_whole_number_loses_its_decimals(spark):
    texts = ["17850.5", "17850.50", "A1.0", "1.2.0", "0017", "100", "10.10"]
    assert column(typed(spark, {"customer_id": ("STRING", texts)}), "customer_id") == texts


def test_ids_that_differ_in_invisible_characters_are_one(spark):
    texts = ["\u00a0c1\u200b", "\tc1\r", "\ufeffc\u00ad1", "\uff43\uff11", "\u3000c1", "c\u00a01", "Andr\u00e9"]
    ids = column(typed(spark, {"customer_id": ("STRING", texts)}), "customer_id")
    assert ids == ["c1", "c1", "c1", "c1", "c1", "c\u00a01", "Andr\u00e9"]


def test_a_damaged_id_is_no_customer(spark):
    lines = typed(spark, {"customer_id": ("STRING", ["c\ufffd", "c\x001", "c1", None, "17850.0"])})
    assert column(lines, F.struct("customer_id", "has_unreadable_id")) == [
        (None, True),
        (None, True),
        ("c1", False),
        (None, False),
        ("17850", False),
    ]


def test_ids_are_plain_where_they_are_canonical_already(spark):
    result = typed(
        spark,
        {
            "customer_id": ("STRING", ["7", "17850.0", None, "c\ufffd", ""]),
            "order_id": ("STRING", ["A1", "a1", "A1", "A1 ", "A1"]),
            "product_id": ("INT", [1, 2, 3, 4, 5]),
        },
    )
    plain = [ids_from_bits(bits) for bits in column(result, "plain_ids")]
    assert plain == [{"customer_id", "order_id"}, set(), {"customer_id", "order_id"}, set(), {"order_id"}]


def test_plain_ids_are_used_unchanged(spark):
    log = log_of(spark, {"customer_id": ("STRING", ["7", None, "aB1"]), "order_id": ("STRING", ["A1", "C2", None])})
    plain = typed_lines(log, source_with(), RulesSettings(), {"customer_id", "order_id"})
    assert_df_equality(plain, typed_lines(log, source_with(), RulesSettings()), ignore_nullable=True)


def test_large_ids_stored_as_double_are_written_without_exponent(spark):
    doubles = [12345678901.0, 123456789012345680.0, -5.0, 0.5]
    ids = column(typed(spark, {"customer_id": ("DOUBLE", doubles)}), "customer_id")
    assert ids == ["12345678901", "123456789012345680", "-5", "0.5"]


def test_a_missing_customer_is_null_for_every_missing_value(spark):
    texts = ["", "  ", "NaN", "null", "None", "N/A", "n/a", None, "nano", "0"]
    ids = column(typed(spark, {"customer_id": ("STRING", texts)}), "customer_id")
    assert ids == [None] * 8 + ["nano", "0"]


def test_a_customer_that_is_no_number_as_double_is_missing(spark):
    assert column(typed(spark, {"customer_id": ("DOUBLE", [float("nan"), None])}), "customer_id") == [None, None]


def test_missing_values_are_those_of_the_settings(spark):
    source = source_with(missing_values=("-", "Unknown"))
    lines = typed(spark, {"customer_id": ("STRING", ["-", "UNKNOWN", "null", ""])}, source=source)
    assert column(lines, "customer_id") == [None, None, "null", ""]


def test_no_missing_values_means_that_every_text_is_an_id(spark):
    lines = typed(spark, {"customer_id": ("STRING", ["", "null"])}, source=source_with(missing_values=()))
    assert column(lines, "customer_id") == ["", "null"]


def test_order_numbers_are_one_whatever_their_case(spark):
    lines = typed(spark, {"order_id": ("STRING", ["c536379", "C536379", " 536365 ", "536365.0", "nan"])})
    assert column(lines, "order_id") == ["C536379", "C536379", "536365", "536365", None]


def test_product_codes_are_trimmed_and_upper_cased(spark):
    lines = typed(spark, {"product_id": ("STRING", [" 85123a", "85123A ", "post", "22423.0", ""])})
    assert column(lines, "product_id") == ["85123A", "85123A", "POST", "22423", None]


def test_customers_are_case_sensitive(spark):
    assert column(typed(spark, {"customer_id": ("STRING", ["aB1"])}), "customer_id") == ["aB1"]
