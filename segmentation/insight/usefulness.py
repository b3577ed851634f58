"""How much of what customers do next their group tells, from sums alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segmentation.insight.outcomes import GROUP, GROUPING, OUTCOMES, PART, PARTS, SPEND
from segmentation.schemas import E4

Array = NDArray[np.float64]


class Explained(NamedTuple):
    """Share of variance between groups: as found (eta squared), and less what as many groups explain by chance (epsilon squared)."""

    eta_squared: float
    epsilon_squared: float


@dataclass(frozen=True)
class Sums:
    """One outcome in one grouping: count, sum and sum of squares by group and part, each of shape (groups, parts)."""

    counts: Array
    sums: Array
    squares: Array

    @property
    def whole(self) -> Explained:
        """Of all customers."""
        return explained(*(table.sum(axis=1) for table in (self.counts, self.sums, self.squares)))

    def left_out(self) -> Array:
        """Epsilon squared with one part after the other left out, shape (parts,); of parts that hold no one nothing is told (NaN)."""
        rests = ([table.sum(axis=1) - table[:, part] for table in (self.counts, self.sums, self.squares)] for part in range(PARTS))
        told = np.array([explained(*rest).epsilon_squared for rest in rests])
        return np.where(self.counts.any(axis=0), told, np.nan)


def explained(counts: Array, sums: Array, squares: Array) -> Explained:
    """Share of an outcome's variance that lies between groups.

    Eta squared is the sum of squares between groups / the total. It grows with the number of groups even where they mean nothing;
    epsilon squared (Kelley 1935) takes that off, 1 - (1 - eta squared) (n - 1) / (n - groups), and is about 0 by chance. It is the
    adjusted R squared of a regression on the groups, and of the usual corrections the least biased (Okada 2013).

    Parameters
    ----------
    counts, sums, squares
        Customers, sum and sum of squares of each group.

    Returns
    -------
    Explained
        NaN where all customers did the same, or each is a group of their own.
    """
    held = counts > 0
    counts, sums, squares = counts[held], sums[held], squares[held]
    n, groups = counts.sum(), len(counts)
    middle = sums.sum() ** 2 / n if n else 0.0
    total, between = squares.sum() - middle, (sums**2 / counts).sum() - middle
    if total <= 0:
        return Explained(np.nan, np.nan)
    eta = float(between / total)
    return Explained(eta, float(1 - (1 - eta) * (n - 1) / (n - groups)) if n > groups else np.nan)


def jackknife_error(left_out: Array) -> float:
    """Standard error from the values with one part after the other left out (the delete-a-group jackknife, Kott 2001)."""
    told = left_out[~np.isnan(left_out)]
    return float(np.sqrt((len(told) - 1) / len(told) * ((told - told.mean()) ** 2).sum())) if len(told) > 1 else float("nan")


def sums_of(rows: Sequence[Any], grouping: str, outcome: str) -> Sums:
    """The sums of one grouping and outcome as tables.

    Parameters
    ----------
    rows
        As `outcomes.group_sums`.
    grouping, outcome
        Which.
    """
    mine = [row for row in rows if row[GROUPING] == grouping]
    groups = max(row[GROUP] for row in mine)
    tables = np.zeros((3, groups, PARTS))
    for row in mine:
        tables[:, row[GROUP] - 1, row[PART]] = (row["customers"], float(row[outcome]), float(row[f"{outcome}_squared"]))
    return Sums(*tables)


def usefulness(rows: Sequence[Any], groupings: Sequence[str]) -> list[dict[str, Any]]:
    """One row per grouping and outcome: variance explained, its standard error, and how far the first grouping is ahead.

    Parameters
    ----------
    rows
        As `outcomes.group_sums`.
    groupings
        Their names, ours first.
    """
    return [_row_of(rows, grouping, groupings[0], outcome) for outcome in OUTCOMES for grouping in groupings]


def _row_of(rows: Sequence[Any], grouping: str, ours: str, outcome: str) -> dict[str, Any]:
    sums, own = sums_of(rows, grouping, outcome), sums_of(rows, ours, outcome)
    is_own, left_out = grouping == ours, sums.left_out()
    customers = int(sums.counts.sum())
    numbers = {
        "eta_squared": sums.whole.eta_squared,
        "epsilon_squared": sums.whole.epsilon_squared,
        "standard_error": jackknife_error(left_out),
        "segments_ahead": np.nan if is_own else own.whole.epsilon_squared - sums.whole.epsilon_squared,
        "segments_ahead_error": np.nan if is_own else jackknife_error(own.left_out() - left_out),
    }
    return {
        GROUPING: grouping,
        "outcome": outcome,
        "groups": int((sums.counts.sum(axis=1) > 0).sum()),
        "customers": customers,
        "mean": float(sums.sums.sum()) / customers / _unit(outcome),
        **{name: None if np.isnan(number) else float(number) for name, number in numbers.items()},
    }


def usefulness_segments(rows: Sequence[Any], names: Mapping[str, Mapping[int, str]]) -> list[dict[str, Any]]:
    """One row per grouping, group and outcome: mean, and lift, the mean / that of all customers.

    Parameters
    ----------
    rows
        As `outcomes.group_sums`.
    names
        Of each grouping's groups, by number.
    """
    return [row for grouping in names for outcome in OUTCOMES for row in _groups_of(rows, grouping, outcome, names[grouping])]


def _groups_of(rows: Sequence[Any], grouping: str, outcome: str, names: Mapping[int, str]) -> list[dict[str, Any]]:
    sums = sums_of(rows, grouping, outcome)
    counts, totals = sums.counts.sum(axis=1), sums.sums.sum(axis=1)
    average = totals.sum() / counts.sum()
    return [
        {
            GROUPING: grouping,
            "group_id": number,
            "group_name": names[number],
            "outcome": outcome,
            "customers": int(count),
            "customer_share": float(count / counts.sum()),
            "mean": float(total / count / _unit(outcome)),
            "lift": float(total / count / average) if average > 0 else None,
        }
        for number, (count, total) in enumerate(zip(counts, totals, strict=True), start=1)
        if count
    ]


def _unit(outcome: str) -> int:
    return E4 if outcome == SPEND else 1
