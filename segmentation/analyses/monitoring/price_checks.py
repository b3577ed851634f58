"""Amounts in another currency or unit, and lasting changes of the price level.

A log by day has amounts of lines and no prices. So two measures must agree: the median of customers' amounts per line, which large
orders do not move, and the mean spend of an order in each category, combined over categories, which a change in what is bought does
not move.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segmentation.analyses.monitoring.baseline import (
    WEEK,
    YEAR,
    Shift,
    error_inflation,
    log_or_nan,
    masked,
    ratio_or_nan,
    shift_from_baseline,
)
from segmentation.analyses.monitoring.daily_feed import Array, DailyFeed
from segmentation.analyses.monitoring.decision import Alert, AlertKind
from segmentation.analyses.monitoring.settings import FeedSettings

PRICE_WINDOWS = (7, 14, 28)
"""Days over which a change of prices is looked for: a large one shows within a week, a small one in a small shop within four."""
_MIN_CATEGORY_SHARE, _MIN_CATEGORIES = 0.75, 2
"""This share of the categories must move too, where there are at least two: otherwise other things are bought at the same prices."""
_MIN_CATEGORY_ORDERS = 5
"""Orders a day, below which a category's mean spend is not used."""
_MAX_DROP_FACTOR = 1 / 3
"""Amounts of a third and less: a sale takes less off."""
_CURRENCY_BASELINE_DAYS = 4 * WEEK
_CLEAR_DEVIATIONS = 4.0
"""Standard deviations from which on the shift of a year before is subtracted: a smaller one would add little but its noise."""


class _PriceMove(NamedTuple):
    """A move of all prices, in logarithms, and how many of the categories moved along."""

    size: float
    deviations: float
    n_moved: int
    n_categories: int

    @property
    def is_everywhere(self) -> bool:
        return self.n_categories < _MIN_CATEGORIES or self.n_moved >= _MIN_CATEGORY_SHARE * self.n_categories


def currency_faults(feed: DailyFeed, settings: FeedSettings) -> dict[int, Alert]:
    """By index, the latest days whose amounts are in another currency or unit: a jump from one day to the next in all categories."""
    amounts = log_or_nan(feed.line_amount)
    jumps = {index: _jump(feed, amounts, index, settings) for index in range(max(0, len(feed) - settings.recent_days), len(feed))}
    return {index: _currency_fault(feed, index, jump, settings) for index, jump in jumps.items() if jump}


def price_change(feed: DailyFeed, is_faulty: NDArray[np.bool_], settings: FeedSettings) -> Alert | None:
    """A lasting change of the price level, beyond what the same weeks of the year before had."""
    for days in PRICE_WINDOWS:
        window = range(len(feed) - days, len(feed))
        move = _lasting_move(feed, window, is_faulty, settings)
        if move and _is_significant(move, settings):
            return _price_change(feed, window, move, settings)
    return None


def _jump(feed: DailyFeed, amounts: Array, index: int, settings: FeedSettings) -> _PriceMove | None:
    day = range(index, index + 1)
    shift = shift_from_baseline(amounts, day, settings)
    if shift is None or feed.orders[index] < _MIN_CATEGORY_ORDERS:
        return None
    factor = float(np.exp(shift.size))
    is_large = factor >= settings.currency_factor or factor <= _MAX_DROP_FACTOR
    if not is_large or abs(shift.deviations) < settings.max_deviations * error_inflation(feed.customers, day, settings):
        return None
    moves = [move for category in range(len(feed.categories)) if not np.isnan(move := _category_move(feed, index, category))]
    n_moved = sum(move * np.sign(shift.size) >= abs(shift.size) / 2 for move in moves)
    jump = _PriceMove(shift.size, shift.deviations, int(n_moved), len(moves))
    return jump if jump.is_everywhere else None


def _category_move(feed: DailyFeed, index: int, category: int) -> float:
    """Distance of an order's mean spend in a category from its median of four weeks, in logarithms; NaN where that is not known."""
    if feed.category_orders[index, category] < _MIN_CATEGORY_ORDERS:
        return np.nan
    means = log_or_nan(ratio_or_nan(feed.spend[:, category], feed.category_orders[:, category]))
    baseline = means[max(0, index - _CURRENCY_BASELINE_DAYS) : index]
    return float(means[index] - np.nanmedian(baseline)) if (~np.isnan(baseline)).any() else np.nan


