"""Attributes are read by their declared types, rows are merged per customer, and every problem is counted."""

import pytest

from segmentation.errors import InputError
from segmentation.ingest.attributes import attribute_levels, rename_columns, source_columns, typed_attributes
from segmentation.ingest.customer_table import (
    TableRowCounts,
    check_table_usable,
    count_table_rows,
    customers_with_id,
    merge_rows_per_customer,
    row_accounting,
)
from segmentation.settings import AttributeColumn, AttributesSettings

COLUMNS = {
    "age": AttributeColumn(column="Age", type="number"),
    "grade": AttributeColumn(column="Grade", type="ordinal", levels=("low", "None", "High")),
    "club": AttributeColumn(column="Club", type="boolean"),
    "town": AttributeColumn(column="Town", type="nominal"),
}
SETTINGS = AttributesSettings(format="csv", path="t.csv", customer_id="No", columns=COLUMNS)
SCHEMA = "customer_id STRING, age STRING, grade STRING, club STRING, town STRING, record STRING"


def _table(spark, *rows):
    return spark.createDataFrame([(*row, None) if len(row) == 5 else row for row in rows], SCHEMA).coalesce(1)


def _merged(spark, *rows, settings=SETTINGS):
    table = _table(spark, *rows)
    levels, names = attribute_levels(table, settings), tuple(settings.columns)
    customers = merge_rows_per_customer(typed_attributes(table, settings, levels), names)
    result = {row[0]: tuple(row)[1:] for row in customers_with_id(customers, names).collect()}
    return levels, result, count_table_rows(customers, levels, names)


def test_columns_are_read_by_the_setting_that_names_them(spark):
    assert source_columns(SETTINGS)["columns.age.column"] == "Age"
    table = spark.createDataFrame([("1", "2", None)], "customer_id STRING, `columns.age.column` STRING, record STRING")
    assert rename_columns(table, SETTINGS).columns == ["customer_id", "age", "record"]


def test_each_value_is_read_by_its_type(spark):
    levels, result, _ = _merged(
        spark,
        ("1.0", " 33.5 ", "LOW", "Yes", " Rome"),
        ("2", "-1e3", "none", "f", "oslo"),
        ("3", "7", " high ", "0", "Oslo"),
    )
    assert levels == {"town": ("Oslo", "Rome")}
    assert result == {"1": (33.5, 0, 1, 1), "2": (-1000.0, 1, 0, 0), "3": (7.0, 2, 0, 0)}


def test_unreadable_values_are_missing_and_counted_and_missing_values_are_not(spark):
    _, result, rows = _merged(spark, ("1", "old", "medium", "perhaps", "n/a"), ("2", "NaN", "", "NULL", None), ("3", "1", "low", "t", "x"))
    assert result == {"1": (None,) * 4, "2": (None,) * 4, "3": (1.0, 0, 1, 0)}
    assert rows.unreadable == {"age": 1, "grade": 1, "club": 1, "town": 0}
    assert rows.with_value == {"age": 1, "grade": 1, "club": 1, "town": 1}


def test_rows_of_a_customer_that_are_equal_or_complete_each_other_become_one(spark):
    _, result, rows = _merged(
        spark,
        ("1", "33", "low", None, "Rome"),
        ("1.0", "33.0", "", "yes", "rome"),
        ("2", "40", None, None, None),
        ("2", "40", None, None, None),
    )
    assert result == {"1": (33.0, 0, 1, 0), "2": (40.0, None, None, None)}
    assert (rows.read, rows.customers, rows.duplicates, rows.contradicting) == (4, 2, 2, dict.fromkeys(COLUMNS, 0))


def test_contradicting_rows_stop_the_run_and_the_message_has_no_ids(spark):
    *_, rows = _merged(spark, ("4711", "33", "low", "y", "Rome"), ("4711", "34", "low", "n", "Rome"), ("9", "1", "low", "y", "Rome"))
    assert rows.contradicting == {"age": 1, "grade": 0, "club": 1, "town": 0}
    with pytest.raises(
        InputError, match=r"contradict one another, by attribute: age \(1\), club \(1\). Keep one row per customer"
    ) as raised:
        check_table_usable(rows, SETTINGS)
    assert "4711" not in str(raised.value)


