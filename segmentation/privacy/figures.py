"""Figures that rest on customers: which are told, and how finely."""

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

from segmentation.privacy.suppression import is_small

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]

_FIGURES = 3


def without(row: Row, names: Sequence[str]) -> dict[str, Any]:
    """A row with these of its values kept back."""
    return {**row, **{name: None for name in names if name in row}}


def tells_of_few(part: int, of: int, smallest_group: int) -> bool:
    """Whether a count of customers, or what is left of the whole without it, is a small group."""
    return bool(is_small(part, smallest_group) or is_small(of - part, smallest_group))


def quantile_told(value: float | None, level: float, customers: int, smallest_group: int) -> float | None:
    """A quantile to three figures where enough customers lie to either side of it, else None: it is the value of one of them.

    Parameters
    ----------
    value
        The quantile.
    level
        0 to 1.
    customers
        With a value.
    smallest_group
        How many must lie to either side.
    """
    if value is None or round(min(level, 1 - level) * customers, 9) < smallest_group:
        return None
    return float(value) and round(float(value), _FIGURES - 1 - floor(log10(abs(float(value)))))


def kept_back(before: Sequence[Row], after: Sequence[Row]) -> int:
    """How many values the rows lack that they had."""
    return sum(value is None for row in after for value in row.values()) - sum(value is None for row in before for value in row.values())
