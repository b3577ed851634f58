"""A change of the price level that has stayed: the same things cost more, or less, than in the weeks before.

A log by day tells amounts of lines and no prices. So two measures must agree: the median of customers' amounts per line, which large
orders don't move, and the mean spend of an order in each category, taken together, which a change in what is bought does not move.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segmentation.monitor.causes import Cause, Kind
from segmentation.monitor.currency import CATEGORY_ORDERS, FEWEST_CATEGORIES, MOST_CATEGORIES
from segmentation.monitor.feed import Array, Feed
from segmentation.monitor.usual import YEAR, Shift, log_of, ratio, shift, thinness, without
from segmentation.settings.monitor import FeedSettings

WINDOWS = (7, 14, 28)
"""Days that a change of prices is looked for in: a large one is seen within a week, a small one in a small shop within four."""
_CLEAR = 4.0
"""Standard deviations from which on the shift of a year before is taken off: of a smaller one the noise would be added, and little else."""


class _Change(NamedTuple):
    """Of prices, in logarithms; how certain; and how many categories of how many moved along."""

    size: float
    deviations: float
    moved: int
    of: int


def price_change(feed: Feed, faulty: NDArray[np.bool_], settings: FeedSettings) -> Cause | None:
    """A change of the price level that has stayed, beyond what the same weeks of the year before brought.

    Parameters
    ----------
    feed
        The days.
    faulty
        Of days, which to leave out.
    settings
        Thresholds.
    """
    for days in WINDOWS:
        window = range(len(feed) - days, len(feed))
        found = _change(feed, window, faulty, settings)
        if found and _is_told(found, settings):
            return _told(feed, window, found, settings)
    return None


def _is_told(found: _Change, settings: FeedSettings) -> bool:
    is_large = abs(np.expm1(found.size)) >= settings.least_price_change
    is_everywhere = found.of < FEWEST_CATEGORIES or found.moved >= MOST_CATEGORIES * found.of
    return bool(is_large and is_everywhere and found.deviations >= settings.deviations)


def _change(feed: Feed, window: range, faulty: NDArray[np.bool_], settings: FeedSettings) -> _Change | None:
    """Both measures together; None where they disagree, where either half of the window does, or where too little is known."""
    lines = _beyond_season(without(log_of(feed.line_amount), faulty), window, settings)
    if lines is None or not _has_stayed(lines):
        return None
    categories, thin = _category_shifts(feed, window, faulty, settings), thinness(feed.customers, window, settings)
    if len(categories) < FEWEST_CATEGORIES:
        return _Change(lines.size, abs(lines.deviations) / thin, 0, 0)
    level = _together(categories)
    if level.size * lines.size <= 0:
        return None
    size, deviations = (lines.size + level.size) / 2, (abs(lines.deviations) + abs(level.deviations)) / 2
    moved = sum(one.size * np.sign(size) >= abs(size) / 2 for one in categories)
    return _Change(size, deviations / thin, int(moved), len(categories))


def _has_stayed(found: Shift) -> bool:
    halves = (half for half in np.array_split(found.distances, 2) if len(half))
    return all(float(np.median(half)) * np.sign(found.size) >= abs(found.size) / 3 for half in halves)


def _category_shifts(feed: Feed, window: range, faulty: NDArray[np.bool_], settings: FeedSettings) -> list[Shift]:
    """Of an order's mean spend in each category that is bought often enough."""
    often = [number for number in range(len(feed.categories)) if feed.category_orders[list(window), number].mean() >= CATEGORY_ORDERS]
    means = (without(log_of(ratio(feed.spend[:, number], feed.category_orders[:, number])), faulty) for number in often)
    found = (_beyond_season(values, window, settings) for values in means)
    return [one for one in found if one is not None and one.error > 0]


def _together(shifts: list[Shift]) -> Shift:
    """One shift of several, each weighing as it is certain."""
    weights: Array = np.array([one.error**-2 for one in shifts])
    sizes = np.array([one.size for one in shifts])
    return Shift(float(np.average(sizes, weights=weights)), float(weights.sum() ** -0.5), sizes)


def _beyond_season(values: Array, window: range, settings: FeedSettings) -> Shift | None:
    """The shift of a window, less that of the same weeks a year before where that was a clear one."""
    now = shift(values, window, settings)
    then = shift(values, range(window.start - YEAR, window.stop - YEAR), settings)
    if now is None or then is None or abs(then.deviations) < _CLEAR:
        return now
    return Shift(now.size - then.size, float(np.hypot(now.error, then.error)), now.distances - then.size)


def _told(feed: Feed, window: range, found: _Change, settings: FeedSettings) -> Cause:
    told = f", {found.moved} of {found.of} categories alike" if found.of else ""
    return Cause(
        Kind.PRICE_CHANGE,
        f"amounts of a line: {np.expm1(found.size):+.1%} in the last {len(window)} days{told}, beyond what the season brings",
        f"monitor.feed.least_price_change {settings.least_price_change:g}, and {settings.deviations:g} standard deviations",
        "it has stayed, in most categories: the model compares money at the old prices",
        since=feed.day(window.start),
    )
