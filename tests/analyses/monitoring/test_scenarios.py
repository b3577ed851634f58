"""What can happen to a log or a shop: each is detected soon, as the right kind, with the right verdict."""

from datetime import date, timedelta

import pytest
from analyses.monitoring import synthetic_shop as shop

from segmentation.analyses.monitoring.decision import AlertKind, MonitoringInputs, MonitoringVerdict, decide
from segmentation.analyses.monitoring.feed_checks import feed_alerts
from segmentation.analyses.monitoring.settings import FeedSettings, MonitorSettings

DAY = date(2025, 5, 14)
NEXT = DAY + timedelta(days=1)
FAULTS = {
    "nothing came in": (lambda lines: shop.without_day(lines, DAY), AlertKind.DAY_MISSING, 1),
    "a tenth came in": (lambda lines: shop.without_day(lines, DAY, remaining_share=0.1), AlertKind.DAY_MISSING, 1),
    "a file read twice": (lambda lines: shop.with_day_twice(lines, DAY, same_orders=True), AlertKind.DAY_DUPLICATED, 1),
    "twice under other order numbers": (lambda lines: shop.with_day_twice(lines, DAY, same_orders=False), AlertKind.DAY_DUPLICATED, 1),
    "pence for a day": (lambda lines: shop.with_prices_times(lines, DAY, 100, NEXT), AlertKind.CURRENCY_FAULT, 1),
    "thousands for a day": (lambda lines: shop.with_prices_times(lines, DAY, 0.001, NEXT), AlertKind.CURRENCY_FAULT, 1),
    "another currency from now on": (lambda lines: shop.with_prices_times(lines, DAY, 1.8), AlertKind.CURRENCY_FAULT, 1),
    "a category that is gone": (lambda lines: shop.without_category(lines, DAY, "Toys"), AlertKind.LOST_CATEGORY, 3),
    "the largest category": (lambda lines: shop.without_category(lines, DAY, "Storage"), AlertKind.LOST_CATEGORY, 3),
}


@pytest.fixture(scope="module")
def shops():
    """Two shops up to four weeks after the day."""
    return {seed: shop.shop(seed, 150, days=(DAY - shop.FIRST).days + 28) for seed in (1, 2)}


def alerts_after(lines, nights):
    """Alerts of each of some nights after the day."""
    days = shop.feed(lines)
    return [feed_alerts(shop.until(days, DAY + timedelta(days=night)), FeedSettings()) for night in nights]


def verdict(alerts):
    return decide(MonitoringInputs(feed_alerts=alerts), MonitorSettings()).verdict


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_detected_as_its_kind_the_night_after(shops, seed, what):
    break_log, kind, soon = FAULTS[what]
    for alerts in alerts_after(break_log(shops[seed]), (soon, soon + 1)):
        assert [(alert.kind, alert.since) for alert in alerts if alert.since == DAY or alert.kind is kind][:1] == [(kind, DAY)]
        assert {alert.kind for alert in alerts} == {kind}
        assert verdict(alerts) is MonitoringVerdict.STOP


@pytest.mark.parametrize("what", ["nothing came in", "a file read twice", "pence for a day"])
def test_a_fault_that_nobody_repairs_is_reported_for_a_week(shops, what):
    break_log, kind, _ = FAULTS[what]
    is_reported = [kind in {alert.kind for alert in alerts} for alerts in alerts_after(break_log(shops[1]), range(1, 10))]
    assert is_reported == [True] * 7 + [False] * 2


@pytest.mark.parametrize(("factor", "within"), [(1.10, 14), (0.88, 14), (1.06, 28)])
def test_changed_prices_are_detected_within_weeks_and_call_for_a_refit(factor, within):
    lines = shop.shop(3, 400, days=(DAY - shop.FIRST).days + within)
    alerts = alerts_after(shop.with_prices_times(lines, DAY, factor), [within])[0]
    assert [alert.kind for alert in alerts] == [AlertKind.PRICE_CHANGE]
    assert verdict(alerts) is MonitoringVerdict.REFIT
    change = float(alerts[0].evidence.split("amounts of a line: ")[1].split("%")[0]) / 100
    assert change == pytest.approx(factor - 1, abs=0.03)


def test_prices_that_rise_every_year_at_this_time_are_no_change():
    lines = shop.shop(3, 400, days=(DAY - shop.FIRST).days + 21)
    every_year = shop.with_prices_times(shop.with_prices_times(lines, DAY, 1.15), DAY - timedelta(days=364), 1.15, date(2024, 9, 1))
    assert AlertKind.PRICE_CHANGE in {alert.kind for alert in alerts_after(shop.with_prices_times(lines, DAY, 1.15), [21])[0]}
    assert alerts_after(every_year, [21]) == [[]]


def test_a_model_fitted_since_has_the_new_prices():
    lines = shop.shop(3, 400, days=(DAY - shop.FIRST).days + 14)
    alerts = alerts_after(shop.with_prices_times(lines, DAY, 1.1), [14])[0]
    before, since = (
        decide(MonitoringInputs(feed_alerts=alerts, fitted_as_of=DAY + timedelta(days=days)), MonitorSettings()) for days in (-1, 10)
    )
    assert (before.verdict, since.verdict) == (MonitoringVerdict.REFIT, MonitoringVerdict.CONTINUE)
    assert since.alerts[0].is_known


def test_a_category_of_spring_is_the_season_where_it_was_so_a_year_before_and_else_demand():
    habits = {"boom": ("Garden", (5, 6), 2.5)}
    lines = shop.shop(4, 150, days=520, **habits)
    night = (date(2025, 5, 20) - DAY).days
    alerts = alerts_after(lines, [night])[0]
    assert [(alert.kind, alert.evidence.split(":")[0]) for alert in alerts] == [(AlertKind.SEASON, "orders with garden")]
    assert verdict(alerts) is MonitoringVerdict.CONTINUE
    first_year = alerts_after(lines, [(date(2024, 5, 20) - DAY).days])[0]
    assert [(alert.kind, alert.evidence.split(":")[0]) for alert in first_year] == [(AlertKind.DEMAND, "orders with garden")]


