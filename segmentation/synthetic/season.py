"""Season: cumulative orders over the year, the week and the day, as a curve that never falls."""

from bisect import bisect_right
from datetime import timedelta
from itertools import accumulate
from math import pi

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.synthetic.draws import looked_up, uniform
from segmentation.synthetic.retailer import TYPES, Retailer

OPENS_HOUR, CLOSES_HOUR = 8, 20
DAY_SECONDS = 86_400

_MONTHS = (0.8, 0.8, 0.9, 0.9, 1.0, 0.9, 0.9, 0.9, 1.1, 1.2, 1.6, 2.0)
_WEEKDAYS = (1.0, 0.9, 0.95, 1.1, 1.3, 1.2, 0.55)
_STEPS_PER_DAY = 4


def active_days(retailer: Retailer) -> list[range]:
    """The days, counted from 0, on which each planted type buys."""
    return [range(*(round(part * retailer.days) for part in planted.active)) for planted in TYPES]


def type_rates(retailer: Retailer) -> list[float]:
    """Orders of each planted type on a day of season 1, in arbitrary units."""
    season = _season(retailer)
    active = zip(TYPES, active_days(retailer), strict=True)
    return [planted.share * planted.orders / sum(season[day] for day in days) for planted, days in active]


def quietest_day(retailer: Retailer) -> float:
    """Orders on the day with the fewest."""
    weights = _day_weights(retailer)
    return retailer.orders * min(weights) / sum(weights)


def days_until(retailer: Retailer, order: Column) -> Column:
    """Shop days from the log's start to an order, with the part of the day; never falls as the order's number grows."""
    # Orders fall anywhere within their own slot of the curve; the slot's end belongs to the next order.
    place = (order + uniform(retailer.seed, "moment", order) * 0.999) / retailer.orders
    step = place * (_STEPS_PER_DAY * retailer.days)
    curve, part = _days_by_step(retailer), step - F.floor(step)
    before, after = (looked_up(curve, F.floor(step).cast("int") + i) for i in (0, 1))
    return before * (1 - part) + after * part


def seconds_until(days: Column) -> Column:
    """Seconds from the log's first midnight: each shop day is one of opening hours."""
    part = days - F.floor(days)
    # Busier at midday than at the doors' opening and closing.
    part = part + F.sin(part * (2 * pi)) / (4 * pi)
    open_seconds = (CLOSES_HOUR - OPENS_HOUR) * 3600
    return F.floor(F.floor(days) * DAY_SECONDS + OPENS_HOUR * 3600 + part * open_seconds)


def _days_by_step(retailer: Retailer) -> list[float]:
    """Invert the cumulative day weights: the day, with its fraction, by which each equal share of the orders has come in."""
    reached = [0.0, *accumulate(_day_weights(retailer))]
    steps = _STEPS_PER_DAY * retailer.days
    wanted = (reached[-1] * step / steps for step in range(steps))
    return [*(round(_crossing(reached, weight), 4) for weight in wanted), float(retailer.days)]


def _crossing(reached: list[float], weight: float) -> float:
    day = bisect_right(reached, weight) - 1
    return day + (weight - reached[day]) / (reached[day + 1] - reached[day])


def _day_weights(retailer: Retailer) -> list[float]:
    season, rates, active = _season(retailer), type_rates(retailer), active_days(retailer)
    buying = ([rate for rate, days in zip(rates, active, strict=True) if day in days] for day in range(retailer.days))
    return [weight * sum(rates_today) for weight, rates_today in zip(season, buying, strict=True)]


def _season(retailer: Retailer) -> list[float]:
    dates = (retailer.first_day + timedelta(days=day) for day in range(retailer.days))
    return [_MONTHS[date.month - 1] * _WEEKDAYS[date.weekday()] for date in dates]
