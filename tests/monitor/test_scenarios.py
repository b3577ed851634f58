"""What can befall a log or a shop, each seen soon, by its right name, and with the right verdict."""

from datetime import date, timedelta

import pytest

from monitor import shop
from segmentation.monitor.causes import Kind, Verdict
from segmentation.monitor.verdict import Seen, judged
from segmentation.monitor.watch import feed_causes
from segmentation.settings.monitor import FeedSettings, MonitorSettings

DAY = date(2025, 5, 14)
NEXT = DAY + timedelta(days=1)
FAULTS = {
    "nothing came in": (lambda lines: shop.without_day(lines, DAY), Kind.DAY_MISSING, 1),
    "a tenth came in": (lambda lines: shop.without_day(lines, DAY, kept=0.1), Kind.DAY_MISSING, 1),
    "a file read twice": (lambda lines: shop.twice(lines, DAY, same_orders=True), Kind.DAY_DOUBLED, 1),
    "twice under other order numbers": (lambda lines: shop.twice(lines, DAY, same_orders=False), Kind.DAY_DOUBLED, 1),
    "pence for a day": (lambda lines: shop.dearer(lines, DAY, 100, NEXT), Kind.CURRENCY_FAULT, 1),
    "thousands for a day": (lambda lines: shop.dearer(lines, DAY, 0.001, NEXT), Kind.CURRENCY_FAULT, 1),
    "another currency from now on": (lambda lines: shop.dearer(lines, DAY, 1.8), Kind.CURRENCY_FAULT, 1),
    "a category that is gone": (lambda lines: shop.without_category(lines, DAY, "Toys"), Kind.LOST_CATEGORY, 3),
    "the largest category": (lambda lines: shop.without_category(lines, DAY, "Storage"), Kind.LOST_CATEGORY, 3),
}


@pytest.fixture(scope="module")
def shops():
    """Two shops up to four weeks after the day."""
    return {seed: shop.shop(seed, 150, days=(DAY - shop.FIRST).days + 28) for seed in (1, 2)}


def found_after(lines, nights):
    """Causes of each of some nights after the day."""
    days = shop.feed(lines)
    return [feed_causes(shop.until(days, DAY + timedelta(days=night)), FeedSettings()) for night in nights]


def verdict(causes):
    return judged(Seen(feed=causes), MonitorSettings()).verdict


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told_by_its_name_the_night_after(shops, seed, what):
    befall, kind, soon = FAULTS[what]
    for causes in found_after(befall(shops[seed]), (soon, soon + 1)):
        assert [(cause.kind, cause.since) for cause in causes if cause.since == DAY or cause.kind is kind][:1] == [(kind, DAY)]
        assert {cause.kind for cause in causes} == {kind}
        assert verdict(causes) is Verdict.STOP


@pytest.mark.parametrize("what", ["nothing came in", "a file read twice", "pence for a day"])
def test_a_fault_that_nobody_mends_is_told_for_a_week(shops, what):
    befall, kind, _ = FAULTS[what]
    told = [kind in {cause.kind for cause in causes} for causes in found_after(befall(shops[1]), range(1, 10))]
    assert told == [True] * 7 + [False] * 2


@pytest.mark.parametrize(("factor", "within"), [(1.10, 14), (0.88, 14), (1.06, 28)])
def test_prices_that_have_changed_are_told_within_weeks_and_ask_for_a_refit(factor, within):
    lines = shop.shop(3, 400, days=(DAY - shop.FIRST).days + within)
    causes = found_after(shop.dearer(lines, DAY, factor), [within])[0]
    assert [cause.kind for cause in causes] == [Kind.PRICE_CHANGE]
    assert verdict(causes) is Verdict.REFIT
    change = float(causes[0].evidence.split("amounts of a line: ")[1].split("%")[0]) / 100
    assert change == pytest.approx(factor - 1, abs=0.03)


def test_prices_that_rise_every_year_at_this_time_are_no_change():
    lines = shop.shop(3, 400, days=(DAY - shop.FIRST).days + 21)
    every_year = shop.dearer(shop.dearer(lines, DAY, 1.15), DAY - timedelta(days=364), 1.15, date(2024, 9, 1))
    assert Kind.PRICE_CHANGE in {cause.kind for cause in found_after(shop.dearer(lines, DAY, 1.15), [21])[0]}
    assert found_after(every_year, [21]) == [[]]


def test_a_model_fitted_since_knows_the_new_prices():
    lines = shop.shop(3, 400, days=(DAY - shop.FIRST).days + 14)
    causes = found_after(shop.dearer(lines, DAY, 1.1), [14])[0]
    before, since = (judged(Seen(feed=causes, fitted_as_of=DAY + timedelta(days=days)), MonitorSettings()) for days in (-1, 10))
    assert (before.verdict, since.verdict) == (Verdict.REFIT, Verdict.KEEP)
    assert since.causes[0].is_known


def test_a_category_of_spring_is_the_season_where_it_was_so_a_year_before_and_else_demand():
    habits = {"boom": ("Garden", (5, 6), 2.5)}
    lines = shop.shop(4, 150, days=520, **habits)
    night = (date(2025, 5, 20) - DAY).days
    causes = found_after(lines, [night])[0]
    assert [(cause.kind, cause.evidence.split(":")[0]) for cause in causes] == [(Kind.SEASON, "orders with garden")]
    assert verdict(causes) is Verdict.KEEP
    first_year = found_after(lines, [(date(2024, 5, 20) - DAY).days])[0]
    assert [(cause.kind, cause.evidence.split(":")[0]) for cause in first_year] == [(Kind.DEMAND, "orders with garden")]


