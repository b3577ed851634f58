"""What is bought: a category that is lost, and more or less of all or of one, as the season brings it or not."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.monitor.causes import Cause, Kind
from segmentation.monitor.feed import Feed
from segmentation.monitor.usual import WEEK, YEAR, beyond_season, log_of, without
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


def lost_categories(feed: Feed, faulty: NDArray[np.bool_], settings: FeedSettings) -> list[Cause]:
    """Categories of which next to nothing is bought any more while orders come in as ever, and a year before they did not vanish so.

    Parameters
    ----------
    feed
        The days.
    faulty
        Of days, which to leave out.
    settings
        Thresholds.
    """
    lost = {number: days for days in _LOST_WITHIN for number in range(len(feed.categories)) if _is_lost(feed, number, days, faulty, settings)}
    return [_lost(feed, number, days, faulty, settings) for number, days in sorted(lost.items())]


def demand_changes(feed: Feed, faulty: NDArray[np.bool_], settings: FeedSettings) -> list[Cause]:
    """Orders, or a category's share of them, that have changed much over two weeks: as a year before, the season; else demand."""
    window = range(len(feed) - _WINDOW, len(feed))
    found = beyond_season(without(log_of(feed.orders), faulty), window, settings)
    causes = []
    if found is not None:
        now, then = found
        if abs(np.expm1(now.size)) >= settings.least_change and abs(now.deviations) >= settings.deviations:
            causes.append(_moved(feed, "orders", np.exp(now.size), None if then is None else np.exp(then.size), settings))
    return causes + list(_category_changes(feed, window, faulty, settings))


def _category_changes(feed: Feed, window: range, faulty: NDArray[np.bool_], settings: FeedSettings) -> Iterator[Cause]:
    for number, slug in enumerate(feed.categories):
        now = _held(feed, number, window, faulty, settings)
        if now is None or now.share <= settings.lost_share or not now.expected >= settings.least_orders:
            continue
        # As of days: counts, with a spread that their square roots level out.
        deviations = 2 * (np.sqrt(now.found + 3 / 8) - np.sqrt(now.expected + 3 / 8))
        if abs(now.share - 1) >= settings.least_change and abs(deviations) >= settings.deviations:
            then = _held(feed, number, range(window.start - YEAR, window.stop - YEAR), faulty, settings)
            yield _moved(feed, f"orders with {slug}", now.share, None if then is None else then.share, settings)


def _is_lost(feed: Feed, number: int, days: int, faulty: NDArray[np.bool_], settings: FeedSettings) -> bool:
    window = range(len(feed) - days, len(feed))
    now = _held(feed, number, window, faulty, settings)
    if now is None or now.expected < settings.least_orders or now.share > settings.lost_share:
        return False
    then = _held(feed, number, range(window.start - YEAR, window.stop - YEAR), faulty, settings)
    return then is None or not then.share <= 2 * settings.lost_share


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


def _lost(feed: Feed, number: int, days: int, faulty: NDArray[np.bool_], settings: FeedSettings) -> Cause:
    found = _held(feed, number, range(len(feed) - days, len(feed)), faulty, settings) or Held(0, 0)
    held = np.flatnonzero(feed.category_orders[:, number] > 0)
    since = feed.day(held[-1] + 1) if len(held) and found.found == 0 and held[-1] + 1 < len(feed) else feed.day(len(feed) - days)
    return Cause(
        Kind.LOST_CATEGORY,
        f"{feed.categories[number]}: {found.found:,.0f} orders hold it in the last {days} days, where {found.expected:,.0f} should",
        f"monitor.feed.lost_share {settings.lost_share:g}",
        "the other orders came in as ever: either it is not sold any more, or its lines do not come in",
        since=since,
    )


def _moved(feed: Feed, what: str, now: float, then: float | None, settings: FeedSettings) -> Cause:
    """The season, where it moved the same way and by about as much a year before."""
    is_season = then is not None and not np.isnan(then) and abs(np.log(now / then)) <= abs(np.log(now)) / 2 if then else False
    a_year_before = "not known" if then is None or np.isnan(then) else f"{then:.2f} times"
    return Cause(
        Kind.SEASON if is_season else Kind.DEMAND,
        f"{what}: {now:.2f} times what the weeks before make expected; a year before {a_year_before}",
        f"monitor.feed.least_change {settings.least_change:g}, and {settings.deviations:g} standard deviations",
        "it moved likewise a year before, and will move back" if is_season else "customers are described by what they did, which has changed",
        since=feed.day(len(feed) - _WINDOW),
    )
