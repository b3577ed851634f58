"""What tells a stream's lines apart, and which of them it keeps."""

from datetime import datetime
from types import SimpleNamespace

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from segmentation.ingest.rules import IS_REJECTED, REASONS
from segmentation.schemas import ARRIVED_AT, CUSTOMER_ID, LINE_KEY, LINE_NAME, MESSAGE, ORDER_ID, ORDERED_AT, RECORD, VOIDED_AT
from segmentation.session import shuffle_partitions
from segmentation.stream.lines import (
    BATCH,
    MOVES_TO,
    STORED_COLUMNS,
    changed_orders,
    final_orders,
    late_before,
    rows_matching,
    rows_not_matching,
    stored_lines,
    with_line_texts,
    with_repeated_rejected,
)
from segmentation.stream.micro_batch import truncate_lineage


@pytest.fixture
def log(spark):
    """Lines as they stand in files or in a topic."""

    def made(rows, place="file STRING"):
        fields = f"{CUSTOMER_ID} STRING, {RECORD} STRING, {LINE_NAME} STRING, {MESSAGE} STRUCT<{place}>, {ARRIVED_AT} TIMESTAMP"
        return spark.createDataFrame([(*row, datetime(2026, 1, 1)) for row in rows], fields)

    return made


def keys(lines):
    return [row[0] for row in with_line_texts(lines).select(LINE_KEY).collect()]


def test_a_line_is_known_by_its_name_wherever_it_lies(log):
    line_keys = keys(log([("a", None, "17", ("x.csv",)), ("b", None, "17", ("y.csv",))]))
    assert line_keys[0] == line_keys[1]


def test_equal_lines_of_a_file_are_lines_of_their_own(log):
    rows = [("a", None, None, ("x.csv",)), ("a", None, None, ("x.csv",)), ("a", None, None, ("y.csv",)), ("b", None, None, ("x.csv",))]
    assert len(set(keys(log(rows)))) == 4


def test_messages_without_a_name_are_distinguished_by_their_offsets(log):
    rows = [("a", None, None, ("t", 0, 1)), ("a", None, None, ("t", 0, 2)), ("a", None, None, ("t", 1, 1))]
    assert len(set(keys(log(rows, "topic STRING, partition INT, offset BIGINT")))) == 3


def test_a_name_is_no_place(log):
    rows = [("a", None, None, ("t", 0, 1)), ("a", None, '{"topic":"t","partition":0,"offset":1}', ("t", 0, 2))]
    assert len(set(keys(log(rows, "topic STRING, partition INT, offset BIGINT")))) == 2


def test_the_first_accepted_line_of_a_name_counts_and_no_other(spark):
    def at(minute):
        return datetime(2026, 1, 1, 10, minute)

    fields = (
        f"number INT, {LINE_KEY} STRING, {IS_REJECTED} BOOLEAN, {REASONS} ARRAY<STRING>, {ARRIVED_AT} TIMESTAMP, {MESSAGE} STRUCT<at INT>"
    )
    rows = [
        (1, "bad, then good", True, ["guest"], at(1), (1,)),
        (2, "bad, then good", False, None, at(2), (2,)),
        (3, "twice", False, None, at(2), (4,)),
        (4, "twice", False, None, at(2), (3,)),
        (5, "kept", False, None, at(1), (5,)),
        (6, "kept", True, ["guest"], at(1), (6,)),
    ]
    known = spark.createDataFrame([("kept",), ("another",)], f"{LINE_KEY} STRING")
    result = with_repeated_rejected(spark.createDataFrame(rows, fields), known).orderBy("number").select(IS_REJECTED, REASONS).collect()
    repeated = (True, ["repeated_line"])
    assert [tuple(row) for row in result] == [(True, ["guest"]), (False, None), repeated, (False, None), repeated, (True, ["guest"])]


