"""Share of the variance of outcomes that groups explain, with standard errors, from sums alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segmentation.analyses.backtest.outcomes import FOLD, GROUP, GROUPING, N_FOLDS, OUTCOMES, SPEND
from segmentation.analyses.backtest.predictability import Predictions
from segmentation.schemas import E4

Array = NDArray[np.float64]


class VarianceExplained(NamedTuple):
    """Share of variance between groups: eta squared, and epsilon squared, corrected for what as many groups explain by chance."""

    eta_squared: float
    epsilon_squared: float


@dataclass(frozen=True)
class GroupSums:
    """One outcome in one grouping: customers, sum and sum of squares by group and fold, each of shape (groups, folds)."""

    counts: Array
    sums: Array
    squares: Array

    def variance_explained(self) -> VarianceExplained:
        """Over all customers."""
        return variance_explained(*(table.sum(axis=1) for table in (self.counts, self.sums, self.squares)))

    def leave_one_fold_out(self) -> Array:
        """Epsilon squared without one fold after the other, shape (folds,); NaN for empty folds."""
        rests = ([table.sum(axis=1) - table[:, fold] for table in (self.counts, self.sums, self.squares)] for fold in range(N_FOLDS))
        values = np.array([variance_explained(*rest).epsilon_squared for rest in rests])
        return np.where(self.counts.any(axis=0), values, np.nan)


def variance_explained(counts: Array, sums: Array, squares: Array) -> VarianceExplained:
    """Share of an outcome's variance that lies between groups.

    Eta squared is the sum of squares between groups / the total. It grows with the number of groups even where they mean nothing.
    Epsilon squared (Kelley 1935) corrects that: 1 - (1 - eta squared) (n - 1) / (n - groups), about 0 by chance. It is the
    adjusted R squared of a regression on the groups, and of the usual corrections the least biased (Okada 2013).

    `counts`, `sums` and `squares` are the customers, sum and sum of squares of each group. Both shares are NaN where all customers did the
    same. Epsilon squared is also NaN where each customer is a group of their own.
    """
    is_occupied = counts > 0
    counts, sums, squares = counts[is_occupied], sums[is_occupied], squares[is_occupied]
    n, groups = counts.sum(), len(counts)
    correction = sums.sum() ** 2 / n if n else 0.0
    total, between = squares.sum() - correction, (sums**2 / counts).sum() - correction
    if total <= 0:
        return VarianceExplained(np.nan, np.nan)
    eta = float(between / total)
    return VarianceExplained(eta, float(1 - (1 - eta) * (n - 1) / (n - groups)) if n > groups else np.nan)


def jackknife_error(replicates: Array) -> float:
    """Standard error from replicates, each without one group of customers (delete-a-group jackknife, Kott 2001); NaN are left out."""
    known = replicates[~np.isnan(replicates)]
    return float(np.sqrt((len(known) - 1) / len(known) * ((known - known.mean()) ** 2).sum())) if len(known) > 1 else float("nan")


def backtest_metrics(sums: Sequence[Any], groupings: Sequence[str]) -> list[dict[str, Any]]:
    """One row per grouping and outcome: variance explained, its standard error, and how far the first grouping is ahead.

    `sums` are those of `outcomes.outcome_sums`; `groupings` are names, the segments first.
    """
    return [_metrics_row(sums, grouping, groupings[0], outcome) for outcome in OUTCOMES for grouping in groupings]


def bound_metrics(sums: Sequence[Any], bound: Predictions, segments: str, name: str) -> list[dict[str, Any]]:
    """One row per outcome for what can be predicted at all, in the place of a grouping called `name`."""
    return [_bound_row(_group_sums(sums, segments, outcome), bound, name, outcome) for outcome in OUTCOMES]


def backtest_segments(sums: Sequence[Any], names: Mapping[str, Mapping[int, str]]) -> list[dict[str, Any]]:
    """One row per grouping, group and outcome: mean, and lift, the mean / that of all customers.

    `sums` are those of `outcomes.outcome_sums`; `names` are those of each grouping's groups, by number.
    """
    return [row for grouping in names for outcome in OUTCOMES for row in _group_rows(sums, grouping, outcome, names[grouping])]


def _group_sums(rows: Sequence[Any], grouping: str, outcome: str) -> GroupSums:
    """The sums of one grouping and outcome as tables."""
    own = [row for row in rows if row[GROUPING] == grouping]
    n_groups = max(row[GROUP] for row in own)
    tables = np.zeros((3, n_groups, N_FOLDS))
    for row in own:
        tables[:, row[GROUP] - 1, row[FOLD]] = (row["customers"], float(row[outcome]), float(row[f"{outcome}_squared"]))
    return GroupSums(*tables)


def _metrics_row(rows: Sequence[Any], grouping: str, segments: str, outcome: str) -> dict[str, Any]:
    sums, reference = _group_sums(rows, grouping, outcome), _group_sums(rows, segments, outcome)
    explained, replicates = sums.variance_explained(), sums.leave_one_fold_out()
    ahead = _Ahead(np.nan, np.nan) if grouping == segments else _ahead(reference, explained.epsilon_squared, replicates)
    return {
        GROUPING: grouping,
        "outcome": outcome,
        "groups": int((sums.counts.sum(axis=1) > 0).sum()),
        **_measures(sums, outcome, explained, replicates, ahead),
    }


def _bound_row(reference: GroupSums, bound: Predictions, name: str, outcome: str) -> dict[str, Any]:
    share, replicates = bound.share(outcome), bound.leave_one_fold_out(outcome)
    explained = VarianceExplained(np.nan, share)
    measures = _measures(reference, outcome, explained, replicates, _ahead(reference, share, replicates))
    return {GROUPING: name, "outcome": outcome, "groups": None, **measures}


class _Ahead(NamedTuple):
    """How much more variance the segments explain, and the standard error of the difference."""

    difference: float
    error: float


def _ahead(reference: GroupSums, share: float, replicates: Array) -> _Ahead:
    return _Ahead(reference.variance_explained().epsilon_squared - share, jackknife_error(reference.leave_one_fold_out() - replicates))


def _measures(sums: GroupSums, outcome: str, explained: VarianceExplained, replicates: Array, ahead: _Ahead) -> dict[str, Any]:
    customers = int(sums.counts.sum())
    measures = {
        "eta_squared": explained.eta_squared,
        "epsilon_squared": explained.epsilon_squared,
        "standard_error": jackknife_error(replicates),
        "segments_ahead": ahead.difference,
        "segments_ahead_error": ahead.error,
    }
    return {
        "customers": customers,
        "mean": float(sums.sums.sum()) / customers / _unit(outcome),
        **{name: None if np.isnan(measure) else float(measure) for name, measure in measures.items()},
    }


def _group_rows(rows: Sequence[Any], grouping: str, outcome: str, names: Mapping[int, str]) -> list[dict[str, Any]]:
    sums = _group_sums(rows, grouping, outcome)
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
