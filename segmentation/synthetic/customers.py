"""Customers who place orders: of one planted type each, chosen given the day."""

from itertools import accumulate, pairwise
from math import gcd

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.synthetic.draws import above, looked_up, looked_up_text, pick, uniform
from segmentation.synthetic.retailer import TYPES, Retailer
from segmentation.synthetic.season import active_days, type_rates

_FIRST_ID = 10_000
# A type's keenest customers order 1 / (1 - this) times as often as its mean, the least keen 1 / (1 + this) times.
_KEENNESS = 0.3
_COUNTRIES = ("United Kingdom",) * 17 + ("Ireland", "Germany", "France")


def type_given_day(retailer: Retailer, draw: Column, day: Column) -> Column:
    """A struct of the planted type's number and `rest`, a fresh draw in [0, 1) within that type."""
    table = _reached_by_phase(retailer)
    row = above(_phase_starts(retailer)[1:], day) * (len(TYPES) + 1)
    number = sum(((draw >= looked_up(table, row + i)).cast("int") for i in range(1, len(TYPES))), F.lit(0))
    low, high = looked_up(table, row + number), looked_up(table, row + number + 1)
    return F.struct(number.alias("type"), ((draw - low) / (high - low)).alias("rest"))


def customer_in_type(retailer: Retailer, planted: Column, draw: Column) -> Column:
    """The number of one customer of a type; some are drawn more often than others."""
    bounds = retailer.type_bounds
    first = looked_up(bounds, planted, "bigint")
    size = looked_up([end - start for start, end in pairwise(bounds)], planted, "bigint")
    place = draw * (1 - _KEENNESS) + draw * draw * _KEENNESS
    return first + F.least(F.floor(size * place), size - 1)


def customer_id(retailer: Retailer, number: Column) -> Column:
    """The customer id in the log: unique, and unrelated to the type."""
    stride, start = _scramble(retailer)
    return ((number * stride + start) % retailer.customers + _FIRST_ID).cast("string")


def country(retailer: Retailer, person: Column) -> Column:
    """Country of a customer or of a guest's order; most are domestic."""
    return looked_up_text(_COUNTRIES, pick(uniform(retailer.seed, "country", person), len(_COUNTRIES)).cast("int"))


def type_name(retailer: Retailer, number: Column) -> Column:
    """The name of a customer's planted type."""
    return looked_up_text([planted.name for planted in TYPES], above(retailer.type_bounds[1:-1], number))


def _scramble(retailer: Retailer) -> tuple[int, int]:
    customers = retailer.customers
    start = retailer.seed % customers
    stride = int(customers * 0.618) + 1
    # Only a stride without a common divisor reaches every id once.
    while gcd(stride, customers) > 1:
        stride += 1
    return stride, start


def _phase_starts(retailer: Retailer) -> list[int]:
    """The days on which some type begins or ceases to buy: in between, the mix of types is constant."""
    edges = {edge for days in active_days(retailer) for edge in (days.start, days.stop)}
    return sorted(edges - {retailer.days})


def _reached_by_phase(retailer: Retailer) -> list[float]:
    """Per phase, the cumulative shares of the types among its orders, from 0 to 1; phases one after the other."""
    rates, active = type_rates(retailer), active_days(retailer)
    rows = ([rate * (day in days) for rate, days in zip(rates, active, strict=True)] for day in _phase_starts(retailer))
    return [share for row in rows for share in (0.0, *(part / sum(row) for part in accumulate(row)))]
