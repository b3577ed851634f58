"""What is bought: a category that is lost, and more or less of all or of one, as the season brings it or not."""

from collections.abc import Container
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.monitor.causes import Cause, Kind
from segmentation.monitor.feed import Feed
from segmentation.monitor.usual import WEEK, YEAR, count_deviations, log_of, shift, without
from segmentation.settings.monitor import FeedSettings

_LOST_WITHIN = (3, 7)
"""Days without a category: three tell where it is bought often."""
_WINDOW = 14
"""Days that demand is taken over: two weeks, so that weekdays and weather even out."""


@dataclass(frozen=True)
class Held:
    """Orders that hold a category in some days, of how many that its share of the weeks before makes expected."""

    found: float
    expected: float

    @property
    def share(self) -> float:
        """Of what was expected."""
        return self.found / self.expected if self.expected > 0 else np.nan

    @property
    def deviations(self) -> float:
        """From what was expected, in standard deviations."""
        return count_deviations(self.found, self.expected)


def lost_categories(feed: Feed, faulty: NDArray[np.bool_], settings: FeedSettings) -> dict[int, Cause]:
    """By its place, each category of which next to nothing is bought any more while orders come in as ever; not if it was so a year before.

    Parameters
    ----------
    feed
        The days.
    faulty
        Of days, which to leave out.
    settings
        Thresholds.
    """
    found = {}
    for days in _LOST_WITHIN:
        window = range(len(feed) - days, len(feed))
        for number in range(len(feed.categories)):
            now, then = (_held(feed, number, weeks, faulty, settings) for weeks in (window, _a_year_before(window)))
            if now and _is_lost(now, then, settings):
                found[number] = _lost(feed, number, now, days, settings)
    return found


def demand_changes(feed: Feed, faulty: NDArray[np.bool_], lost: Container[int], settings: FeedSettings) -> list[Cause]:
    """Orders, or a category's share of them, that have changed much over two weeks: as a year before, the season; else demand.

    Parameters
    ----------
    feed
        The days.
    faulty
        Of days, which to leave out.
    lost
        Places of categories that are told as lost.
    settings
        Thresholds.
    """
    window = range(len(feed) - _WINDOW, len(feed))
    orders = without(log_of(feed.orders), faulty)
    now, then = (shift(orders, weeks, settings) for weeks in (window, _a_year_before(window)))
    kept = [number for number in range(len(feed.categories)) if number not in lost]
    changes = [change for number in kept if (change := _category_change(feed, number, window, faulty, settings))]
    if now is None or abs(np.expm1(now.size)) < settings.least_change or abs(now.deviations) < settings.deviations:
        return changes
    return [_moved(feed, "orders", float(np.exp(now.size)), None if then is None else float(np.exp(then.size)), settings), *changes]


def _category_change(feed: Feed, number: int, window: range, faulty: NDArray[np.bool_], settings: FeedSettings) -> Cause | None:
    now = _held(feed, number, window, faulty, settings)
    if now is None or now.expected < settings.least_orders or now.found == 0:
        return None
    if abs(now.share - 1) < settings.least_change or abs(now.deviations) < settings.deviations:
        return None
    then = _held(feed, number, _a_year_before(window), faulty, settings)
    return _moved(feed, f"orders with {feed.categories[number]}", now.share, None if then is None else then.share, settings)


def _is_lost(now: Held, then: Held | None, settings: FeedSettings) -> bool:
    is_seasonal = then is not None and then.share <= 2 * settings.lost_share
    is_few = now.share <= settings.lost_share and now.deviations <= -settings.deviations
    return now.expected >= settings.least_orders and is_few and not is_seasonal


def _a_year_before(window: range) -> range:
    return range(window.start - YEAR, window.stop - YEAR)


def _held(feed: Feed, number: int, window: range, faulty: NDArray[np.bool_], settings: FeedSettings) -> Held | None:
    """What a window holds of a category; None where the weeks before it are not known."""
    first = window.start - WEEK * settings.baseline_weeks
    if first < 0:
        return None
    counts = np.where(faulty[:, None], 0, feed.category_orders)[:, number]
    orders = np.where(faulty, 0, feed.orders)
    before, now = slice(first, window.start), slice(window.start, window.stop)
    total = orders[before].sum()
    return Held(float(counts[now].sum()), float(orders[now].sum() * counts[before].sum() / total)) if total > 0 else None


def _lost(feed: Feed, number: int, now: Held, days: int, settings: FeedSettings) -> Cause:
    held = np.flatnonzero(feed.category_orders[:, number] > 0)
    # No count, which would be of a few customers.
    told = "next to no" if now.found else "no"
    since = held[-1] + 1 if now.found == 0 and len(held) else len(feed) - days
    return Cause(
        Kind.LOST_CATEGORY,
        f"{feed.categories[number]}: {told} orders of the last {days} days hold it, where {now.expected:,.0f} should",
        f"monitor.feed.lost_share {settings.lost_share:g}",
        "the other orders came in as ever: either it is not sold any more, or its lines do not come in",
        since=feed.day(since),
    )


def _moved(feed: Feed, what: str, now: float, then: float | None, settings: FeedSettings) -> Cause:
    """The season, where it moved by about as much a year before: the two differ by no more than half of the larger."""
    before = then if then is not None and then > 0 else None
    is_season = before is not None and abs(np.log(now / before)) <= max(abs(np.log(now)), abs(np.log(before))) / 2
    told = "not known" if before is None else f"{before:.2f} times"
    passes, stays = "it moved likewise a year before, and will move back", "customers are described by what they did, which has changed"
    return Cause(
        Kind.SEASON if is_season else Kind.DEMAND,
        f"{what}: {now:.2f} times what the weeks before make expected; a year before {told}",
        f"monitor.feed.least_change {settings.least_change:g}, and {settings.deviations:g} standard deviations",
        passes if is_season else stays,
        since=feed.day(len(feed) - _WINDOW),
    )
