"""Each line is accepted, or rejected with all its reasons."""

from decimal import Decimal

import pytest

from segmentation.errors import InputError
from segmentation.ingest.lines import typed_lines
from segmentation.ingest.rules import check_rejected_share, rejected_lines, rules, with_rejection
from segmentation.settings import RulesSettings, settings_from_dict
from segmentation.storage import read_source

COLUMNS = {name: name for name in ("customer_id", "ordered_at", "quantity", "unit_price", "order_id", "product_id")}
AMOUNT_ONLY = {name: name for name in ("customer_id", "ordered_at", "amount")}
GOOD = {
    "customer_id": "7",
    "ordered_at": "2024-03-01 10:00:00",
    "quantity": "2",
    "unit_price": "3.5",
    "order_id": "A1",
    "product_id": "MUG",
    "amount": "7",
    "discount": "0",
    "record": None,
}


def _settings(columns=None, as_of=None, **rules):
    source = {"format": "csv", "path": "log", "columns": columns or COLUMNS}
    return settings_from_dict({"input": source, "rules": rules, "features": {"as_of": as_of}})


def _validated(spark, changes, settings):
    """A log with one line per change to a good line, validated."""
    names = [*settings.input.columns.mapped(), "record"]
    rows = [tuple({**GOOD, **change}[name] for name in names) for change in changes]
    log = spark.createDataFrame(rows, ", ".join(f"{name} STRING" for name in names))
    return typed_lines(log, settings.input, settings.rules).transform(lambda lines: with_rejection(lines, settings))


def _reasons(spark, changes, settings):
    return [(row.reasons or [], row.is_rejected) for row in _validated(spark, changes, settings).select("reasons", "is_rejected").collect()]


def _assert_reasons(spark, expected, settings):
    """`expected` holds (change, reasons) pairs."""
    result = _reasons(spark, [change for change, _ in expected], settings)
    assert result == [(reasons, bool(reasons)) for _, reasons in expected]


def test_each_reason_is_the_only_one_if_nothing_else_is_wrong(spark):
    expected = [
        ({}, []),
        ({"customer_id": None}, ["guest"]),
        ({"customer_id": "nan"}, ["guest"]),
        ({"customer_id": "Andr\ufffd"}, ["unreadable_id"]),
        ({"order_id": "A\x001"}, ["unreadable_id"]),
        ({"product_id": "MU\nG"}, ["unreadable_id"]),
        ({"ordered_at": None}, ["missing_date"]),
        ({"ordered_at": " "}, ["missing_date"]),
        ({"ordered_at": "31.12.2023"}, ["unreadable_date"]),
        ({"quantity": None}, ["missing_quantity"]),
        ({"quantity": "two"}, ["unreadable_quantity"]),
        ({"unit_price": ""}, ["missing_price"]),
        ({"unit_price": "3,50"}, ["unreadable_price"]),
        ({"quantity": "0"}, ["zero_quantity"]),
        ({"quantity": "-0.0"}, ["zero_quantity"]),
        ({"unit_price": "0"}, ["price_not_above_zero"]),
        ({"unit_price": "-3.5"}, ["price_not_above_zero"]),
        ({"quantity": "1000000001", "unit_price": "1"}, ["amount_too_large"]),
        ({"quantity": "-2"}, []),
        ({"order_id": None, "product_id": None}, []),
        ({"record": "7,broken"}, ["unreadable_record"]),
    ]
    _assert_reasons(spark, expected, _settings())


def test_only_rejected_lines_have_reasons_and_their_original_columns(spark):
    accepted, rejected = _validated(spark, [{}, {"customer_id": None}], _settings()).orderBy("is_rejected").collect()
    assert (accepted.reasons, accepted.source) == (None, None)
    assert (rejected.reasons, rejected.source.unit_price) == (["guest"], GOOD["unit_price"])


