"""How a feature's values stand along an axis: heavy tails by their logarithm, the rest as they are."""

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from segmentation.report.findings import Findings
from segmentation.report.formats import count, money, number, percent

Array = NDArray[np.float64]

_STEPS = (np.array([1.0]), np.array([1.0, 3.0]), np.array([1.0, 2.0, 5.0]))
_FEWEST, _MOST = 4, 8


def logarithmic(findings: Findings) -> frozenset[str]:
    """The features that stand by their logarithm, as customers were compared."""
    return frozenset(str(row["feature"]) for row in findings.manifest["features"] if row["transform"] == "log1p")


def placed(values: ArrayLike, is_log: bool) -> Array:
    """Places along the axis; for a logarithm log(1 + value), which has room for 0 and for what lies below."""
    plain = np.asarray(values, dtype=float)
    return np.asarray(np.sign(plain) * np.log1p(np.abs(plain)) if is_log else plain)


def tick_values(low: float, high: float, is_log: bool) -> list[float]:
    """Round values between two others, four to eight where there are as many."""
    if not is_log:
        return [float(tick) for tick in MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high) if low <= tick <= high]
    found: list[float] = []
    for steps in _STEPS:
        wider = [tick for tick in _round_values(low, high, steps) if low <= tick <= high]
        if len(wider) <= _MOST:
            found = wider
        if len(found) >= _FEWEST:
            break
    return found


def tick_text(value: float, unit: str, currency: str | None) -> str:
    """A value as an axis shows it; its unit stands in the axis's name, but for money and shares."""
    if unit == "currency":
        return money(value, currency).removesuffix(".00")
    if unit == "share":
        return percent(value, places=0)
    return count(value) if float(value).is_integer() else number(value)


def _round_values(low: float, high: float, steps: Array) -> list[float]:
    top = int(np.ceil(np.log10(max(abs(low), abs(high), 1.0))))
    positive = [float(step * 10**power) for power in range(top + 1) for step in steps]
    return [*(-value for value in reversed(positive)), 0.0, *positive]
