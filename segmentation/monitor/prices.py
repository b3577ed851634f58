"""What a line costs: a jump in all categories at once is a fault of the currency, a small change that stays one of prices."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segmentation.monitor.causes import Cause, Kind
from segmentation.monitor.feed import Array, Feed
from segmentation.monitor.usual import Shift, beyond_season, log_of, net_of_season, ratio, shift, without
from segmentation.settings.monitor import FeedSettings

WINDOWS = (7, 14, 28)
"""Days that a change of prices is looked for in: a large one is seen within a week, a small one in a small shop within four."""
_MOST_FALL = 1 / 3
"""Amounts of a third and less: a sale takes less off."""
_MOST_CATEGORIES = 0.75
"""So many of the categories must move too: else other things are bought, not the same ones at other prices."""
_FEWEST_CATEGORIES = 2
_CATEGORY_ORDERS = 5
"""Orders a day, below which a category's mean spend tells nothing."""


class Jump(NamedTuple):
    """A day on which amounts jumped: their factor, and how many categories of how many moved along."""

    factor: float
    moved: int
    of: int


def currency_faults(feed: Feed, settings: FeedSettings) -> dict[int, Cause]:
    """By place, the latest days whose amounts are another currency's, or another unit's."""
    amounts = log_of(feed.line_amount)
    jumps = {place: _jump(feed, amounts, place, settings) for place in range(max(0, len(feed) - settings.recent_days), len(feed))}
    return {place: _currency_fault(feed, place, jump, settings) for place, jump in jumps.items() if jump}


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
    amounts = without(log_of(feed.line_amount), faulty)
    for days in WINDOWS:
        window = range(len(feed) - days, len(feed))
        found = _stayed(amounts, window, settings)
        if found is None:
            continue
        moved, of = _moved_along(feed, window, found.size, faulty, settings)
        if of < _FEWEST_CATEGORIES or moved >= _MOST_CATEGORIES * of:
            return _price_change(feed, window, found, (moved, of), settings)
    return None


def _jump(feed: Feed, amounts: Array, place: int, settings: FeedSettings) -> Jump | None:
    found = shift(np.append(amounts[: place + 1], amounts[place]), range(place, place + 2), settings)
    if found is None or not feed.orders[place] >= _CATEGORY_ORDERS:
        return None
    factor = float(np.exp(found.size))
    is_large = factor >= settings.currency_factor or factor <= _MOST_FALL
    # The window holds the day twice, so that its error is too small by the square root of two.
    if not is_large or abs(found.deviations) < settings.deviations * np.sqrt(2):
        return None
    moves = [_category_move(feed, place, number) for number in range(len(feed.categories))]
    known = [move for move in moves if not np.isnan(move)]
    moved = sum(move * np.sign(found.size) >= abs(found.size) / 2 for move in known)
    is_all = len(known) < _FEWEST_CATEGORIES or moved >= _MOST_CATEGORIES * len(known)
    return Jump(factor, int(moved), len(known)) if is_all else None


def _category_move(feed: Feed, place: int, number: int) -> float:
    """How far an order's mean spend in a category lies from its median of four weeks, in logarithms."""
    orders, spend = feed.category_orders[:, number], feed.spend[:, number]
    before = slice(max(0, place - 28), place)
    if orders[place] < _CATEGORY_ORDERS or not (orders[before] > 0).any():
        return np.nan
    means = log_of(ratio(spend[before], orders[before]))
    return float(log_of(ratio(spend[place : place + 1], orders[place : place + 1]))[0] - np.nanmedian(means))


def _stayed(amounts: Array, window: range, settings: FeedSettings) -> Shift | None:
    """A shift of the window that is large enough, certain enough, and there in both its halves."""
    found = beyond_season(amounts, window, settings)
    if found is None:
        return None
    net = net_of_season(*found)
    halves = np.array_split(net.distances, 2)
    both = all(float(np.median(half)) * np.sign(net.size) >= abs(net.size) / 2 for half in halves if len(half))
    is_certain = min(abs(net.deviations), abs(found[0].deviations)) >= settings.deviations
    return net if is_certain and both and abs(np.expm1(net.size)) >= settings.least_price_change else None


def _moved_along(feed: Feed, window: range, size: float, faulty: NDArray[np.bool_], settings: FeedSettings) -> tuple[int, int]:
    """Categories whose spend an order has moved the same way by at least half as much, of how many that can be told."""
    moves = list(_category_shifts(feed, window, faulty, settings))
    return sum(move * np.sign(size) >= abs(size) / 2 for move in moves), len(moves)


def _category_shifts(feed: Feed, window: range, faulty: NDArray[np.bool_], settings: FeedSettings) -> Iterator[float]:
    for number in range(len(feed.categories)):
        orders = feed.category_orders[:, number]
        if orders[list(window)].mean() >= _CATEGORY_ORDERS:
            means = without(log_of(ratio(feed.spend[:, number], orders)), faulty)
            found = beyond_season(means, window, settings)
            if found is not None:
                yield net_of_season(*found).size


def _currency_fault(feed: Feed, place: int, jump: Jump, settings: FeedSettings) -> Cause:
    along = f", in {jump.moved} of {jump.of} categories" if jump.of else ""
    return Cause(
        Kind.CURRENCY_FAULT,
        f"{feed.day(place)}: amounts of a line are {jump.factor:.3g} times the usual{along}",
        f"monitor.feed.currency_factor {settings.currency_factor:g} (or a third), and {settings.deviations:g} standard deviations",
        "nobody raises all prices by half overnight, and a sale takes less than two thirds off",
        since=feed.day(place),
    )


def _price_change(feed: Feed, window: range, found: Shift, along: tuple[int, int], settings: FeedSettings) -> Cause:
    moved, of = along
    told = f", {moved} of {of} categories alike" if of >= _FEWEST_CATEGORIES else ""
    return Cause(
        Kind.PRICE_CHANGE,
        f"amounts of a line are {np.expm1(found.size):+.1%} in the last {len(window)} days{told}, beyond what the season brings",
        f"monitor.feed.least_price_change {settings.least_price_change:g}, and {settings.deviations:g} standard deviations",
        "it has stayed, in most categories: the model compares money at the old prices",
        since=feed.day(window.start),
    )