def test_a_line_has_all_its_reasons_in_the_order_of_the_rules(spark):
    settings = _settings(excluded_products=["POST"], history_start="2024-01-01")
    expected = [
        (
            {"customer_id": "", "ordered_at": "2023-12-31", "quantity": "0", "unit_price": "-1", "product_id": "POST"},
            ["guest", "zero_quantity", "price_not_above_zero", "outside_window", "not_a_product"],
        ),
        (
            {"customer_id": "", "ordered_at": "?", "quantity": "?", "unit_price": None},
            ["guest", "unreadable_date", "unreadable_quantity", "missing_price"],
        ),
    ]
    _assert_reasons(spark, expected, settings)


def test_an_unreadable_record_is_not_rejected_for_its_missing_columns(spark):
    lost = {"record": "7", "customer_id": None, "ordered_at": None, "quantity": None, "unit_price": "x"}
    _assert_reasons(spark, [(lost, ["unreadable_record"])], _settings())


def test_excluded_products_match_exactly_or_by_prefix_whatever_their_case(spark):
    codes = {
        "POST": True,
        "post ": True,
        "POSTER": False,
        "gift_0001_20": True,
        "GIFT": False,
        "giftbox": False,
        "Bank Charges": True,
        "": False,
    }
    expected = [({"product_id": code}, ["not_a_product"] if is_no_product else []) for code, is_no_product in codes.items()]
    _assert_reasons(spark, expected, _settings(excluded_products=["post", "gift_*", " BANK CHARGES"]))


def test_excluded_products_may_be_prefixes_only(spark):
    _assert_reasons(spark, [({"product_id": "gift_1"}, ["not_a_product"]), ({}, [])], _settings(excluded_products=["Gift_*"]))


def test_exact_duplicates_are_accepted_by_default(spark):
    _assert_reasons(spark, [({}, []), ({}, [])], _settings())


def test_one_copy_of_exact_duplicates_is_accepted_where_duplicates_are_rejected(spark):
    lines = [{}, {}, {}, {"quantity": "2.0"}, {"customer_id": None}, {"customer_id": None}, {"record": "7,x"}, {"record": "7,y"}]
    result = _reasons(spark, lines, _settings(exact_duplicates="reject"))
    assert sorted(reasons for reasons, _ in result) == [
        [],
        [],
        ["exact_duplicate"],
        ["exact_duplicate"],
        ["guest"],
        ["guest", "exact_duplicate"],
        ["unreadable_record"],
        ["unreadable_record"],
    ]


def test_the_window_begins_with_its_first_day_and_ends_before_as_of(spark):
    times = {
        "2023-12-31 23:59:59.999999": ["outside_window"],
        "2024-01-01 00:00:00": [],
        "2024-03-31 23:59:59.999999": [],
        "2024-04-01 00:00:00": ["outside_window"],
    }
    settings = _settings(history_start="2024-01-01", as_of="2024-04-01")
    _assert_reasons(spark, [({"ordered_at": time}, reasons) for time, reasons in times.items()], settings)


def test_a_log_of_amounts_has_reasons_of_its_own(spark):
    amounts = {
        "7": [],
        "-7": [],
        "0": ["zero_amount"],
        "0.00001": ["amount_too_small"],
        "": ["missing_amount"],
        "7,5": ["unreadable_amount"],
    }
    expected = [({"amount": amount}, reasons) for amount, reasons in amounts.items()]
    _assert_reasons(spark, [*expected, ({"amount": "1000000001"}, ["amount_too_large"])], _settings(AMOUNT_ONLY))


def test_a_discount_may_not_take_the_whole_price(spark):
    lines = [
        ({"discount": "6.9999"}, []),
        ({"discount": "7"}, ["discount_above_price"]),
        ({"discount": "8"}, ["discount_above_price"]),
        ({"discount": "1,5"}, ["unreadable_discount"]),
        ({"discount": ""}, []),
        ({"quantity": "-2", "discount": "8"}, ["discount_above_price"]),
        ({"quantity": "0", "discount": "8"}, ["zero_quantity"]),
        ({"unit_price": "0", "discount": "1"}, ["price_not_above_zero"]),
    ]
    _assert_reasons(spark, lines, _settings({**COLUMNS, "discount": "discount"}))


