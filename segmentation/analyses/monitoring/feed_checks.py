"""Checks of the latest days of a log: days that are missing or arrived twice, then amounts, prices and demand without the faulty days."""

from datetime import date, timedelta

import numpy as np

from segmentation.analyses.monitoring.baseline import WEEK, YEAR, count_deviations, weekday_median
from segmentation.analyses.monitoring.daily_feed import DailyFeed, DateRange
from segmentation.analyses.monitoring.decision import Alert, AlertKind
from segmentation.analyses.monitoring.demand_checks import demand_changes, lost_categories
from segmentation.analyses.monitoring.price_checks import PRICE_WINDOWS, currency_faults, price_change
from segmentation.analyses.monitoring.settings import FeedSettings

_DAYS_AFTER_ANNIVERSARY = 7
"""Days after the same day of the year before that are read too."""
_MIN_ODD_SHARE = 0.1
"""Where fewer orders have an odd number of lines, their absence means nothing."""
_CALENDAR_YEARS = (365, 366)
"""Holidays of a fixed date return after so many days, those of a weekday after 364."""


def days_to_read(until: date, settings: FeedSettings) -> list[DateRange]:
    """The latest days with their baseline, and the same days a year before; the two ranges may overlap."""
    length = WEEK * settings.baseline_weeks + max(*PRICE_WINDOWS, settings.recent_days) + WEEK
    anniversary = until - timedelta(days=YEAR)
    return [
        (anniversary - timedelta(days=length), anniversary + timedelta(days=_DAYS_AFTER_ANNIVERSARY)),
        (until - timedelta(days=length), until),
    ]


def feed_alerts(feed: DailyFeed, settings: FeedSettings) -> list[Alert]:
    """Alerts of the latest days of a log.

    Days outside the ranges of `days_to_read` are not used.
    """
    by_day = [missing_days(feed, settings), duplicated_days(feed, settings), currency_faults(feed, settings)]
    is_faulty = np.zeros(len(feed), dtype=bool)
    is_faulty[[index for alerts in by_day for index in alerts]] = True
    lost, repriced = lost_categories(feed, is_faulty, settings), price_change(feed, is_faulty, settings)
    certain = [alert for alerts in (*by_day, lost) for alert in alerts.values()]
    return [*certain, *([repriced] if repriced else []), *demand_changes(feed, is_faulty, lost, settings)]


def missing_days(feed: DailyFeed, settings: FeedSettings) -> dict[int, Alert]:
    """By index, the latest days that have no orders, or far fewer than their weekday usually has."""
    return {index: _missing(feed, index, settings) for index in _latest(feed, settings) if _is_missing(feed, index, settings)}


def duplicated_days(feed: DailyFeed, settings: FeedSettings) -> dict[int, Alert]:
    """By index, the latest days whose orders arrived twice. What counts is that orders repeat each other, not that there are many.

    A file that is read twice doubles the lines of every order, so that none has an odd number of lines any more; where orders get
    new numbers, every order has a duplicate.
    """
    alerts = {}
    for index in _latest(feed, settings):
        if feed.orders[index] >= settings.min_orders and (evidence := _repetition(feed, index, settings)):
            alerts[index] = _duplicated(feed, index, evidence, settings)
    return alerts


def _latest(feed: DailyFeed, settings: FeedSettings) -> range:
    return range(max(0, len(feed) - settings.recent_days), len(feed))


def _is_missing(feed: DailyFeed, index: int, settings: FeedSettings) -> bool:
    expected = _expected_orders(feed, index, settings)
    if not expected >= settings.min_orders or _is_closed(feed, index, settings):
        return False
    orders = feed.orders[index]
    is_small = orders <= settings.missing_day_share * expected
    return bool(is_small and count_deviations(orders, expected) <= -settings.max_deviations)


