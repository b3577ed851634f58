"""Draws are even, repeatable and independent; look-ups count from 0."""

import pytest
from pyspark.sql import functions as F

from segmentation.synthetic.draws import above, bell, looked_up, looked_up_text, pick, uniform


def _rows(spark, *columns):
    return [tuple(row) for row in spark.range(4_000).select(*columns).collect()]


def test_draws_fill_the_unit_interval_evenly(spark):
    draws = [draw for (draw,) in _rows(spark, uniform(1, "test", F.col("id")))]
    assert 0 <= min(draws) < 0.01
    assert 0.99 < max(draws) < 1
    assert sum(draws) / len(draws) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("other", [(2, "test"), (1, "another purpose")])
def test_another_seed_or_purpose_draws_independently(spark, other):
    pairs = _rows(spark, uniform(1, "test", F.col("id")), uniform(*other, F.col("id")))
    both_low = sum(one < 0.5 and two < 0.5 for one, two in pairs)
    assert both_low / len(pairs) == pytest.approx(0.25, abs=0.03)


def test_a_draw_never_changes(spark):
    assert _rows(spark, F.round(uniform(1, "test", F.col("id")), 6))[:2] == [(0.523352,), (0.137227,)]


def test_a_pick_reaches_every_choice_and_no_other(spark):
    assert {row[0] for row in _rows(spark, pick(uniform(1, "test", F.col("id")), 3))} == {0, 1, 2}


def test_a_bell_has_mean_0_and_standard_deviation_1(spark):
    values = [value for (value,) in _rows(spark, bell(uniform(1, "test", F.col("id"))))]
    mean = sum(values) / len(values)
    assert mean == pytest.approx(0, abs=0.05)
    assert sum((value - mean) ** 2 for value in values) / len(values) == pytest.approx(1, abs=0.08)


def test_tables_are_read_from_position_0_and_null_beyond_their_end(spark):
    index = F.col("id").cast("int")
    rows = _rows(spark, looked_up([0.5, 1.5], index), looked_up([7, 8], index, "int"), looked_up_text(["a b", "c"], index))
    assert rows[:3] == [(0.5, 7, "a b"), (1.5, 8, "c"), (None, None, None)]


def test_a_bound_counts_from_its_own_value_on(spark):
    assert [row[0] for row in _rows(spark, above([1, 3], F.col("id")))[:5]] == [0, 1, 1, 2, 2]