def test_rows_without_an_id_and_unreadable_rows_are_counted_and_left_out(spark):
    _, result, rows = _merged(
        spark,
        ("1", "33", "low", "y", "Rome"),
        ("", "1", "low", "y", "Rome"),
        (None, "x", "low", "n", "Bari"),
        ("2", None, None, None, None, "2,"),
    )
    assert list(result) == ["1"]
    assert (rows.read, rows.customers, rows.without_id, rows.unreadable_rows, rows.unreadable["age"]) == (4, 1, 2, 1, 0)


def test_values_in_none_of_the_declared_levels_are_other(spark):
    town = AttributeColumn(column="Town", type="nominal", levels=("Rome", "Bari"))
    settings = SETTINGS.model_copy(update={"columns": {**COLUMNS, "town": town}})
    _, result, rows = _merged(
        spark, *((str(n), "1", "low", "y", name) for n, name in enumerate(["Oslo", "ROME", "", "Lima"])), settings=settings
    )
    assert [result[str(n)][3] for n in range(4)] == [2, 0, None, 2]
    assert rows.with_other == {"town"}


def test_undeclared_levels_are_the_twelve_most_frequent_values(spark):
    names = [name for n, name in enumerate("abcdefghijklmn") for _ in range(20 - n)]
    levels, _, rows = _merged(spark, *((str(n), "1", "low", "y", name) for n, name in enumerate(names)))
    assert (levels["town"], rows.with_other) == (tuple("abcdefghijkl"), {"town"})


def test_a_level_named_other_receives_all_other_values(spark):
    town = AttributeColumn(column="Town", type="nominal", levels=("Other", "Bari"))
    settings = SETTINGS.model_copy(update={"columns": {**COLUMNS, "town": town}})
    _, result, rows = _merged(spark, ("1", "1", "low", "y", "Lima"), ("2", "1", "low", "y", "other"), settings=settings)
    assert ([result["1"][3], result["2"][3]], rows.with_other) == ([0, 0], frozenset())


def _rows(**counts):
    none = dict.fromkeys(COLUMNS, 0)
    plain = {"read": 9, "unreadable_rows": 0, "without_id": 0, "duplicates": 0, "customers": 9, "with_value": dict.fromkeys(COLUMNS, 9)}
    return TableRowCounts(**{**plain, "unreadable": none, "contradicting": none, "with_other": frozenset(), **counts})


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"read": 0, "customers": 0}, "t.csv: the customer table holds no rows"),
        ({"customers": 0, "without_id": 9}, r"none of 9 rows names a customer. Is attributes.customer_id the right column\?"),
        (
            {"unreadable": {"age": 9, "grade": 9, "club": 0, "town": 0}, "with_value": {"age": 0, "grade": 0, "club": 9, "town": 9}},
            r"(?s)columns.age: none of 9 values in 'Age' can be read as number\n.*read as ordinal with the levels low, None, High$",
        ),
    ],
)
def test_an_unusable_table_is_an_error_with_the_reason(counts, message):
    with pytest.raises(InputError, match=message):
        check_table_usable(_rows(**counts), SETTINGS)


def test_a_partly_readable_column_is_used():
    assert check_table_usable(_rows(unreadable={"age": 8, "grade": 0, "club": 0, "town": 0}), SETTINGS) is None


def test_rows_of_the_table_add_up():
    result = row_accounting(_rows(read=20, customers=12, duplicates=5, unreadable_rows=1, without_id=2), not_in_log=4)
    assert [(row["outcome"], row["reason"], row["count"]) for row in result] == [
        ("read", None, 20),
        ("used", None, 8),
        ("merged", "same_customer", 5),
        ("unmatched", "not_in_the_log", 4),
        ("rejected", "unreadable_record", 1),
        ("rejected", "missing_customer_id", 2),
    ]
    assert [row["outcome"] for row in row_accounting(_rows(), not_in_log=None)] == ["read", "used"]
