"""Axes carry a handful of round values, whatever they span."""

import numpy as np
import pytest

from segmentation.report.palette import placed, tick_text, tick_values


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1, 374, [1, 3, 10, 30, 100, 300]),
        (90, 3000, [100, 300, 1000, 3000]),
        (0, 280_000, [0, 1, 100, 10_000]),
        (-1200, 280_000, [-1000, -1, 0, 1, 1000]),
        (5, 5, [5]),
        (0, 0, [0]),
    ],
)
def test_a_logarithmic_axis_has_round_values(low, high, expected):
    assert tick_values(low, high, is_log=True) == expected


def test_where_there_is_little_room_there_are_fewer():
    assert tick_values(300, 20_000, is_log=True, most=3) == [1000, 10_000]


def test_a_plain_axis_has_even_steps():
    assert tick_values(0, 0.4, is_log=False) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_values_are_placed_by_their_logarithm_where_asked():
    assert placed([0, np.e - 1, 1 - np.e], is_log=True) == pytest.approx([0, 1, -1])
    assert placed([3, -4], is_log=False).tolist() == [3, -4]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(1000, "currency", "£1,000"), (0, "currency", "£0"), (0.1, "share", "10\u00a0%"), (30, "days", "30"), (2.5, "orders", "2.50")],
)
def test_ticks_are_written_with_what_the_name_of_the_axis_lacks(value, unit, expected):
    assert tick_text(value, unit, "GBP") == expected
