"""What is usual: medians of weekdays, which neither weekends nor a few odd days move."""

import numpy as np
import pytest

from segmentation.monitor.usual import log_of, ratio, shift, thinness, usual, without
from segmentation.settings.monitor import FeedSettings

SETTINGS = FeedSettings()
WEEKDAYS = np.array([10.0, 10, 10, 10, 10, 50, 80])


def _days(weeks, noise=0.1, seed=1):
    return np.tile(WEEKDAYS, weeks) + np.random.default_rng(seed).normal(0, noise, 7 * weeks)


def test_a_weekday_is_held_against_its_own_kind():
    days = _days(9)
    assert [round(usual(days, 56 + weekday, SETTINGS)) for weekday in range(7)] == WEEKDAYS.tolist()


def test_two_odd_days_move_nothing():
    days = _days(10, noise=0.0)
    days[[55, 48]] = 10_000
    assert usual(days, 62, SETTINGS) == 80
    assert shift(days, range(63, 70), SETTINGS).size == 0


def test_a_shift_is_told_with_its_error_a_fifth_too_small():
    found = [shift(_days(10, noise=1.0, seed=seed) + 6 * (np.arange(70) >= 63), range(63, 70), SETTINGS) for seed in range(400)]
    assert np.mean([one.size for one in found]) == pytest.approx(6, abs=0.1)
    assert np.mean([one.error for one in found]) / np.std([one.size for one in found]) == pytest.approx(0.82, abs=0.08)
    assert found[0].deviations == found[0].size / found[0].error


def test_before_there_are_weeks_enough_nothing_is_usual():
    days = _days(9)
    assert np.isnan(usual(days, 3 * 7 + 6, SETTINGS))
    assert not np.isnan(usual(days, 4 * 7, SETTINGS))
    assert shift(days, range(55, 62), SETTINGS) is None
    assert shift(days, range(60, 67), SETTINGS) is None
    assert shift(without(days, np.ones(63, dtype=bool)), range(56, 63), SETTINGS) is None


def test_unknown_days_are_left_out():
    days = _days(9)
    days[[6, 13, 20]] = np.nan
    assert usual(days, 62, SETTINGS) == pytest.approx(80, abs=0.3)
    days[56:59] = np.nan
    assert len(shift(days, range(56, 63), SETTINGS).distances) == 4


def test_days_of_fewer_customers_stray_farther():
    counts = np.array([100.0] * 56 + [25.0] * 7)
    assert thinness(counts, range(56, 63), SETTINGS) == 2
    assert thinness(counts[::-1], range(56, 63), SETTINGS) == 1
    assert thinness(np.zeros(63), range(56, 63), SETTINGS) == 1


def test_what_cannot_be_divided_is_unknown():
    np.testing.assert_equal(ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0])), [0.5, np.nan])
    np.testing.assert_equal(log_of(np.array([1.0, 0.0, -1.0])), [0.0, np.nan, np.nan])
