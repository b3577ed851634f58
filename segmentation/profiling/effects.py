"""Effect sizes: standardised differences between a segment and all other customers, with confidence intervals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any, NamedTuple

from pyspark.sql import Row

from segmentation.schemas import SEGMENT_ID

_NO_VARIANCE = 1e-18
_SURE = 1.96
"""Standard errors to either side of a 95 % confidence interval."""


class Moments(NamedTuple):
    """Moments of one feature over some customers: number of values (n), mean, and sum of squared deviations from it."""

    n: int
    mean: float
    squares: float


class Effect(NamedTuple):
    """A standardised difference, and its 95 % interval."""

    size: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def hedges_g(own: Moments, others: Moments) -> Effect | None:
    """Hedges' g of some customers against others (Hedges 1981), with its interval (Hedges & Olkin 1985).

    The difference of means over the pooled standard deviation, corrected for small numbers. None where either side has fewer
    than two customers, who have no variance, or where all customers of either side are alike.
    """
    n, m = own.n, others.n
    if min(n, m) < 2:
        return None
    variance = (own.squares + others.squares) / (n + m - 2)
    if variance <= _NO_VARIANCE:
        return None
    correction = 1 - 3 / (4 * (n + m - 2) - 1)
    difference = (own.mean - others.mean) / sqrt(variance)
    error = correction * sqrt((n + m) / (n * m) + difference**2 / (2 * (n + m)))
    size = correction * difference
    return Effect(size, size - _SURE * error, size + _SURE * error)


def pooled_moments(groups: Sequence[Moments]) -> Moments:
    """The moments of several groups as one."""
    count = sum(group.n for group in groups)
    if not count:
        return Moments(0, 0.0, 0.0)
    mean = sum(group.n * group.mean for group in groups) / count
    return Moments(count, mean, sum(group.squares + group.n * (group.mean - mean) ** 2 for group in groups))


def with_effects(profile: Sequence[dict[str, Any]], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The profile with the effect of each feature in each segment, and its rank there."""
    moments = {row[SEGMENT_ID]: row for row in rows}
    effects = [_against_others(moments, row[SEGMENT_ID], row["feature"]) for row in profile]
    ranks = _ranks([row[SEGMENT_ID] for row in profile], effects)
    return [{**row, **_columns(effect), "rank": rank} for row, effect, rank in zip(profile, effects, ranks, strict=True)]


def _against_others(rows: Mapping[int, Row], segment: int, feature: str) -> Effect | None:
    others = [_moments(row[feature]) for other, row in rows.items() if other != segment]
    return hedges_g(_moments(rows[segment][feature]), pooled_moments(others))


def _moments(cell: Row) -> Moments:
    return Moments(cell["count"], cell["level"] or 0.0, (cell["variance"] or 0.0) * max(cell["count"] - 1, 0))


def _ranks(segments: Sequence[int], effects: Sequence[Effect | None]) -> list[int | None]:
    """1 for the largest of a segment's effects whose interval excludes 0; of two equal ones, for the earlier feature."""
    sizes = {place: abs(effect.size) for place, effect in enumerate(effects) if effect and effect.is_sure}
    ranks: list[int | None] = [None] * len(effects)
    n_ranked: Counter[int] = Counter()
    for place in sorted(sizes, key=lambda place: -sizes[place]):
        n_ranked[segments[place]] += 1
        ranks[place] = n_ranked[segments[place]]
    return ranks


def _columns(effect: Effect | None) -> dict[str, float | None]:
    size, low, high = effect or (None, None, None)
    return {"hedges_g": size, "hedges_g_ci_low": low, "hedges_g_ci_high": high}
