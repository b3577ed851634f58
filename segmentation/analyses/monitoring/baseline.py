"""What is usual on a day: medians of the same weekdays in the weeks before, which a few outliers do not move."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.analyses.monitoring.daily_feed import Array
from segmentation.analyses.monitoring.settings import FeedSettings

WEEK, YEAR = 7, 364
"""Days. A year of 52 weeks keeps weekdays aligned."""
_MIN_WEEKS = 4
"""Fewer weeks are no baseline: one outlier moves their median."""
_MAD_TO_DEVIATION = 1.4826
"""Median absolute deviation to standard deviation, for normal values."""
_MEDIAN_ERROR = (np.pi / 2) ** 0.5
"""Standard error of a median, relative to that of a mean."""


@dataclass(frozen=True)
class Shift:
    """How far some days lie from the baseline."""

    size: float  # median of the distances, in the units of the values
    error: float  # its standard error; a fifth too small, since days lie nearer to medians that they are part of
    distances: Array  # of each day

    @property
    def deviations(self) -> float:
        """In standard errors."""
        return self.size / self.error if self.error > 0 else 0.0


def same_weekdays_before(index: int, weeks: int) -> list[int]:
    """Indices of the same weekday in each of so many weeks before, as far as there are any."""
    return [day for day in range(index - WEEK, index - WEEK * weeks - 1, -WEEK) if day >= 0]


def weekday_median(values: Array, index: int, settings: FeedSettings) -> float:
    """Median of the same weekdays in the weeks before; NaN where too few are known."""
    known = values[same_weekdays_before(index, settings.baseline_weeks)]
    known = known[~np.isnan(known)]
    return float(np.median(known)) if len(known) >= _MIN_WEEKS else np.nan


def shift_from_baseline(values: Array, window: range, settings: FeedSettings) -> Shift | None:
    """How far a window lies from the weeks before it, weekday by weekday; None where too little is known.

    `values` has one value per day, such as a logarithm, NaN where unknown; `window` has the indices of consecutive days.
    """
    first = window.start - WEEK * settings.baseline_weeks
    if first < 0 or window.stop > len(values):
        return None
    baseline = np.arange(first, window.start)
    centers = _medians_by_weekday(values, baseline)
    distances = values[list(window)] - centers[np.array(window) % WEEK]
    residuals = values[baseline] - centers[baseline % WEEK]
    distances, residuals = distances[~np.isnan(distances)], residuals[~np.isnan(residuals)]
    if len(residuals) < _MIN_WEEKS * 2 or len(distances) < max(1, len(window) // 3):
        return None
    spread = _MAD_TO_DEVIATION * float(np.median(np.abs(residuals - np.median(residuals))))
    error = _MEDIAN_ERROR * spread * float(np.sqrt(1 / len(distances) + 1 / len(residuals)))
    return Shift(float(np.median(distances)), error, distances)


def error_inflation(counts: Array, window: range, settings: FeedSettings) -> float:
    """Factor by which medians of a window's days vary more than those of the baseline, as they rest on fewer customers; 1 and more."""
    baseline = counts[max(0, window.start - WEEK * settings.baseline_weeks) : window.start]
    current, usual = (float(np.median(days[days > 0])) if (days > 0).any() else 1.0 for days in (counts[list(window)], baseline))
    return float(max(1.0, usual / current) ** 0.5)


def count_deviations(observed: float, expected: float) -> float:
    """Distance of a count from its expectation in standard deviations: twice that of their square roots (Anscombe 1948)."""
    return float(2 * (np.sqrt(observed + 3 / 8) - np.sqrt(expected + 3 / 8)))


def masked(values: Array, is_faulty: NDArray[np.bool_]) -> Array:
    """Values with NaN on faulty days."""
    return np.where(is_faulty, np.nan, values)


def log_or_nan(values: Array) -> Array:
    """Natural logarithms; NaN where a value is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log(values), np.nan)


def ratio_or_nan(part: Array, whole: Array) -> Array:
    """Quotients; NaN where the divisor is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _medians_by_weekday(values: Array, indices: NDArray[np.int64]) -> Array:
    """Median of each weekday, by index modulo 7; NaN where none is known."""
    medians = np.full(WEEK, np.nan)
    for weekday in range(WEEK):
        same = values[indices[indices % WEEK == weekday]]
        if (~np.isnan(same)).any():
            medians[weekday] = float(np.nanmedian(same))
    return medians
