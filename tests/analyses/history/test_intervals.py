"""Who was in which segment on any day, as a slowly changing dimension."""

from datetime import date

import hypothesis.strategies as st
from chispa import assert_df_equality
from hypothesis import HealthCheck, given, settings

from segmentation.analyses.history.history import continued_history, first_history
from segmentation.analyses.history.tables import SEGMENT_HISTORY

MEMBERS = "customer_id string, segment_id int, segment_name string"
ONE, TWO, THREE = date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)


def _members(spark, **segments):
    return spark.createDataFrame([(customer, number, f"S{number}") for customer, number in segments.items()], MEMBERS)


def _history(spark, *rows):
    return spark.createDataFrame([(c, s, f"S{s}", start, end, run) for c, s, start, end, run in rows], SEGMENT_HISTORY.schema)


def test_intervals_end_for_those_who_move_or_leave_and_begin_for_those_who_move_or_come(spark):
    first = first_history(_members(spark, ann=1, bob=1, cat=2), ONE, "r1")
    history = continued_history(first, _members(spark, ann=1, bob=2, dan=2), TWO, "r2")
    expected = _history(
        spark, ("ann", 1, ONE, None, "r1"), ("bob", 1, ONE, TWO, "r1"), ("cat", 2, ONE, TWO, "r1"), ("bob", 2, TWO, None, "r2"),
        ("dan", 2, TWO, None, "r2"),
    )  # fmt: skip
    assert_df_equality(history, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_customer_who_comes_back_has_two_intervals(spark):
    history = first_history(_members(spark, ann=1), ONE, "r1")
    history = continued_history(history, _members(spark, bob=1), TWO, "r2")
    history = continued_history(history, _members(spark, ann=1, bob=1), THREE, "r3")
    expected = _history(spark, ("ann", 1, ONE, TWO, "r1"), ("ann", 1, THREE, None, "r3"), ("bob", 1, TWO, None, "r2"))
    assert_df_equality(history, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_day_that_is_described_again_replaces_itself_and_all_later_days(spark):
    history = first_history(_members(spark, ann=1, bob=2), ONE, "r1")
    history = continued_history(history, _members(spark, ann=2, bob=2), TWO, "r2")
    history = continued_history(history, _members(spark, ann=1, bob=1), THREE, "r3")
    history = continued_history(history, _members(spark, ann=1, bob=1), TWO, "r4")
    expected = _history(spark, ("ann", 1, ONE, None, "r1"), ("bob", 2, ONE, TWO, "r1"), ("bob", 1, TWO, None, "r4"))
    assert_df_equality(history, expected, ignore_row_order=True, ignore_nullable=True)


DAYS = st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 3), min_size=1), min_size=1, max_size=4)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=DAYS)
def test_members_of_any_day_can_be_read_from_the_history(spark, days):
    dates = [date(2026, 1, number + 1) for number in range(len(days))]
    history = first_history(_members(spark, **days[0]), dates[0], "r0")
    for number in range(1, len(days)):
        history = continued_history(history, _members(spark, **days[number]), dates[number], f"r{number}").localCheckpoint()
    rows = history.collect()
    for day, members in zip(dates, days, strict=True):
        current = [row for row in rows if row.valid_from <= day and (row.valid_to is None or row.valid_to > day)]
        assert sorted((row.customer_id, row.segment_id) for row in current) == sorted(members.items())
