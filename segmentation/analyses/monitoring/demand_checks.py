"""What is bought: lost categories, and changes of orders in total or in one category, seasonal or not."""

from collections.abc import Container
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.analyses.monitoring.baseline import WEEK, YEAR, count_deviations, log_or_nan, masked, shift_from_baseline
from segmentation.analyses.monitoring.daily_feed import DailyFeed
from segmentation.analyses.monitoring.decision import Alert, AlertKind
from segmentation.analyses.monitoring.settings import FeedSettings

_LOST_WITHIN_DAYS = (3, 7)
"""Days without a category: three suffice where it is bought often."""
_DEMAND_DAYS = 14
"""Demand is compared over two weeks, so that weekdays and weather even out."""


@dataclass(frozen=True)
class CategoryOrders:
    """Orders with a category in a window: observed, and expected by its share of the weeks before."""

    observed: float
    expected: float

    @property
    def share(self) -> float:
        """Observed of expected."""
        return self.observed / self.expected if self.expected > 0 else np.nan

    @property
    def deviations(self) -> float:
        """From what was expected, in standard deviations."""
        return count_deviations(self.observed, self.expected)


def lost_categories(feed: DailyFeed, is_faulty: NDArray[np.bool_], settings: FeedSettings) -> dict[int, Alert]:
    """By index, categories that are hardly bought any more while orders come in as usual; none that were lost a year before too."""
    alerts = {}
    for days in _LOST_WITHIN_DAYS:
        window = range(len(feed) - days, len(feed))
        for category in range(len(feed.categories)):
            windows = window, _year_before(window)
            current, year_before = (_category_orders(feed, category, one, is_faulty, settings) for one in windows)
            if current and _is_lost(current, year_before, settings):
                alerts[category] = _lost(feed, category, current, days, settings)
    return alerts


def demand_changes(feed: DailyFeed, is_faulty: NDArray[np.bool_], lost: Container[int], settings: FeedSettings) -> list[Alert]:
    """Large changes over two weeks in orders, or in the share of orders with a category: seasonal if alike a year before, else demand.

    `lost` are indices of categories that are lost.
    """
    window = range(len(feed) - _DEMAND_DAYS, len(feed))
    orders = masked(log_or_nan(feed.orders), is_faulty)
    shift, year_before = (shift_from_baseline(orders, one, settings) for one in (window, _year_before(window)))
    remaining = [category for category in range(len(feed.categories)) if category not in lost]
    changes = [change for category in remaining if (change := _category_change(feed, category, window, is_faulty, settings))]
    if shift is None or abs(np.expm1(shift.size)) < settings.min_change or abs(shift.deviations) < settings.max_deviations:
        return changes
    before = None if year_before is None else float(np.exp(year_before.size))
    return [_changed(feed, "orders", float(np.exp(shift.size)), before, settings), *changes]


def _category_change(feed: DailyFeed, category: int, window: range, is_faulty: NDArray[np.bool_], settings: FeedSettings) -> Alert | None:
    current = _category_orders(feed, category, window, is_faulty, settings)
    if current is None or current.expected < settings.min_orders or current.observed == 0:
        return None
    if abs(current.share - 1) < settings.min_change or abs(current.deviations) < settings.max_deviations:
        return None
    year_before = _category_orders(feed, category, _year_before(window), is_faulty, settings)
    before = None if year_before is None else year_before.share
    return _changed(feed, f"orders with {feed.categories[category]}", current.share, before, settings)


def _is_lost(current: CategoryOrders, year_before: CategoryOrders | None, settings: FeedSettings) -> bool:
    is_seasonal = year_before is not None and year_before.share <= 2 * settings.lost_share
    is_small = current.share <= settings.lost_share and current.deviations <= -settings.max_deviations
    return current.expected >= settings.min_orders and is_small and not is_seasonal


def _year_before(window: range) -> range:
    return range(window.start - YEAR, window.stop - YEAR)


def _category_orders(
    feed: DailyFeed, category: int, window: range, is_faulty: NDArray[np.bool_], settings: FeedSettings
) -> CategoryOrders | None:
    """Orders with a category in a window; None where the weeks before it are not known."""
    first = window.start - WEEK * settings.baseline_weeks
    if first < 0:
        return None
    counts = np.where(is_faulty, 0, feed.category_orders[:, category])
    orders = np.where(is_faulty, 0, feed.orders)
    baseline, current = slice(first, window.start), slice(window.start, window.stop)
    total = orders[baseline].sum()
    if total <= 0:
        return None
    return CategoryOrders(float(counts[current].sum()), float(orders[current].sum() * counts[baseline].sum() / total))


def _lost(feed: DailyFeed, category: int, current: CategoryOrders, days: int, settings: FeedSettings) -> Alert:
    days_with = np.flatnonzero(feed.category_orders[:, category] > 0)
    # No count, which would be of a few customers.
    orders = "next to no" if current.observed else "no"
    since = days_with[-1] + 1 if current.observed == 0 and len(days_with) else len(feed) - days
    return Alert(
        AlertKind.LOST_CATEGORY,
        f"{feed.categories[category]}: {orders} orders of the last {days} days hold it, where {current.expected:,.0f} should",
        f"monitor.feed.lost_share {settings.lost_share:g}",
        "the other orders came in as usual: either it is not sold any more, or its lines do not come in",
        since=feed.day(since),
    )


def _changed(feed: DailyFeed, what: str, factor: float, year_before: float | None, settings: FeedSettings) -> Alert:
    """Seasonal where the change of a year before differs from this one by no more than half of the larger of the two."""
    before = year_before if year_before is not None and year_before > 0 else None
    is_season = before is not None and abs(np.log(factor / before)) <= max(abs(np.log(factor)), abs(np.log(before))) / 2
    last_year = "not known" if before is None else f"{before:.2f} times"
    seasonal, lasting = "it moved likewise a year before, and will move back", "customers are described by what they did, which has changed"
    return Alert(
        AlertKind.SEASON if is_season else AlertKind.DEMAND,
        f"{what}: {factor:.2f} times what the weeks before make expected; a year before {last_year}",
        f"monitor.feed.min_change {settings.min_change:g}, and {settings.max_deviations:g} standard deviations",
        seasonal if is_season else lasting,
        since=feed.day(len(feed) - _DEMAND_DAYS),
    )
