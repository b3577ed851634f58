"""Customers removed from tables, and searched for in texts."""

import pytest

from segmentation.privacy.id_matching import (
    count_exact_matches,
    count_mentions,
    nested_texts,
    only_people,
    rows_mentioning,
    text_values,
    without_people,
)

ROWS = "customer_id STRING, record STRING, amount INT"


@pytest.fixture
def people(spark):
    return spark.createDataFrame([("C1000001",), ("17850",), ("Eve Müller/5",), ("2026/01/02",), ("-",)], "customer_id STRING")


def amounts(rows):
    return sorted(row.amount for row in rows.collect())


def test_rows_of_nobody_and_of_others_are_left(spark, people):
    rows = spark.createDataFrame([("C1000001", None, 1), ("C100000", None, 2), (None, None, 3), ("c1000001", None, 4)], ROWS)
    assert amounts(without_people(rows, people)) == [2, 3, 4]


def test_an_unreadable_record_belongs_to_people_if_it_holds_their_id_anywhere(spark, people):
    records = ['2026;C1000001;"mug"', "2026;C10000012;1", '{"customer_id":"17850"', "a 'Eve Müller/5', b", "Eve Miller/5", ""]
    rows = spark.createDataFrame([(None, record, number) for number, record in enumerate(records)], ROWS)
    assert amounts(without_people(rows, people)) == [1, 4, 5]


def test_each_row_is_either_removed_or_left(spark, people):
    rows = spark.createDataFrame([("C1000001", "of C1000001", 1), ("bob", "of C1000001", 2), ("bob", "of bob", 3), (None, None, 4)], ROWS)
    assert amounts(only_people(rows, people)) == [1, 2]
    assert amounts(without_people(rows, people)) == [3, 4]


def test_a_table_without_customers_is_left_whole(spark, people):
    rows = spark.range(3)
    assert without_people(rows, people).count() == 3
    assert only_people(rows, people).count() == 0


@pytest.mark.parametrize(
    ("text", "is_number"),
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
def test_ids_are_whole_words_and_short_numbers_are_distinguished(spark, people, text, is_number):
    rows = rows_mentioning(spark.createDataFrame([(text,)], "value STRING"), "value", people).collect()
    assert {row.is_number for row in rows} == is_number


def test_all_texts_of_a_table_are_searched_by_column(spark, people):
    schema = "a STRING, b ARRAY<STRING>, c STRUCT<x: STRING, y: INT>, record STRING, n BIGINT"
    rows = spark.createDataFrame([("17850", ["x", "17850"], ("C1000001", 1), "C1000001", 17850), ("x", [], None, None, 1)], schema)
    exact = {(row["column"], row["count"]) for row in count_exact_matches(text_values(rows, "t"), people).collect()}
    mentions = {(row["column"], row["count"]) for texts in nested_texts(rows, "t") for row in count_mentions(texts, people).collect()}
    assert exact == {("a", 1)}
    assert mentions == {("b", 1), ("c", 1), ("record", 1)}
