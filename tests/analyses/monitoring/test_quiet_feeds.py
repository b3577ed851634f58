"""Days on which nothing happens raise no alert, at any size of shop, in any season."""

from collections import Counter
from datetime import date, timedelta

import pytest
from analyses.monitoring import synthetic_shop as shop

from segmentation.analyses.monitoring.decision import AlertKind, MonitoringInputs, MonitoringVerdict, decide
from segmentation.analyses.monitoring.feed_checks import feed_alerts
from segmentation.analyses.monitoring.settings import FeedSettings, MonitorSettings

NIGHTS = 50
FLAT, FIRST_YEAR, CHRISTMAS, JANUARY = date(2025, 4, 15), date(2024, 4, 15), date(2025, 10, 20), date(2025, 12, 20)


def alerts_by_night(seed, orders_per_day, first, count=NIGHTS, **habits):
    """Alerts that each night of a shop raises."""
    days = shop.feed(shop.shop(seed, orders_per_day, days=(first - shop.FIRST).days + count, **habits))
    return [feed_alerts(shop.until(days, first + timedelta(days=night)), FeedSettings()) for night in range(1, count + 1)]


def alarms(nights):
    """Kinds of alerts that call for anything, and the number of nights with one."""
    grave = [[alert.kind for alert in alerts if alert.verdict is not MonitoringVerdict.CONTINUE] for alerts in nights]
    return Counter(kind for kinds in grave for kind in kinds), sum(map(bool, grave))


@pytest.mark.parametrize(("seed", "orders_per_day"), [(1, 40), (2, 150), (3, 600)])
def test_fifty_quiet_nights_raise_no_alert(seed, orders_per_day):
    assert alerts_by_night(seed, orders_per_day, FLAT) == [[]] * NIGHTS


def test_the_first_year_raises_no_alert_either():
    assert alerts_by_night(4, 150, FIRST_YEAR) == [[]] * NIGHTS


@pytest.mark.parametrize("first", [CHRISTMAS, JANUARY])
def test_seasonal_nights_report_the_season_and_continue(first):
    nights = alerts_by_night(5, 150, first)
    kinds = {alert.kind for alerts in nights for alert in alerts}
    assert kinds == {AlertKind.SEASON}
    assert {decide(MonitoringInputs(feed_alerts=alerts), MonitorSettings()).verdict for alerts in nights} == {MonitoringVerdict.CONTINUE}


@pytest.mark.exhaustive
@pytest.mark.parametrize("orders_per_day", [25, 40, 150, 600])
@pytest.mark.parametrize("first", [FIRST_YEAR, FLAT, CHRISTMAS, JANUARY, date(2025, 1, 5)])
def test_twenty_shops_fifty_nights_each_raise_no_alarm(orders_per_day, first):
    seeds = range(100, 120 if orders_per_day < 600 else 105)
    counted = [alarms(alerts_by_night(seed, orders_per_day, first)) for seed in seeds]
    assert (sum(alarmed for _, alarmed in counted), [kinds for kinds, _ in counted if kinds]) == (0, [])
