"""Scales of chart axes: logarithmic for features with heavy tails, linear for the rest."""

import math

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from segmentation.report.formats import count, money, number, percent
from segmentation.report.report_data import ReportData

Array = NDArray[np.float64]

# A step of the scale, and the ticks within it, from coarse to fine.
_STEPS = ((1000, (1,)), (100, (1,)), (10, (1,)), (10, (1, 3)), (10, (1, 2, 5)))
_FEWEST, _MOST = 4, 8


def logarithmic(data: ReportData) -> frozenset[str]:
    """Features on a logarithmic scale: those that were clustered by their logarithm."""
    return frozenset(str(row["feature"]) for row in data.manifest["features"] if row["transform"] == "log1p")


def placed(values: ArrayLike, is_log: bool) -> Array:
    """Positions along the axis; on a logarithmic scale log(1 + value), mirrored for negative values."""
    plain = np.asarray(values, dtype=float)
    return np.asarray(np.sign(plain) * np.log1p(np.abs(plain)) if is_log else plain)


def tick_values(low: float, high: float, is_log: bool, most: int = _MOST) -> list[float]:
    """Round values between two others: no more than ``most`` along a logarithm, and four at least where there are as many."""
    if not is_log:
        return [float(tick) for tick in MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= tick <= high]
    candidates = [[tick for tick in _round_values(low, high, *steps) if low <= tick <= high] for steps in _STEPS]
    fitting = [ticks for ticks in candidates if len(ticks) <= most] or candidates[:1]
    return next((ticks for ticks in fitting if len(ticks) >= _FEWEST), fitting[-1])


def tick_text(value: float, unit: str, currency: str | None) -> str:
    """Text of a tick; except for money and shares, the unit is in the axis's label."""
    if unit == "currency":
        return money(value, currency).removesuffix(".00")
    if unit == "share":
        return percent(value, places=0)
    return count(value) if float(value).is_integer() else number(value)


def _round_values(low: float, high: float, base: int, within: tuple[int, ...]) -> list[float]:
    """Multiples of each power of a base, up to the farther end, on both sides of 0."""
    powers = range(math.ceil(math.log(max(abs(low), abs(high), 1.0), base)) + 1)
    positive = [float(multiple * base**power) for power in powers for multiple in within]
    return [*(-value for value in reversed(positive)), 0.0, *positive]