def test_rules_come_in_the_order_of_the_docs(spark):
    settings = _settings({**COLUMNS, "discount": "d"}, "2024-01-01", excluded_products=["X"], exact_duplicates="reject")
    assert [rule.reason for rule in rules(settings)] == [
        "unreadable_record",
        "unreadable_id",
        "guest",
        "missing_date",
        "unreadable_date",
        "missing_quantity",
        "unreadable_quantity",
        "missing_price",
        "unreadable_price",
        "unreadable_discount",
        "zero_quantity",
        "price_not_above_zero",
        "discount_above_price",
        "amount_too_large",
        "outside_window",
        "not_a_product",
        "exact_duplicate",
    ]


def test_rejected_lines_have_the_original_texts(spark):
    lines = [{}, {"customer_id": " 7.0 ", "ordered_at": "31.1.24", "product_id": " mug"}, {"quantity": "1,5", "record": "7,1,5"}]
    rejected = rejected_lines(_validated(spark, lines, _settings()))
    assert rejected.columns == [
        "reasons",
        "customer_id",
        "line_amount",
        "ordered_at",
        "quantity",
        "unit_price",
        "order_id",
        "product_id",
        "record",
    ]
    assert [tuple(row) for row in rejected.collect()] == [
        (["unreadable_date"], "7", Decimal("7.0000"), "31.1.24", "2", "3.5", "A1", " mug", None),
        (["unreadable_record"], "7", None, "2024-03-01 10:00:00", "1,5", "3.5", "A1", "MUG", "7,1,5"),
    ]


def test_unreadable_csv_records_become_rejected_lines(spark, tmp_path):
    records = ["7,2024-03-01,1,2.5,A1,MUG", "7,2024-03-01", "7,2024-03-01,1,2.5,A2,MUG,9"]
    (tmp_path / "log.csv").write_text("\n".join([",".join(COLUMNS), *records]))
    settings = _settings()
    log = read_source(spark, settings.input.model_copy(update={"path": str(tmp_path)}), settings.input.columns.mapped())
    lines = typed_lines(log.select(*COLUMNS, "record"), settings.input, settings.rules)
    rejected = rejected_lines(with_rejection(lines, settings))
    assert {(*row.reasons, row.record) for row in rejected.collect()} == {("unreadable_record", record) for record in records[1:]}


def _rejected(spark, rows):
    return spark.createDataFrame(rows, "reasons ARRAY<STRING>, customer_id STRING, ordered_at STRING, unit_price STRING")


def test_the_run_stops_above_the_allowed_share_of_rejected_lines(spark):
    days = ["3.1.24", "1.1.24", "4.1.24", "1.1.24", "2.1.24"]
    rejected = _rejected(
        spark, [*((["unreadable_date"], "Ann", day, "1") for day in days), (["guest", "price_not_above_zero"], None, "x", "-5")]
    )
    by_reason = {"guest": 10, "unreadable_date": 1_200, "price_not_above_zero": 10}
    with pytest.raises(InputError) as stop:
        check_rejected_share(rejected, by_reason, (1_205, 2_000), RulesSettings(max_rejected_share=0.6))
    first, *reasons, _ = str(stop.value).splitlines()
    assert first == "1,205 of 2,000 lines (60.2%) are rejected, more than rules.max_rejected_share (60%) allows:"
    assert reasons == [
        "  - unreadable_date: 1,200 lines, such as ordered_at '1.1.24', '2.1.24', '3.1.24'",
        "  - guest: 10 lines",
        "  - price_not_above_zero: 10 lines, such as unit_price '-5'",
    ]


def test_the_run_continues_at_the_allowed_share_of_rejected_lines(spark):
    rules_settings = RulesSettings(max_rejected_share=0.6)
    assert check_rejected_share(_rejected(spark, []), {"guest": 1_200}, (1_200, 2_000), rules_settings) is None


def test_a_log_without_lines_has_nothing_rejected(spark):
    rules_settings = RulesSettings(max_rejected_share=0.0)
    assert check_rejected_share(_rejected(spark, []), {}, (0, 0), rules_settings) is None
