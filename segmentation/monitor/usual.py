"""What is usual on a day: the same weekdays of the weeks before, by medians, which a few odd days don't move."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.monitor.feed import Array
from segmentation.settings.monitor import FeedSettings

WEEK, YEAR = 7, 364
"""Days. A year of 52 weeks keeps weekdays on weekdays."""
_FEWEST = 4
"""Weeks that make something usual: the median of fewer is moved by one odd day."""
_NORMAL = 1.4826
"""Median absolute deviation to standard deviation, of a normal curve."""
_MEDIAN_ERROR = (np.pi / 2) ** 0.5
"""Standard error of a median, to that of a mean."""


@dataclass(frozen=True)
class Shift:
    """How far some days lie from what is usual.

    Parameters
    ----------
    size
        Median of their distances, in the units of the values.
    error
        Its standard error, by a fifth too small: days lie nearer to medians that they belong to themselves.
    distances
        Of each of the days.
    """

    size: float
    error: float
    distances: Array

    @property
    def deviations(self) -> float:
        """In standard errors."""
        return self.size / self.error if self.error > 0 else 0.0


def weekdays_before(place: int, weeks: int) -> list[int]:
    """The same weekday of each of so many weeks before, those there are."""
    return [day for day in range(place - WEEK, place - WEEK * weeks - 1, -WEEK) if day >= 0]


def usual(values: Array, place: int, settings: FeedSettings) -> float:
    """Median of the same weekdays of the weeks before; NaN where too few are known."""
    known = values[weekdays_before(place, settings.baseline_weeks)]
    known = known[~np.isnan(known)]
    return float(np.median(known)) if len(known) >= _FEWEST else np.nan


def shift(values: Array, window: range, settings: FeedSettings) -> Shift | None:
    """How far a window lies from the weeks before it, weekday by weekday.

    Parameters
    ----------
    values
        A value a day, such as a logarithm; NaN where there is none.
    window
        Places that follow each other.
    settings
        How many weeks are the baseline.

    Returns
    -------
    Shift or None
        None where too little is known.
    """
    first = window.start - WEEK * settings.baseline_weeks
    if first < 0 or window.stop > len(values):
        return None
    before = np.arange(first, window.start)
    centres = _by_weekday(values, before)
    distances = values[list(window)] - centres[np.array(window) % WEEK]
    residuals = values[before] - centres[before % WEEK]
    distances, residuals = distances[~np.isnan(distances)], residuals[~np.isnan(residuals)]
    if len(residuals) < _FEWEST * 2 or len(distances) < max(1, len(window) // 3):
        return None
    spread = _NORMAL * float(np.median(np.abs(residuals - np.median(residuals))))
    error = _MEDIAN_ERROR * spread * float(np.sqrt(1 / len(distances) + 1 / len(residuals)))
    return Shift(float(np.median(distances)), error, distances)


def thinness(counts: Array, window: range, settings: FeedSettings) -> float:
    """How many times farther medians of a window's days stray than those of the weeks before, for being of fewer customers; 1 and more."""
    before = counts[max(0, window.start - WEEK * settings.baseline_weeks) : window.start]
    counted, usually = (float(np.median(days[days > 0])) if (days > 0).any() else 1.0 for days in (counts[list(window)], before))
    return float(max(1.0, usually / counted) ** 0.5)


def count_deviations(found: float, expected: float) -> float:
    """How far a count is from what was expected, in standard deviations: twice the distance of their square roots (Anscombe 1948)."""
    return float(2 * (np.sqrt(found + 3 / 8) - np.sqrt(expected + 3 / 8)))


def without(values: Array, faulty: NDArray[np.bool_]) -> Array:
    """Values with those of faulty days unknown."""
    return np.where(faulty, np.nan, values)


def log_of(values: Array) -> Array:
    """Natural logarithms; NaN where there is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log(values), np.nan)


def ratio(part: Array, whole: Array) -> Array:
    """Quotients; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _by_weekday(values: Array, places: NDArray[np.int64]) -> Array:
    """Median of each weekday among these places, by place modulo 7; NaN where none is known."""
    found = np.full(WEEK, np.nan)
    for weekday in range(WEEK):
        same = values[places[places % WEEK == weekday]]
        if (~np.isnan(same)).any():
            found[weekday] = float(np.nanmedian(same))
    return found
