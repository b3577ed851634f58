"""Days that did not come in, and days that came in twice."""

import numpy as np

from segmentation.monitor.causes import Cause, Kind
from segmentation.monitor.feed import Feed
from segmentation.monitor.usual import WEEK, YEAR, count_deviations, usual
from segmentation.settings.monitor import FeedSettings

_LEAST_ODD_SHARE = 0.1
"""Where fewer orders have an odd number of lines, that there are none says nothing."""
_CALENDAR_YEARS = (365, 366)
"""Holidays of a date return after so many days, those of a weekday after 364."""


def missing_days(feed: Feed, settings: FeedSettings) -> dict[int, Cause]:
    """By place, the latest days that have none or far too few of the orders that their weekdays usually have."""
    return {place: _missing(feed, place, settings) for place in _latest(feed, settings) if _is_missing(feed, place, settings)}


def doubled_days(feed: Feed, settings: FeedSettings) -> dict[int, Cause]:
    """By place, the latest days whose orders came twice: not for being many, as on a good day, but for repeating each other.

    A file that is read twice doubles every order's lines, so that none has an odd number of them any more; or, where orders get
    new numbers, every order has a twin.
    """
    found = {}
    for place in _latest(feed, settings):
        if feed.orders[place] >= settings.least_orders and (evidence := _repetition(feed, place, settings)):
            found[place] = _doubled(feed, place, evidence, settings)
    return found


def _latest(feed: Feed, settings: FeedSettings) -> range:
    return range(max(0, len(feed) - settings.recent_days), len(feed))


def _is_missing(feed: Feed, place: int, settings: FeedSettings) -> bool:
    expected = _expected(feed, place, settings)
    if not expected >= settings.least_orders or _is_closed(feed, place, settings):
        return False
    found = feed.orders[place]
    return bool(found <= settings.few_share * expected and count_deviations(found, expected) <= -settings.deviations)


def _expected(feed: Feed, place: int, settings: FeedSettings) -> float:
    """What the weekday usually has; less of it where the days before were quieter, or the same days of the year before."""
    pace = [_pace(feed, range(place - 3, place), settings), _pace(feed, range(place - YEAR - 3, place - YEAR + 4), settings)]
    return usual(feed.orders, place, settings) * min(1.0, *(one for one in pace if not np.isnan(one)), 1.0)


def _pace(feed: Feed, places: range, settings: FeedSettings) -> float:
    """Median over some days of what they had, to what they usually have; NaN where that is not known."""
    pairs = [(feed.orders[place], usual(feed.orders, place, settings)) for place in places if place >= 0]
    ratios = [found / expected for found, expected in pairs if expected >= 1 and found > settings.few_share * expected]
    return float(np.median(ratios)) if ratios else np.nan


def _is_closed(feed: Feed, place: int, settings: FeedSettings) -> bool:
    """Whether the settings say so, or a year before the shop was closed too."""
    if feed.day(place) in settings.closed_on:
        return True
    before = [place - days for days in (YEAR, *_CALENDAR_YEARS) if place - days >= 0]
    same_date = [one for one in before if feed.day(one).day == feed.day(place).day or one == place - YEAR]
    return any(feed.orders[one] <= settings.few_share * usual(feed.orders, one, settings) for one in same_date)


def _missing(feed: Feed, place: int, settings: FeedSettings) -> Cause:
    expected = usual(feed.orders, place, settings)
    day = feed.day(place)
    # No count, which would be of a few customers.
    told = f"at most {settings.few_share:.0%} of its" if feed.orders[place] else "no"
    return Cause(
        Kind.DAY_MISSING,
        f"{day:%A} {day}: {told} orders, where this weekday usually has {expected:,.0f}",
        f"monitor.feed.few_share {settings.few_share:g}, and {settings.deviations:g} standard deviations",
        "the quietest months of shops have two fifths of the busiest; a fifth is no season",
        since=day,
    )


def _repetition(feed: Feed, place: int, settings: FeedSettings) -> str | None:
    """The evidence that the orders of a day came twice."""
    before = slice(max(0, place - WEEK * settings.baseline_weeks), place)
    total = feed.orders[before].sum()
    if total < settings.least_orders:
        return None
    orders = feed.orders[place]
    odd, usually_odd = feed.odd_orders[place] / orders, feed.odd_orders[before].sum() / total
    if usually_odd >= _LEAST_ODD_SHARE:
        error = np.sqrt(usually_odd * (1 - usually_odd) / orders)
        if 1 - odd / usually_odd >= settings.repeated_share and usually_odd - odd >= settings.deviations * error:
            return f"{odd:.0%} of its orders have an odd number of lines, where {usually_odd:.0%} usually have"
    twins, usually_twins = feed.repeated_orders[place] / orders, feed.repeated_orders[before].sum() / total
    error = np.sqrt(max(usually_twins * (1 - usually_twins), 1 / orders) / orders)
    if 2 * (twins - usually_twins) >= settings.repeated_share and twins - usually_twins >= settings.deviations * error:
        return f"{twins:.0%} of its orders are alike to another of the same customer, where {usually_twins:.0%} usually are"
    return None


def _doubled(feed: Feed, place: int, evidence: str, settings: FeedSettings) -> Cause:
    day, lines = feed.day(place), usual(feed.lines, place, settings)
    times = f"; {feed.lines[place]:,.0f} lines, where this weekday usually has {lines:,.0f}" if lines > 0 else ""
    return Cause(
        Kind.DAY_DOUBLED,
        f"{day:%A} {day}: {evidence}{times}",
        f"monitor.feed.repeated_share {settings.repeated_share:g}, and {settings.deviations:g} standard deviations",
        "a good day has more orders, but no more that repeat each other",
        since=day,
    )
