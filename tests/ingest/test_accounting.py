"""The accounting: every line, customer and ten-thousandth is in one outcome, and faults are reported."""

import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pyspark.sql import functions as F

from segmentation.analyses.data_quality.tables import ACCOUNTING
from segmentation.ingest.accounting import (
    CustomerCounts,
    LineTotals,
    OrderSummary,
    Rejections,
    accounting_faults,
    accounting_rows,
    count_rejections,
    distinct_customers,
    summarize_orders,
)
from segmentation.ingest.line_profile import overview, profile_lines
from segmentation.ingest.lines import typed_lines
from segmentation.ingest.orders import aggregate_orders
from segmentation.ingest.rules import IS_REJECTED, rejected_lines, with_rejection
from segmentation.settings import settings_from_dict

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
REJECTED = Rejections(
    {
        ("guest",): LineTotals(5, 500_000),
        ("guest", "zero_quantity"): LineTotals(2, 0),
        ("zero_quantity",): LineTotals(1, 0),
        ("price_not_above_zero", "not_a_product"): LineTotals(3, -40_001),
    }
)
IN_ORDERS = {
    ("accepted", "purchase"): LineTotals(80, 9_000_000),
    ("accepted", "return"): LineTotals(4, -70_000),
    ("voided", "purchase"): LineTotals(2, 20_000),
    ("voided", "return"): LineTotals(2, -20_000),
}
READ = LineTotals(99, 9_389_999)


def _rows(read=READ, segmented=12, seen=16):
    customers = CustomerCounts(seen, segmented, {"rejected_only": 3, "no_purchase": 1})
    return accounting_rows(read, REJECTED, IN_ORDERS, customers)


def _orders(spark, *rows):
    schema = "customer_id STRING, lines BIGINT, return_lines BIGINT, gross_e4 BIGINT, returned_e4 BIGINT, voided_at TIMESTAMP"
    orders = spark.createDataFrame(rows, schema)
    return orders.selectExpr("*", "timestamp'2024-03-01 00:30:00' AS ordered_at", "timestamp'2024-03-01 23:30:00' AS last_line_at")


