"""Kafka's messages are parsed as lines of the log; those that cannot be parsed become unreadable records."""

from datetime import datetime

import pytest

from segmentation.storage.source_reader import CORRUPT_RECORD
from segmentation.storage.streams import composite_line_id, lines_from_messages


@pytest.fixture
def read(spark):
    """Parse messages with these values: their fields and the unreadable record."""

    def parsed(value, *texts, csv_columns=("a", "b"), **options):
        rows = [(None, text, "t", 0, offset, datetime(2026, 1, 1)) for offset, text in enumerate(texts)]
        fields = "key BINARY, value BINARY, topic STRING, partition INT, offset BIGINT, timestamp TIMESTAMP"
        lines = lines_from_messages(spark.createDataFrame(rows, fields), value, ("a", "b"), csv_columns, options)
        return [tuple(row) for row in lines.orderBy("message.offset").select("a", "b", CORRUPT_RECORD).collect()]

    return parsed


def test_a_json_object_is_a_line_with_values_as_text(read):
    assert read("json", b'{"a": 1, "b": "x", "c": true}', b'{"b": 17850.0}') == [("1", "x", None), (None, "17850.0", None)]


@pytest.mark.parametrize(
    "text",
    [b"", b"no object", b'{"a": 1', b"[1]", b'{"a": 1} {"a": 2}', b'{"c": 1}', b"{}", b'"a"', b"null"],
    ids=lambda text: text.decode(),
)
def test_a_value_that_is_not_one_object_with_these_fields_is_unreadable(read, text):
    assert read("json", text) == [(None, None, text.decode())]


def test_a_message_without_a_value_is_an_empty_record(read):
    assert read("json", None) == read("csv", None) == [(None, None, "")]


def test_a_csv_row_is_a_line(read):
    assert read("csv", b'1,"x, ""y"""', b"1,", b'"one\nline",2\n') == [("1", 'x, "y"', None), ("1", None, None), ("one\nline", "2", None)]


@pytest.mark.parametrize("text", [b"1", b"1,2,3", b"1,2\n3,4", b",", b""], ids=lambda text: text.decode())
def test_a_value_that_is_not_one_row_with_these_columns_is_unreadable(read, text):
    assert read("csv", text)[0][2] == text.decode()


def test_reader_options_apply_to_csv_rows(read):
    assert read("csv", b"'x;y';2", sep=";", quote="'", header=True) == [("x;y", "2", None)]


def test_invalid_utf8_is_replaced(read):
    assert read("json", b'{"a": "\xff", "b": "x"}') == [("\ufffd", "x", None)]


def test_a_composite_id_depends_on_all_columns_and_is_null_if_one_is(spark):
    rows = spark.createDataFrame([("a", "b"), ('a","b', ""), ("a", None)], "x STRING, y STRING")
    ids = [row[0] for row in rows.select(composite_line_id(("x", "y"))).collect()]
    assert ids[0] != ids[1]
    assert ids[2] is None
    assert rows.select(composite_line_id(())).collect()[0][0] is None