def _expected_orders(feed: DailyFeed, index: int, settings: FeedSettings) -> float:
    """What the weekday usually has; less where the days before were quieter, or the same days of the year before."""
    days = range(index - 3, index), range(index - YEAR - 3, index - YEAR + 4)
    pace = [_pace(feed, indices, settings) for indices in days]
    return weekday_median(feed.orders, index, settings) * min(1.0, *(one for one in pace if not np.isnan(one)), 1.0)


def _pace(feed: DailyFeed, indices: range, settings: FeedSettings) -> float:
    """Median over some days of their orders relative to the usual; NaN where that is not known."""
    pairs = [(feed.orders[index], weekday_median(feed.orders, index, settings)) for index in indices if index >= 0]
    ratios = [orders / usual for orders, usual in pairs if usual >= 1 and orders > settings.missing_day_share * usual]
    return float(np.median(ratios)) if ratios else np.nan


def _is_closed(feed: DailyFeed, index: int, settings: FeedSettings) -> bool:
    """Whether the day is a holiday by the settings, or the shop was closed on it a year before too."""
    day = feed.day(index)
    if day in settings.holidays:
        return True
    year_before = [index - days for days in (YEAR, *_CALENDAR_YEARS) if index - days >= 0]
    same_day = [one for one in year_before if feed.day(one).day == day.day or one == index - YEAR]
    return any(feed.orders[one] <= settings.missing_day_share * weekday_median(feed.orders, one, settings) for one in same_day)


def _missing(feed: DailyFeed, index: int, settings: FeedSettings) -> Alert:
    day, usual = feed.day(index), weekday_median(feed.orders, index, settings)
    # No count, which would be of a few customers.
    orders = f"at most {settings.missing_day_share:.0%} of its" if feed.orders[index] else "no"
    return Alert(
        AlertKind.DAY_MISSING,
        f"{day:%A} {day}: {orders} orders, where this weekday usually has {usual:,.0f}",
        f"monitor.feed.missing_day_share {settings.missing_day_share:g}, and {settings.max_deviations:g} standard deviations",
        "the quietest months of shops have two fifths of the busiest; a fifth is no season",
        since=day,
    )


def _repetition(feed: DailyFeed, index: int, settings: FeedSettings) -> str | None:
    """The evidence that the orders of a day arrived twice; None without any."""
    baseline = slice(max(0, index - WEEK * settings.baseline_weeks), index)
    baseline_orders = feed.orders[baseline].sum()
    if baseline_orders < settings.min_orders:
        return None
    orders = feed.orders[index]
    odd, usually_odd = feed.odd_orders[index] / orders, feed.odd_orders[baseline].sum() / baseline_orders
    if usually_odd >= _MIN_ODD_SHARE:
        error = np.sqrt(usually_odd * (1 - usually_odd) / orders)
        if 1 - odd / usually_odd >= settings.duplicated_share and usually_odd - odd >= settings.max_deviations * error:
            return f"{odd:.0%} of its orders have an odd number of lines, where {usually_odd:.0%} usually have"
    repeated, usually_repeated = feed.repeated_orders[index] / orders, feed.repeated_orders[baseline].sum() / baseline_orders
    error = np.sqrt(max(usually_repeated * (1 - usually_repeated), 1 / orders) / orders)
    excess = repeated - usually_repeated
    if 2 * excess >= settings.duplicated_share and excess >= settings.max_deviations * error:
        return f"{repeated:.0%} of its orders equal another of the same customer, where {usually_repeated:.0%} usually do"
    return None


def _duplicated(feed: DailyFeed, index: int, evidence: str, settings: FeedSettings) -> Alert:
    day, usual = feed.day(index), weekday_median(feed.lines, index, settings)
    lines = f"; {feed.lines[index]:,.0f} lines, where this weekday usually has {usual:,.0f}" if usual > 0 else ""
    return Alert(
        AlertKind.DAY_DUPLICATED,
        f"{day:%A} {day}: {evidence}{lines}",
        f"monitor.feed.duplicated_share {settings.duplicated_share:g}, and {settings.max_deviations:g} standard deviations",
        "a good day has more orders, but no more that repeat each other",
        since=day,
    )