def test_a_category_that_goes_with_its_season_is_not_lost():
    habits = {"boom": ("Garden", (3, 4, 5), 40)}
    lines = shop.shop(5, 150, days=560, **habits)
    garden = shop.CATEGORIES.index("Garden")
    only_in_spring = lines.where((lines.category != garden) | (lines.day % 365 < 152))
    for night in range(18, 40):
        assert Kind.LOST_CATEGORY not in {cause.kind for cause in found_after(only_in_spring, [night])[0]}


def test_a_good_day_is_no_doubled_one():
    lines = shop.shop(6, 150, days=(DAY - shop.FIRST).days + 2)
    other = shop.shop(7, 150, days=(DAY - shop.FIRST).days + 2)
    on = other.where(other.day == other.place(DAY))
    both = shop.joined(lines, on)
    assert shop.feed(both).orders[-2] > 1.6 * shop.feed(lines).orders[-2]
    assert found_after(both, [1, 2]) == [[], []]


def test_a_day_on_which_the_shop_was_closed_a_year_before_is_not_missing():
    lines = shop.shop(8, 150, days=(DAY - shop.FIRST).days + 2)
    closed = shop.without_day(shop.without_day(lines, DAY), date(2024, 5, 14))
    assert found_after(closed, [1]) == [[]]
    named = FeedSettings(closed_on=(DAY,))
    assert feed_causes(shop.until(shop.feed(shop.without_day(lines, DAY)), NEXT), named) == []


def test_a_season_so_quiet_that_days_look_missing_is_known_by_the_year_before():
    monthly = (0.25, *(1.0,) * 10, 2.0)
    days = shop.feed(shop.shop(11, 200, days=750, monthly=monthly))
    kinds = {cause.kind for day in range(2, 15) for cause in feed_causes(shop.until(days, date(2026, 1, day)), FeedSettings())}
    assert Kind.DAY_MISSING not in kinds
    a_year_before = {cause.kind for cause in feed_causes(shop.until(days, date(2025, 1, 3)), FeedSettings())}
    assert Kind.DAY_MISSING in a_year_before


def test_a_slow_day_of_a_quiet_season_is_not_missing():
    monthly = (0.35, *(1.25,) * 11)
    slow = date(2026, 1, 14)
    lines = shop.without_day(shop.shop(13, 200, days=745, monthly=monthly), slow, kept=0.45)
    causes = feed_causes(shop.until(shop.feed(lines), slow + timedelta(days=1)), FeedSettings())
    assert Kind.DAY_MISSING not in {cause.kind for cause in causes}


def test_days_in_another_currency_are_no_change_of_prices(shops):
    lines = shop.dearer(shops[1], DAY, 1.8)
    assert [{cause.kind for cause in causes} for causes in found_after(lines, (5, 7))] == [{Kind.CURRENCY_FAULT}] * 2


def test_in_a_small_shop_a_day_of_next_to_no_orders_is_chance():
    days = shop.feed(shop.shop(12, 7, days=(DAY - shop.FIRST).days + 60))
    nights = (shop.until(days, DAY + timedelta(days=night)) for night in range(60))
    assert {cause.kind for night in nights for cause in feed_causes(night, FeedSettings(least_orders=1))} <= {Kind.DEMAND, Kind.SEASON}


def test_a_shop_that_never_opens_on_sundays_misses_none():
    lines = shop.shop(9, 150, days=(DAY - shop.FIRST).days + 8)
    weekdays = lines.where((shop.FIRST.toordinal() + lines.day) % 7 != 0)
    assert found_after(weekdays, range(1, 8)) == [[]] * 7


def test_a_log_that_is_too_short_tells_nothing():
    lines = shop.shop(10, 150, days=20)
    days = shop.feed(shop.dearer(lines, shop.FIRST + timedelta(days=15), 50))
    assert [feed_causes(shop.until(days, shop.FIRST + timedelta(days=end)), FeedSettings()) for end in (1, 7, 20)] == [[]] * 3


@pytest.mark.parametrize(("factor", "until"), [(8, NEXT), (1.25, None)])
def test_what_costs_more_in_half_of_the_categories_is_neither_currency_nor_the_price_level(shops, factor, until):
    lines, half = shops[1], [shop.CATEGORIES.index(name) for name in ("Kitchen", "Dining", "Bath", "Gifts", "Jewellery", "Storage")]
    dearer = shop.dearer(lines, DAY, factor, until)
    some = shop.replace(lines, amount=shop.np.where(shop.np.isin(lines.category, half), dearer.amount, lines.amount))
    moved = shop.feed(some).line_amount / shop.feed(lines).line_amount
    place = some.place(DAY)
    assert moved[place] > (1.5 if factor == 8 else 1.05)
    found = {cause.kind for causes in found_after(some, (1, 7, 14)) for cause in causes}
    assert not found & {Kind.CURRENCY_FAULT, Kind.PRICE_CHANGE}


def test_no_evidence_counts_few_orders(shops):
    for kept in (0.01, 0.05):
        causes = found_after(shop.without_day(shops[1], DAY, kept), [1])[0]
        assert causes[0].evidence.startswith("Wednesday 2025-05-14: at most 20% of its orders, where this weekday usually has 1")
