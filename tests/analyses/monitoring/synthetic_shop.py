"""The synthetic retailer's habits drawn with numpy, line by line: years of a shop in a second, and what can happen to its log."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from segmentation.analyses.monitoring.daily_feed import DailyFeed
from segmentation.synthetic.baskets import CATEGORIES, PER_CATEGORY, PER_TIER, products
from segmentation.synthetic.orders import SIZES
from segmentation.synthetic.retailer import TYPES
from segmentation.synthetic.season import _MONTHS, _WEEKDAYS

FIRST = date(2024, 1, 1)
SLUGS = tuple(sorted(name.lower() for name in CATEGORIES))
_ORDER = np.array([CATEGORIES.index(slug.capitalize()) for slug in SLUGS])
_PRICES = np.array([product.unit_price for product in products()[: len(CATEGORIES) * PER_CATEGORY]])

_ARRAYS = ("day", "order", "customer", "category", "amount")


@dataclass(frozen=True)
class Lines:
    """Arrays of the log's purchases, one entry a line, in the order of time."""

    day: np.ndarray
    order: np.ndarray
    customer: np.ndarray
    category: np.ndarray
    amount: np.ndarray
    days: int

    def where(self, condition):
        """The lines for which this is true."""
        return replace(self, **{name: getattr(self, name)[condition] for name in _ARRAYS})

    def index_of(self, day):
        return (day - FIRST).days


def shop(seed, orders_per_day=150, days=800, monthly=_MONTHS, boom=None):
    """A shop of so many orders on a mean day; every type of customer buys all the time.

    `boom` names a category, months, and how many times as much of it is bought in them, every year.
    """
    draw = np.random.default_rng(seed)
    dates = [FIRST + timedelta(days=day) for day in range(days)]
    season = np.array([monthly[day.month - 1] * _WEEKDAYS[day.weekday()] for day in dates])
    weather = np.exp(draw.normal(0, 0.06, days))
    orders = draw.poisson(orders_per_day * season * weather)
    day = np.repeat(np.arange(days), orders)
    kind = draw.choice(len(TYPES), len(day), p=_share_of_orders())
    customer = kind + len(TYPES) * draw.integers(0, max(1, 10 * orders_per_day // len(TYPES)), len(day))
    keen = np.exp(np.random.default_rng(seed + 1).normal(0, 0.25, customer.max() + 1))
    size = draw.choice(np.ravel(SIZES), len(day))
    order = np.repeat(np.arange(len(day)), size)
    category = _categories(draw, kind[order], np.array([one.month for one in dates])[day[order]], boom)
    thrift = np.array([planted.thrift for planted in TYPES])[kind[order]]
    tier = np.floor(3 * draw.random(len(order)) ** thrift).astype(int)
    price = _PRICES[category * PER_CATEGORY + tier * PER_TIER + draw.integers(0, PER_TIER, len(order))]
    units = np.array([planted.units for planted in TYPES])[kind[order]] * keen[customer[order]]
    units = np.maximum(1, np.round(units * np.exp(draw.normal(0, 0.4, len(order)))))
    return Lines(day[order], order, customer[order], category, price * units, days)


def _share_of_orders():
    weights = np.array([planted.share * planted.orders for planted in TYPES])
    return weights / weights.sum()


def _categories(draw, kind, month, boom):
    favourites = np.array([[CATEGORIES.index(t.favourites[n % len(t.favourites)]) for n in range(12)] for t in TYPES])
    loyal = draw.random(len(kind)) < 0.82
    drawn = np.where(loyal, favourites[kind, draw.integers(0, 12, len(kind))], draw.integers(0, len(CATEGORIES), len(kind)))
    if boom:
        name, months, times = boom
        share = np.mean(drawn == CATEGORIES.index(name))
        more = (draw.random(len(kind)) < share * (times - 1)) & np.isin(month, months)
        drawn = np.where(more, CATEGORIES.index(name), drawn)
    return drawn


def with_prices_times(lines, since, factor, until=None):
    """Every price times a factor, from a day on."""
    on = (lines.day >= lines.index_of(since)) & (lines.day < (lines.index_of(until) if until else lines.days))
    return replace(lines, amount=np.where(on, lines.amount * factor, lines.amount))


def without_category(lines, since, name):
    """Nothing of one category any more."""
    return lines.where((lines.day < lines.index_of(since)) | (lines.category != CATEGORIES.index(name)))


def without_day(lines, day, remaining_share=0.0):
    """A day that did not come in, or of which only a share did."""
    is_remaining = np.random.default_rng(1).random(lines.order.max() + 1) < remaining_share
    return lines.where((lines.day != lines.index_of(day)) | is_remaining[lines.order])


def with_day_twice(lines, day, same_orders):
    """A day that came in twice, under the same order numbers or under others."""
    again = lines.where(lines.day == lines.index_of(day))
    return joined(lines, again, 0 if same_orders else None)


def joined(lines, others, first_order=None):
    """Both; by default the others' order numbers follow those of these."""
    shifted = replace(others, order=others.order + (lines.order.max() + 1 if first_order is None else first_order))
    return replace(lines, **{name: np.concatenate([getattr(lines, name), getattr(shifted, name)]) for name in _ARRAYS})


def feed(lines):
    """The lines by day, as `orders_by_day` and `daily_feed` give them."""
    number = np.unique(lines.order, return_inverse=True)[1]
    day, customer = np.zeros((2, number.max() + 1), dtype=np.int64)
    day[number], customer[number] = lines.day, lines.customer
    size = np.bincount(number)
    gross = np.round(np.bincount(number, lines.amount) * 10_000)
    spend = np.zeros((lines.days, len(SLUGS)))
    with_category = np.zeros_like(spend)
    for index, category in enumerate(_ORDER):
        of_category = np.bincount(number, lines.amount * (lines.category == category), len(size))
        spend[:, index] = np.bincount(day, of_category, lines.days)
        with_category[:, index] = np.bincount(day, of_category > 0, lines.days)
    first_of_its_kind = np.unique(np.stack([day, customer, size, gross.astype(np.int64)]), axis=1, return_index=True)[1]
    is_repeated = np.ones(len(size))
    is_repeated[first_of_its_kind] = 0
    customers, amount = _by_customer(day, customer, size, gross / 10_000, lines.days)
    return DailyFeed(
        first=FIRST,
        orders=np.bincount(day, minlength=lines.days).astype(float),
        lines=np.bincount(day, size, lines.days),
        gross=np.bincount(day, gross / 10_000, lines.days),
        customers=customers,
        odd_orders=np.bincount(day, size % 2, lines.days),
        repeated_orders=np.bincount(day, is_repeated, lines.days),
        line_amount=amount,
        spend=spend,
        category_orders=with_category,
        categories=SLUGS,
    )


def _by_customer(day, customer, size, gross, days):
    pair, at = np.unique(day * (customer.max() + 1) + customer, return_inverse=True)
    amount = np.bincount(at, gross) / np.bincount(at, size)
    day_of_pair = pair // (customer.max() + 1)
    bounds = np.searchsorted(day_of_pair, np.arange(days + 1))
    medians = [np.median(amount[a:b]) if b > a else np.nan for a, b in pairwise(bounds)]
    return np.diff(bounds).astype(float), np.array(medians)


def until(feed, day):
    """The feed as a night sees it: nothing from that day on."""
    end = feed.index_of(day)
    arrays = [name for name in DailyFeed.__dataclass_fields__ if isinstance(getattr(feed, name), np.ndarray)]
    return replace(feed, **{name: getattr(feed, name)[:end] for name in arrays})
