"""What Kafka's messages are read as."""

from datetime import datetime

import pytest

from segmentation.storage.messages import line_name, lines_of_messages
from segmentation.storage.source import CORRUPT


@pytest.fixture
def read(spark):
    """The fields and the unreadable record of messages with these values."""

    def found(value, *texts, layout=("a", "b"), **options):
        rows = [(None, text, "t", 0, offset, datetime(2026, 1, 1)) for offset, text in enumerate(texts)]
        fields = "key BINARY, value BINARY, topic STRING, partition INT, offset BIGINT, timestamp TIMESTAMP"
        lines = lines_of_messages(spark.createDataFrame(rows, fields), value, ("a", "b"), layout, options)
        return [tuple(row) for row in lines.orderBy("message.offset").select("a", "b", CORRUPT).collect()]

    return found


def test_an_object_is_a_line_and_its_values_are_texts(read):
    assert read("json", b'{"a": 1, "b": "x", "c": true}', b'{"b": 17850.0}') == [("1", "x", None), (None, "17850.0", None)]


@pytest.mark.parametrize(
    "text",
    [b"", b"no object", b'{"a": 1', b"[1]", b'{"a": 1} {"a": 2}', b'{"c": 1}', b"{}", b'"a"', b"null"],
    ids=lambda text: text.decode(),
)
def test_what_is_no_object_of_these_columns_is_kept_as_it_came(read, text):
    assert read("json", text) == [(None, None, text.decode())]


def test_a_message_without_a_value_is_an_empty_record(read):
    assert read("json", None) == read("csv", None) == [(None, None, "")]


def test_a_row_is_a_line(read):
    assert read("csv", b'1,"x, ""y"""', b"1,", b'"one\nline",2\n') == [("1", 'x, "y"', None), ("1", None, None), ("one\nline", "2", None)]


@pytest.mark.parametrize("text", [b"1", b"1,2,3", b"1,2\n3,4", b",", b""], ids=lambda text: text.decode())
def test_what_is_no_row_of_these_columns_is_kept_as_it_came(read, text):
    assert read("csv", text)[0][2] == text.decode()


def test_a_row_is_written_as_the_options_say(read):
    assert read("csv", b"'x;y';2", sep=";", quote="'", header=True) == [("x;y", "2", None)]


def test_bytes_that_are_no_text_are_seen_as_such(read):
    assert read("json", b'{"a": "\xff", "b": "x"}') == [("\ufffd", "x", None)]


def test_a_name_is_of_all_its_columns_and_of_none_where_one_is_missing(spark):
    rows = spark.createDataFrame([("a", "b"), ('a","b', ""), ("a", None)], "x STRING, y STRING")
    found = [row[0] for row in rows.select(line_name(("x", "y"))).collect()]
    assert found[0] != found[1]
    assert found[2] is None
    assert rows.select(line_name(())).collect()[0][0] is None
