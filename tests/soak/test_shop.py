"""The shop does what its nights are there for: each kind of line changes what it should."""

from datetime import timedelta

import pytest

from soak.shop import FIRST_NIGHT, TOO_LATE, Shop, is_too_late
from soak.truth import truth_of

A_WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def log():
    """The lines before the first night, and those of twenty nights."""
    shop = Shop(6)
    return [shop.history(), *(shop.night(number) for number in range(1, 21))]


def of_kind(lines, kind):
    return [line for line in lines if line.kind == kind]


def test_the_same_seed_makes_the_same_lines_and_another_seed_others(log):
    again, other = Shop(6), Shop(7)
    assert [again.history(), again.night(1)] == log[:2]
    assert other.history() != log[0]


def test_only_nights_that_say_so_reach_back_too_far_to_be_joined(log):
    for number, lines in enumerate(log[1:], start=1):
        last_line = max(line.ordered_at for line in log[number - 1] if line.ordered_at < "tomorrow")
        earliest = (FIRST_NIGHT + timedelta(days=number - 2, hours=21, minutes=30) - A_WEEK).strftime("%Y-%m-%d %H:%M:%S")
        assert last_line.startswith(f"{FIRST_NIGHT + timedelta(days=number - 2):%Y-%m-%d}")
        assert (min(line.ordered_at for line in lines if line.ordered_at) < earliest) is is_too_late(number)


@pytest.mark.parametrize("kind", ["cancelled", "taken back", "voided late", TOO_LATE])
def test_a_return_of_the_kind_voids_a_purchase(log, kind):
    without, with_it = truths(log, kind)
    assert amount(with_it, "voided", "purchase") > amount(without, "voided", "purchase")
    assert amount(with_it, "accepted", "purchase") < amount(without, "accepted", "purchase")


@pytest.mark.parametrize("kind", ["returned", "taken back in part", "only returned"])
def test_a_return_of_the_kind_voids_nothing(log, kind):
    without, with_it = truths(log, kind)
    assert amount(with_it, "voided", "return") == amount(without, "voided", "return")
    assert amount(with_it, "accepted", "return") < amount(without, "accepted", "return")


def test_what_comes_between_takes_the_return_and_the_purchase_before_it_counts_again(log):
    before, (between,) = [*log[0], *log[1], *log[2]], of_kind(log[3], "comes between")
    _, again, _ = of_kind(log[2], "rematched")
    key = (again.customer_id, again.order_id, None)
    assert key not in truth_of(before).orders
    assert key in truth_of([*before, between]).orders


def test_who_has_vanished_buys_no_more(log):
    shop = Shop(6)
    shop.history()
    shop.night(1)
    later = {line.customer_id for lines in log[2:] for line in lines if line.kind in ("purchase", "new customer")}
    assert shop.gone
    assert later.isdisjoint(shop.gone)


def truths(log, kind):
    """After the third night, without what it holds of the kind, and with it."""
    lines = [line for part in log[:4] for line in part]
    others = [line for line in lines if line.kind != kind or line not in log[3]]
    return truth_of(others), truth_of(lines)


def amount(truth, outcome, reason):
    (amount_e4,) = (row[5] for row in truth.accounting if row[:3] == ("lines", outcome, reason))
    return amount_e4
