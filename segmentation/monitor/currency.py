"""Amounts of another currency, or of another unit: a jump from one day to the next, in all categories at once."""

from typing import NamedTuple

import numpy as np

from segmentation.monitor.causes import Cause, Kind
from segmentation.monitor.feed import Array, Feed
from segmentation.monitor.usual import WEEK, log_of, ratio, shift, thinness
from segmentation.settings.monitor import FeedSettings

MOST_CATEGORIES, FEWEST_CATEGORIES = 0.75, 2
"""So many of the categories must move too, where there are at least two: else other things are bought, not the same at other prices."""
CATEGORY_ORDERS = 5
"""Orders a day, below which a category's mean spend tells nothing."""
_MOST_FALL = 1 / 3
"""Amounts of a third and less: a sale takes less off."""
_USUAL_DAYS = 4 * WEEK


class _Jump(NamedTuple):
    """The factor of a day's amounts, and how many categories of how many moved along."""

    factor: float
    moved: int
    of: int


def currency_faults(feed: Feed, settings: FeedSettings) -> dict[int, Cause]:
    """By place, the latest days whose amounts are another currency's, or another unit's."""
    amounts = log_of(feed.line_amount)
    jumps = {place: _jump(feed, amounts, place, settings) for place in range(max(0, len(feed) - settings.recent_days), len(feed))}
    return {place: _fault(feed, place, jump, settings) for place, jump in jumps.items() if jump}


def _jump(feed: Feed, amounts: Array, place: int, settings: FeedSettings) -> _Jump | None:
    found = shift(amounts, range(place, place + 1), settings)
    if found is None or feed.orders[place] < CATEGORY_ORDERS:
        return None
    factor = float(np.exp(found.size))
    is_large = factor >= settings.currency_factor or factor <= _MOST_FALL
    if not is_large or abs(found.deviations) < settings.deviations * thinness(feed.customers, range(place, place + 1), settings):
        return None
    moves = [move for number in range(len(feed.categories)) if not np.isnan(move := _category_move(feed, place, number))]
    moved = sum(move * np.sign(found.size) >= abs(found.size) / 2 for move in moves)
    is_all = len(moves) < FEWEST_CATEGORIES or moved >= MOST_CATEGORIES * len(moves)
    return _Jump(factor, int(moved), len(moves)) if is_all else None


def _category_move(feed: Feed, place: int, number: int) -> float:
    """How far an order's mean spend in a category lies from its median of four weeks, in logarithms; NaN where that is not known."""
    if feed.category_orders[place, number] < CATEGORY_ORDERS:
        return np.nan
    means = log_of(ratio(feed.spend[:, number], feed.category_orders[:, number]))
    before = means[max(0, place - _USUAL_DAYS) : place]
    return float(means[place] - np.nanmedian(before)) if (~np.isnan(before)).any() else np.nan


def _fault(feed: Feed, place: int, jump: _Jump, settings: FeedSettings) -> Cause:
    along = f", in {jump.moved} of {jump.of} categories" if jump.of else ""
    return Cause(
        Kind.CURRENCY_FAULT,
        f"{feed.day(place)}: amounts of a line are {jump.factor:.3g} times the usual{along}",
        f"monitor.feed.currency_factor {settings.currency_factor:g} (or a third), and {settings.deviations:g} standard deviations",
        "nobody raises all prices by half overnight, and a sale takes less than two thirds off",
        since=feed.day(place),
    )
