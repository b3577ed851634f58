"""People taken out of tables, and looked for in texts."""

import pytest

from segmentation.privacy.erasure import cells, mentioning, named_in, only, texts, told_in, without

ROWS = "customer_id STRING, record STRING, amount INT"


@pytest.fixture
def people(spark):
    return spark.createDataFrame([("C1000001",), ("17850",), ("Eve Müller/5",), ("2026/01/02",), ("-",)], "customer_id STRING")


def test_rows_of_nobody_and_of_others_stay(spark, people):
    rows = spark.createDataFrame([("C1000001", None, 1), ("C100000", None, 2), (None, None, 3), ("c1000001", None, 4)], ROWS)
    assert sorted(row.amount for row in without(rows, people).collect()) == [2, 3, 4]


def test_a_broken_record_is_theirs_that_holds_their_id_anywhere(spark, people):
    records = ['2026;C1000001;"mug"', "2026;C10000012;1", '{"customer_id":"17850"', "a 'Eve Müller/5', b", "Eve Miller/5", ""]
    rows = spark.createDataFrame([(None, record, number) for number, record in enumerate(records)], ROWS)
    assert sorted(row.amount for row in without(rows, people).collect()) == [1, 4, 5]


def test_what_is_taken_out_and_what_stays_are_all_rows_each_once(spark, people):
    rows = spark.createDataFrame([("C1000001", "of C1000001", 1), ("bob", "of C1000001", 2), ("bob", "of bob", 3), (None, None, 4)], ROWS)
    assert sorted(row.amount for row in only(rows, people).collect()) == [1, 2]
    assert sorted(row.amount for row in without(rows, people).collect()) == [3, 4]


def test_a_table_without_customers_stays_whole(spark, people):
    rows = spark.range(3)
    assert without(rows, people).count() == 3
    assert only(rows, people).count() == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("id=C1000001.", {False}),
        ("C1000001-r1", {False}),
        ("xC1000001", set()),
        ("C1000001.5", set()),
        ("2026-01-02", {True}),
        ("20260102", set()),
        ("about Eve Müller, 5 of them", {False}),
        ("about 17850 of them", {True}),
        ("17850 and C1000001", {False}),
        ("178501", set()),
        ("- + -", set()),
    ],
)
def test_ids_are_words_of_a_text_and_short_numbers_are_told_apart(spark, people, text, found):
    rows = mentioning(spark.createDataFrame([(text,)], "value STRING"), "value", people).collect()
    assert {row.is_figure for row in rows} == found


def test_every_text_of_a_table_is_looked_at_by_column(spark, people):
    schema = "a STRING, b ARRAY<STRING>, c STRUCT<x: STRING, y: INT>, record STRING, n BIGINT"
    rows = spark.createDataFrame([("17850", ["x", "17850"], ("C1000001", 1), "C1000001", 17850), ("x", [], None, None, 1)], schema)
    whole = {(row["column"], row["count"]) for row in named_in(cells(rows, "t"), people).collect()}
    within = {(row["column"], row["count"]) for text in texts(rows, "t") for row in told_in(text, people).collect()}
    assert whole == {("a", 1)}
    assert within == {("b", 1), ("c", 1), ("record", 1)}