def _currency_fault(feed: DailyFeed, index: int, jump: _PriceMove, settings: FeedSettings) -> Alert:
    categories = f", in {jump.n_moved} of {jump.n_categories} categories" if jump.n_categories else ""
    return Alert(
        AlertKind.CURRENCY_FAULT,
        f"{feed.day(index)}: amounts of a line are {float(np.exp(jump.size)):.3g} times the usual{categories}",
        f"monitor.feed.currency_factor {settings.currency_factor:g} (or a third), and {settings.max_deviations:g} standard deviations",
        "nobody raises all prices by half overnight, and a sale takes less than two thirds off",
        since=feed.day(index),
    )


def _is_significant(move: _PriceMove, settings: FeedSettings) -> bool:
    is_large = abs(np.expm1(move.size)) >= settings.min_price_change
    return bool(is_large and move.is_everywhere and move.deviations >= settings.max_deviations)


def _lasting_move(feed: DailyFeed, window: range, is_faulty: NDArray[np.bool_], settings: FeedSettings) -> _PriceMove | None:
    """Both measures together; None where they disagree, where either half of the window does, or where too little is known."""
    lines = _beyond_season(masked(log_or_nan(feed.line_amount), is_faulty), window, settings)
    if lines is None or not _has_lasted(lines):
        return None
    categories, inflation = _category_shifts(feed, window, is_faulty, settings), error_inflation(feed.customers, window, settings)
    if len(categories) < _MIN_CATEGORIES:
        return _PriceMove(lines.size, abs(lines.deviations) / inflation, 0, 0)
    level = _weighted_mean(categories)
    if level.size * lines.size <= 0:
        return None
    size, deviations = (lines.size + level.size) / 2, (abs(lines.deviations) + abs(level.deviations)) / 2
    n_moved = sum(shift.size * np.sign(size) >= abs(size) / 2 for shift in categories)
    return _PriceMove(size, deviations / inflation, int(n_moved), len(categories))


def _has_lasted(shift: Shift) -> bool:
    halves = (half for half in np.array_split(shift.distances, 2) if len(half))
    return all(float(np.median(half)) * np.sign(shift.size) >= abs(shift.size) / 3 for half in halves)


def _category_shifts(feed: DailyFeed, window: range, is_faulty: NDArray[np.bool_], settings: FeedSettings) -> list[Shift]:
    """Shift of an order's mean spend in each category that is bought often enough."""
    mean_orders = feed.category_orders[list(window)].mean(axis=0)
    frequent = [category for category in range(len(feed.categories)) if mean_orders[category] >= _MIN_CATEGORY_ORDERS]
    means = (masked(log_or_nan(ratio_or_nan(feed.spend[:, one], feed.category_orders[:, one])), is_faulty) for one in frequent)
    shifts = (_beyond_season(values, window, settings) for values in means)
    return [shift for shift in shifts if shift is not None and shift.error > 0]


def _weighted_mean(shifts: list[Shift]) -> Shift:
    """Mean of shifts, weighted by inverse variance."""
    weights: Array = np.array([shift.error**-2 for shift in shifts])
    sizes = np.array([shift.size for shift in shifts])
    return Shift(float(np.average(sizes, weights=weights)), float(weights.sum() ** -0.5), sizes)


def _beyond_season(values: Array, window: range, settings: FeedSettings) -> Shift | None:
    """The shift of a window, less that of the same weeks a year before where that was a clear one."""
    shift = shift_from_baseline(values, window, settings)
    year_before = shift_from_baseline(values, range(window.start - YEAR, window.stop - YEAR), settings)
    if shift is None or year_before is None or abs(year_before.deviations) < _CLEAR_DEVIATIONS:
        return shift
    error = float(np.hypot(shift.error, year_before.error))
    return Shift(shift.size - year_before.size, error, shift.distances - year_before.size)


def _price_change(feed: DailyFeed, window: range, move: _PriceMove, settings: FeedSettings) -> Alert:
    categories = f", alike in {move.n_moved} of {move.n_categories} categories" if move.n_categories else ""
    return Alert(
        AlertKind.PRICE_CHANGE,
        f"amounts of a line: {np.expm1(move.size):+.1%} in the last {len(window)} days{categories}, beyond the seasonal change",
        f"monitor.feed.min_price_change {settings.min_price_change:g}, and {settings.max_deviations:g} standard deviations",
        "it has lasted, in most categories: the model compares money at the old prices",
        since=feed.day(window.start),
    )