@pytest.fixture
def stored_frame(spark):
    """Stored lines: customer, order, time, time voided, as it was before, batch."""

    def made(*rows):
        times = ", ".join(f"{name} TIMESTAMP" for name in (ORDERED_AT, VOIDED_AT, "voided_before"))
        return spark.createDataFrame(rows, f"{CUSTOMER_ID} STRING, {ORDER_ID} STRING, {times}, {BATCH} STRING")

    return made


def test_orders_of_new_lines_and_of_lines_voided_otherwise_are_changed(stored_frame):
    now, then = datetime(2026, 1, 2), datetime(2026, 1, 1)
    lines = stored_frame(
        ("a", "new", now, None, None, "n"),
        ("a", "voided now", then, now, None, "m"),
        ("a", "voided no more", then, None, then, "m"),
        ("a", "as it was", then, then, then, "m"),
        ("a", "never", then, None, None, "m"),
    )
    assert {row[ORDER_ID] for row in changed_orders(lines, "n").collect()} == {"new", "voided now", "voided no more"}


def test_an_order_is_final_when_its_last_line_can_be_voided_no_more(stored_frame):
    lines = stored_frame(
        ("a", "old", datetime(2026, 1, 1), None, None, "m"),
        ("a", "open", datetime(2026, 1, 1), None, None, "m"),
        ("a", "open", datetime(2026, 1, 3), None, None, "m"),
        ("a", "on the edge", datetime(2026, 1, 2), None, None, "m"),
    )
    assert [row[ORDER_ID] for row in final_orders(lines, "2026-01-03 00:00:00", 24).collect()] == ["old"]


def test_a_line_dated_years_ahead_moves_the_stream_no_farther_than_to_when_it_came(spark):
    came = datetime(2026, 1, 9)
    rows = [("ahead", datetime(2099, 1, 1), came), ("in time", datetime(2026, 1, 8), came), ("nobody knows", datetime(2026, 1, 7), None)]
    lines = spark.createDataFrame(rows, f"{LINE_KEY} STRING, {ORDERED_AT} TIMESTAMP, {ARRIVED_AT} TIMESTAMP")
    others = [name for name in STORED_COLUMNS if name not in (*lines.columns, MOVES_TO, BATCH)]
    stored = stored_lines(lines.withColumns(dict.fromkeys(others, F.lit(None).cast("string"))), "n")
    assert {row[LINE_KEY]: row[MOVES_TO] for row in stored.collect()} == {
        "ahead": came,
        "in time": datetime(2026, 1, 8),
        "nobody knows": datetime(2026, 1, 7),
    }


def test_lines_are_late_by_the_latest_that_has_moved_the_stream(spark):
    lines = spark.createDataFrame([(datetime(2026, 1, 9),), (datetime(2026, 1, 8),)], f"{MOVES_TO} TIMESTAMP")
    assert late_before(lines, 7).collect()[0][0] == "2026-01-02 00:00:00"
    assert late_before(lines.limit(0), 7).collect()[0][0] is None


def test_rows_go_by_their_keys_and_nulls_are_equal(spark):
    rows = spark.createDataFrame([("a", None), ("a", "x"), ("b", None)], "one STRING, other STRING")
    keys_of_one = spark.createDataFrame([("a",)], "one STRING")
    assert_df_equality(rows_matching(rows, keys_of_one), rows.where("one = 'a'"), ignore_row_order=True)
    assert_df_equality(rows_not_matching(rows, rows.where(F.col("one") == "a")), rows.where("one = 'b'"))


def test_a_frame_that_is_cut_off_has_its_rows_in_no_more_parts_than_a_shuffle(spark):
    many = spark.range(0, 100, 1, 2 * shuffle_partitions(spark) + 1)
    truncated = truncate_lineage(SimpleNamespace(spark=spark), many)
    assert len({row[0] for row in truncated.select(F.spark_partition_id()).collect()}) <= shuffle_partitions(spark)
    assert_df_equality(truncated, many, ignore_row_order=True)
