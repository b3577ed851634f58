"""All that the days of a log tell, in the order it has to be asked in: what came in wrong is left out of what is asked next."""

from datetime import date, timedelta

import numpy as np

from segmentation.monitor.causes import Cause
from segmentation.monitor.currency import currency_faults
from segmentation.monitor.days import doubled_days, missing_days
from segmentation.monitor.demand import demand_changes, lost_categories
from segmentation.monitor.feed import Feed, Span
from segmentation.monitor.prices import WINDOWS, price_change
from segmentation.monitor.usual import WEEK, YEAR
from segmentation.settings.monitor import FeedSettings

_SEASON_AROUND = 7
"""Days after the same day of the year before that are looked at too."""


def spans_needed(until: date, settings: FeedSettings) -> list[Span]:
    """The days to read: the latest with their baseline, and the same a year before; they may overlap.

    Parameters
    ----------
    until
        The day after the last.
    settings
        How long a baseline is.
    """
    back = WEEK * settings.baseline_weeks + max(*WINDOWS, settings.recent_days) + WEEK
    then = until - timedelta(days=YEAR)
    return [(then - timedelta(days=back), then + timedelta(days=_SEASON_AROUND)), (until - timedelta(days=back), until)]


def feed_causes(feed: Feed, settings: FeedSettings) -> list[Cause]:
    """What the latest days of a log tell.

    Parameters
    ----------
    feed
        Its days, up to as_of; those between the two spans of `spans_needed` are not looked at.
    settings
        Thresholds.
    """
    broken = [missing_days(feed, settings), doubled_days(feed, settings), currency_faults(feed, settings)]
    faulty = np.zeros(len(feed), dtype=bool)
    faulty[[place for found in broken for place in found]] = True
    lost, changed = lost_categories(feed, faulty, settings), price_change(feed, faulty, settings)
    certain = [cause for found in (*broken, lost) for cause in found.values()]
    return [*certain, *([changed] if changed else []), *demand_changes(feed, faulty, lost, settings)]
