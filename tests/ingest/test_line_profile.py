"""The profile of all lines has their totals, spend by category, and keys of returns."""

import pytest
from pyspark.sql import functions as F

from segmentation.ingest.accounting import LineTotals
from segmentation.ingest.line_profile import overview, profile_lines
from segmentation.ingest.returns import return_key

SCHEMA = """is_rejected BOOLEAN, category STRING, is_return BOOLEAN, amount_e4 BIGINT, customer_id STRING, product_id STRING,
            quantity DOUBLE, unit_price_e4 DOUBLE, plain_ids INT"""


def _line(amount_e4, category="Garden", is_rejected=False, customer="7", plain_ids=0b111):
    amount = amount_e4 or 0
    return (is_rejected, category, amount < 0, amount_e4, customer, "MUG", 1.0 if amount > 0 else -1.0, float(abs(amount)), plain_ids)


@pytest.fixture
def profile(spark):
    def of(*lines):
        return profile_lines(spark.createDataFrame(lines, SCHEMA))

    return of


def test_lines_and_amounts_are_counted_by_rejection_and_category(profile):
    result = profile(_line(100), _line(50), _line(7, "Toys"), _line(None), _line(9, is_rejected=True), _line(3, None))
    rows = {(row.is_rejected, row.category): (row.lines, row.amount_e4, row.spend_e4) for row in result.collect()}
    assert rows == {
        (False, "Garden"): (3, 150, 150),
        (False, "Toys"): (1, 7, 7),
        (True, "Garden"): (1, 9, 9),
        (False, None): (1, 3, 3),
    }


def test_accepted_returns_have_a_key_and_no_spend(profile):
    result = profile(_line(100), _line(-100), _line(-100), _line(-100, customer="8")).where(F.col("return_key").isNotNull())
    assert sorted((row.lines, row.amount_e4, row.spend_e4) for row in result.collect()) == [(1, -100, None), (2, -200, None)]


def test_a_purchase_has_the_key_of_its_return(spark, profile):
    bought = spark.createDataFrame([_line(100)], SCHEMA).select(return_key()).first()[0]
    assert [row.return_key for row in profile(_line(-100)).collect()] == [bought]


def test_a_rejected_return_has_no_key(profile):
    assert [row.return_key for row in profile(_line(-100, is_rejected=True)).collect()] == [None]


@pytest.mark.parametrize(("amounts", "expected"), [((60, 40, -30, None), LineTotals(4, 70)), ((), LineTotals(0, 0))])
def test_lines_are_counted_with_or_without_an_amount(profile, amounts, expected):
    assert overview(profile(*map(_line, amounts))).totals == expected


def test_ids_are_plain_if_they_are_plain_on_every_line_including_rejected_ones(profile):
    result = profile(_line(100), _line(-50, plain_ids=0b011), _line(7, is_rejected=True, plain_ids=0b110))
    assert overview(result).plain_ids == {"order_id"}


def test_no_ids_are_plain_where_there_are_no_lines(profile):
    assert overview(profile()).plain_ids == frozenset()
