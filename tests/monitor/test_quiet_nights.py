"""Nights on which nothing happens raise no alarm, at any size of shop, in any season."""

from collections import Counter
from datetime import date, timedelta

import pytest

from monitor import shop
from segmentation.monitor.causes import Kind, Verdict
from segmentation.monitor.verdict import Seen, judged
from segmentation.monitor.watch import feed_causes
from segmentation.settings.monitor import FeedSettings, MonitorSettings

NIGHTS = 50
FLAT, FIRST_YEAR, CHRISTMAS, JANUARY = date(2025, 4, 15), date(2024, 4, 15), date(2025, 10, 20), date(2025, 12, 20)


def nights(seed, orders_a_day, first, count=NIGHTS, **habits):
    """What each night of a shop finds."""
    days = shop.feed(shop.shop(seed, orders_a_day, days=(first - shop.FIRST).days + count, **habits))
    return [feed_causes(shop.until(days, first + timedelta(days=night)), FeedSettings()) for night in range(1, count + 1)]


def alarms(found):
    """Kinds of causes that call for anything, and nights that have one."""
    grave = [[cause.kind for cause in causes if cause.verdict is not Verdict.KEEP] for causes in found]
    return Counter(kind for kinds in grave for kind in kinds), sum(map(bool, grave))


@pytest.mark.parametrize(("seed", "orders_a_day"), [(1, 40), (2, 150), (3, 600)])
def test_fifty_quiet_nights_tell_nothing_at_all(seed, orders_a_day):
    assert nights(seed, orders_a_day, FLAT) == [[]] * NIGHTS


def test_the_first_year_s_nights_tell_nothing_either():
    assert nights(4, 150, FIRST_YEAR) == [[]] * NIGHTS


@pytest.mark.parametrize("first", [CHRISTMAS, JANUARY])
def test_the_season_s_nights_tell_of_the_season_and_keep_scoring(first):
    found = nights(5, 150, first)
    kinds = {cause.kind for causes in found for cause in causes}
    assert kinds == {Kind.SEASON}
    assert {judged(Seen(feed=causes), MonitorSettings()).verdict for causes in found} == {Verdict.KEEP}


@pytest.mark.exhaustive
@pytest.mark.parametrize("orders_a_day", [25, 40, 150, 600])
@pytest.mark.parametrize("first", [FIRST_YEAR, FLAT, CHRISTMAS, JANUARY, date(2025, 1, 5)])
def test_twenty_shops_fifty_nights_each_raise_no_alarm(orders_a_day, first):
    seeds = range(100, 120 if orders_a_day < 600 else 105)
    counted = [alarms(nights(seed, orders_a_day, first)) for seed in seeds]
    assert (sum(alarmed for _, alarmed in counted), [kinds for kinds, _ in counted if kinds]) == (0, [])