def test_a_category_that_goes_with_its_season_is_not_lost():
    habits = {"boom": ("Garden", (3, 4, 5), 40)}
    lines = shop.shop(5, 150, days=560, **habits)
    garden = shop.CATEGORIES.index("Garden")
    only_in_spring = lines.where((lines.category != garden) | (lines.day % 365 < 152))
    for night in range(18, 40):
        assert AlertKind.LOST_CATEGORY not in {alert.kind for alert in alerts_after(only_in_spring, [night])[0]}


def test_a_good_day_is_no_duplicated_one():
    lines = shop.shop(6, 150, days=(DAY - shop.FIRST).days + 2)
    other = shop.shop(7, 150, days=(DAY - shop.FIRST).days + 2)
    on = other.where(other.day == other.index_of(DAY))
    both = shop.joined(lines, on)
    assert shop.feed(both).orders[-2] > 1.6 * shop.feed(lines).orders[-2]
    assert alerts_after(both, [1, 2]) == [[], []]


def test_a_day_on_which_the_shop_was_closed_a_year_before_is_not_missing():
    lines = shop.shop(8, 150, days=(DAY - shop.FIRST).days + 2)
    closed = shop.without_day(shop.without_day(lines, DAY), date(2024, 5, 14))
    assert alerts_after(closed, [1]) == [[]]
    named = FeedSettings(holidays=(DAY,))
    assert feed_alerts(shop.until(shop.feed(shop.without_day(lines, DAY)), NEXT), named) == []


def test_a_season_so_quiet_that_days_look_missing_is_known_by_the_year_before():
    monthly = (0.25, *(1.0,) * 10, 2.0)
    days = shop.feed(shop.shop(11, 200, days=750, monthly=monthly))
    kinds = {alert.kind for day in range(2, 15) for alert in feed_alerts(shop.until(days, date(2026, 1, day)), FeedSettings())}
    assert AlertKind.DAY_MISSING not in kinds
    a_year_before = {alert.kind for alert in feed_alerts(shop.until(days, date(2025, 1, 3)), FeedSettings())}
    assert AlertKind.DAY_MISSING in a_year_before


def test_a_slow_day_of_a_quiet_season_is_not_missing():
    monthly = (0.35, *(1.25,) * 11)
    slow = date(2026, 1, 14)
    lines = shop.without_day(shop.shop(13, 200, days=745, monthly=monthly), slow, remaining_share=0.45)
    alerts = feed_alerts(shop.until(shop.feed(lines), slow + timedelta(days=1)), FeedSettings())
    assert AlertKind.DAY_MISSING not in {alert.kind for alert in alerts}


def test_days_in_another_currency_are_no_change_of_prices(shops):
    lines = shop.with_prices_times(shops[1], DAY, 1.8)
    assert [{alert.kind for alert in alerts} for alerts in alerts_after(lines, (5, 7))] == [{AlertKind.CURRENCY_FAULT}] * 2


def test_in_a_small_shop_a_day_of_next_to_no_orders_is_chance():
    days = shop.feed(shop.shop(12, 7, days=(DAY - shop.FIRST).days + 60))
    nights = (shop.until(days, DAY + timedelta(days=night)) for night in range(60))
    assert {alert.kind for night in nights for alert in feed_alerts(night, FeedSettings(min_orders=1))} <= {
        AlertKind.DEMAND,
        AlertKind.SEASON,
    }


def test_a_shop_that_never_opens_on_sundays_misses_none():
    lines = shop.shop(9, 150, days=(DAY - shop.FIRST).days + 8)
    weekdays = lines.where((shop.FIRST.toordinal() + lines.day) % 7 != 0)
    assert alerts_after(weekdays, range(1, 8)) == [[]] * 7


def test_a_log_that_is_too_short_raises_no_alert():
    lines = shop.shop(10, 150, days=20)
    days = shop.feed(shop.with_prices_times(lines, shop.FIRST + timedelta(days=15), 50))
    assert [feed_alerts(shop.until(days, shop.FIRST + timedelta(days=end)), FeedSettings()) for end in (1, 7, 20)] == [[]] * 3


@pytest.mark.parametrize(("factor", "until"), [(8, NEXT), (1.25, None)])
def test_what_costs_more_in_half_of_the_categories_is_neither_currency_nor_the_price_level(shops, factor, until):
    lines, half = shops[1], [shop.CATEGORIES.index(name) for name in ("Kitchen", "Dining", "Bath", "Gifts", "Jewellery", "Storage")]
    dearer = shop.with_prices_times(lines, DAY, factor, until)
    some = shop.replace(lines, amount=shop.np.where(shop.np.isin(lines.category, half), dearer.amount, lines.amount))
    moved = shop.feed(some).line_amount / shop.feed(lines).line_amount
    index = some.index_of(DAY)
    assert moved[index] > (1.5 if factor == 8 else 1.05)
    kinds = {alert.kind for alerts in alerts_after(some, (1, 7, 14)) for alert in alerts}
    assert not kinds & {AlertKind.CURRENCY_FAULT, AlertKind.PRICE_CHANGE}


def test_no_evidence_has_small_counts(shops):
    for share in (0.01, 0.05):
        alerts = alerts_after(shop.without_day(shops[1], DAY, share), [1])[0]
        assert alerts[0].evidence.startswith("Wednesday 2025-05-14: at most 20% of its orders, where this weekday usually has 1")
