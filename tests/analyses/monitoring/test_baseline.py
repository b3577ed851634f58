"""What is usual: medians of weekdays, which neither weekends nor a few odd days move."""

import numpy as np
import pytest

from segmentation.analyses.monitoring.baseline import error_inflation, log_or_nan, masked, ratio_or_nan, shift_from_baseline, weekday_median
from segmentation.analyses.monitoring.settings import FeedSettings

SETTINGS = FeedSettings()
WEEKDAYS = np.array([10.0, 10, 10, 10, 10, 50, 80])


def _days(weeks, noise=0.1, seed=1):
    return np.tile(WEEKDAYS, weeks) + np.random.default_rng(seed).normal(0, noise, 7 * weeks)


def test_a_weekday_is_compared_with_the_same_weekday():
    days = _days(9)
    assert [round(weekday_median(days, 56 + weekday, SETTINGS)) for weekday in range(7)] == WEEKDAYS.tolist()


def test_two_outliers_move_nothing():
    days = _days(10, noise=0.0)
    days[[55, 48]] = 10_000
    assert weekday_median(days, 62, SETTINGS) == 80
    assert shift_from_baseline(days, range(63, 70), SETTINGS).size == 0


def test_the_error_of_a_shift_is_a_fifth_too_small():
    shifts = [
        shift_from_baseline(_days(10, noise=1.0, seed=seed) + 6 * (np.arange(70) >= 63), range(63, 70), SETTINGS) for seed in range(400)
    ]
    assert np.mean([one.size for one in shifts]) == pytest.approx(6, abs=0.1)
    assert np.mean([one.error for one in shifts]) / np.std([one.size for one in shifts]) == pytest.approx(0.82, abs=0.08)
    assert shifts[0].deviations == shifts[0].size / shifts[0].error


def test_a_baseline_needs_enough_weeks():
    days = _days(9)
    assert np.isnan(weekday_median(days, 3 * 7 + 6, SETTINGS))
    assert not np.isnan(weekday_median(days, 4 * 7, SETTINGS))
    assert shift_from_baseline(days, range(55, 62), SETTINGS) is None
    assert shift_from_baseline(days, range(60, 67), SETTINGS) is None
    assert shift_from_baseline(masked(days, np.ones(63, dtype=bool)), range(56, 63), SETTINGS) is None


def test_unknown_days_are_left_out():
    days = _days(9)
    days[[6, 13, 20]] = np.nan
    assert weekday_median(days, 62, SETTINGS) == pytest.approx(80, abs=0.3)
    days[56:59] = np.nan
    assert len(shift_from_baseline(days, range(56, 63), SETTINGS).distances) == 4


def test_medians_of_fewer_customers_vary_more():
    counts = np.array([100.0] * 56 + [25.0] * 7)
    assert error_inflation(counts, range(56, 63), SETTINGS) == 2
    assert error_inflation(counts[::-1], range(56, 63), SETTINGS) == 1
    assert error_inflation(np.zeros(63), range(56, 63), SETTINGS) == 1


def test_what_cannot_be_divided_is_unknown():
    np.testing.assert_equal(ratio_or_nan(np.array([1.0, 0.0]), np.array([2.0, 0.0])), [0.5, np.nan])
    np.testing.assert_equal(log_or_nan(np.array([1.0, 0.0, -1.0])), [0.0, np.nan, np.nan])