@pytest.fixture
def in_tokyo(monkeypatch):
    """The time zone of this machine is nine hours ahead of UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_rejections_add_up_by_first_reason_and_count_every_reason():
    assert REJECTED.total() == LineTotals(11, 459_999)
    assert REJECTED.by_first_reason() == {
        "guest": LineTotals(7, 500_000),
        "not_a_product": LineTotals(0, 0),
        "price_not_above_zero": LineTotals(3, -40_001),
        "zero_quantity": LineTotals(1, 0),
    }
    assert REJECTED.lines_by_reason() == {"guest": 7, "not_a_product": 3, "price_not_above_zero": 3, "zero_quantity": 3}


def test_lines_with_one_reason_can_be_excluded():
    assert REJECTED.without("guest").by_reasons == {
        ("zero_quantity",): LineTotals(1, 0),
        ("price_not_above_zero", "not_a_product"): LineTotals(3, -40_001),
    }


def test_no_rejections_have_zero_totals():
    assert (Rejections({}).total(), Rejections({}).by_first_reason(), Rejections({}).lines_by_reason()) == (LineTotals(0, 0), {}, {})


def test_each_outcome_has_one_row_with_its_lines_and_amount():
    lines = [tuple(row.values())[1:] for row in _rows() if row["subject"] == "lines"]
    assert lines == [
        ("read", None, 99, 99, Decimal("938.9999")),
        ("rejected", "guest", 7, 7, Decimal("50")),
        ("rejected", "not_a_product", 0, 3, Decimal("0")),
        ("rejected", "price_not_above_zero", 3, 3, Decimal("-4.0001")),
        ("rejected", "zero_quantity", 1, 3, Decimal("0")),
        ("accepted", "purchase", 80, 80, Decimal("900")),
        ("accepted", "return", 4, 4, Decimal("-7")),
        ("voided", "purchase", 2, 2, Decimal("2")),
        ("voided", "return", 2, 2, Decimal("-2")),
    ]


def test_each_customer_is_in_one_row():
    customers = [tuple(row.values())[1:] for row in _rows() if row["subject"] == "customers"]
    assert customers == [
        ("seen", None, 16, 16, None),
        ("segmented", None, 12, 12, None),
        ("unsegmented", "no_purchase", 1, 1, None),
        ("unsegmented", "rejected_only", 3, 3, None),
    ]


def test_the_columns_are_those_of_the_published_table():
    assert {tuple(row) for row in _rows()} == {tuple(ACCOUNTING.schema.names)}


def test_an_accounting_that_adds_up_has_no_faults():
    assert accounting_faults(_rows()) == []


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"read": LineTotals(100, READ.amount_e4)}, "lines: 100 in, but the parts sum to 99"),
        ({"read": LineTotals(99, READ.amount_e4 + 1)}, "amount of lines: 939 in, but the parts sum to 938.9999"),
        ({"segmented": 11}, "customers: 16 in, but the parts sum to 15"),
        ({"seen": 17}, "customers: 17 in, but the parts sum to 16"),
    ],
)
def test_a_total_that_differs_from_its_parts_is_reported_with_both_sums(wrong, fault):
    assert accounting_faults(_rows(**wrong)) == [fault]


def test_a_reason_counted_twice_is_a_fault():
    rows = _rows()
    again = next(row for row in rows if row["reason"] == "guest")
    assert accounting_faults([*rows, again]) == [
        "lines: 99 in, but the parts sum to 106",
        "amount of lines: 938.9999 in, but the parts sum to 988.9999",
    ]


def test_rejected_lines_are_counted_by_all_their_reasons(spark):
    rows = [
        (["guest"], Decimal("1.0001")),
        (["guest"], Decimal("-3")),
        (["guest", "zero_quantity"], None),
        (["zero_quantity"], Decimal("0")),
    ]
    result = count_rejections(spark.createDataFrame(rows, "reasons ARRAY<STRING>, line_amount DECIMAL(18,4)"))
    assert result.by_reasons == {
        ("guest",): LineTotals(2, -19_999),
        ("guest", "zero_quantity"): LineTotals(1, 0),
        ("zero_quantity",): LineTotals(1, 0),
    }


def test_lines_in_orders_are_counted_by_outcome_and_kind(spark):
    orders = _orders(spark, ("1", 5, 2, 100, 30, None), ("2", 1, 0, 7, 0, None), ("1", 3, 1, 50, 20, NOON))
    assert summarize_orders(orders).totals == {
        ("accepted", "purchase"): LineTotals(4, 107),
        ("accepted", "return"): LineTotals(2, -30),
        ("voided", "purchase"): LineTotals(2, 50),
        ("voided", "return"): LineTotals(1, -20),
    }


def test_no_orders_have_neither_lines_nor_days(spark):
    assert summarize_orders(_orders(spark)) == OrderSummary(0, None, None, None, {})


def test_order_times_do_not_depend_on_the_time_zone_of_the_machine(spark, in_tokyo):
    later = _orders(spark, ("2", 1, 0, 7, 0, NOON)).withColumn("last_line_at", F.expr("last_line_at + INTERVAL 2 DAYS"))
    result = summarize_orders(_orders(spark, ("1", 5, 2, 100, 30, None), ("2", 1, 0, 7, 0, None)).union(later))
    assert (result.n_orders, result.first_line_at, result.last_line_at) == (3, "2024-03-01 00:30:00", "2024-03-03 23:30:00")
    assert result.last_day == date(2024, 3, 1)


def test_every_customer_of_the_log_is_counted_once_and_guests_never(spark):
    rejected = spark.createDataFrame([("1",), ("3",), (None,), ("3",)], "customer_id STRING")
    orders = _orders(spark, ("1", 1, 0, 7, 0, None), ("2", 1, 0, 7, 0, NOON), ("2", 1, 0, 7, 0, None))
    assert sorted(row.customer_id for row in distinct_customers(rejected, orders).collect()) == ["1", "2", "3"]


def test_a_log_with_every_kind_of_line_adds_up_to_the_last_ten_thousandth(spark):
    columns = {name: name for name in ("customer_id", "ordered_at", "quantity", "unit_price", "order_id")}
    settings = settings_from_dict({"input": {"format": "csv", "path": "log", "columns": columns}})
    log = spark.createDataFrame(
        [
            ("1", "2024-03-01", "3", "0.3333", "A1", None),
            ("1", "2024-03-01", "-1", "0.3333", "C1", None),
            (None, "2024-03-01", "80995", "2.0801", "A2", None),
            ("2", "never", "1", "19.9999", "A3", None),
            ("2", "2024-03-01", "x", "5", "A4", None),
            ("2", "2024-03-01", "1", "-11.062", "A5", None),
            ("3", "2024-03-01", "1", None, None, "3,2024-03-01,1"),
        ],
        ", ".join(f"{name} STRING" for name in (*columns, "record")),
    )
    lines = typed_lines(log, settings.input, settings.rules).transform(lambda rows: with_rejection(rows, settings)).cache()
    read = overview(profile_lines(lines)).totals
    accepted = lines.where(~lines[IS_REJECTED]).selectExpr("*", "CAST(NULL AS TIMESTAMP) AS voided_at")
    rejected, in_orders = count_rejections(rejected_lines(lines)), summarize_orders(aggregate_orders(accepted, ())).totals
    rows = accounting_rows(read, rejected, in_orders, CustomerCounts(3, 1, {"rejected_only": 2}))
    assert read.amount_e4 == 6_666 + 1_684_776_995 + 199_999 - 110_620
    assert accounting_faults(rows) == []
