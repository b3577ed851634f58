"""How far each feature has moved since another run: the population stability index, and the shift of three quantiles.

The index is `sum (a - e) ln(a / e)` over bins, with e the shares of customers then and a those of now: the convention of credit scoring
calls less than 0.1 none, up to 0.25 moderate, more major. Chance alone gives about (1/n + 1/m) times a chi-squared of one degree
less than there are bins (Yurdakul 2018), n and m the customers then and now: of small segments that is more than the convention.

Bins are cut at the deciles of then. A value that takes a tenth of the customers and more, such as 0 of a share, has a bin of its
own; customers without a value have another. Half a customer is added to each bin, of then and now (Jeffreys): an empty one is
no infinite shift.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from math import inf, log, nextafter
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from scipy.special import gammaincinv

from segmentation.schemas import SEGMENT_ID, named

EVERYBODY = 0
"""Stands for all customers among the segments, whose ids begin with 1."""
CHANCE = 0.999
"""Chance alone stays below what is told beside an index with this probability: a run has some hundred rows."""
STABLE, MODERATE, MAJOR = "stable", "moderate", "major"

_DECILES = tuple(level / 10 for level in range(1, 10))
_SMOOTHING = 0.5
_MODERATE_PART = 0.4
"""Of the threshold of a major shift: 0.1 of 0.25."""
_VALUES, _VALUE, _GROUP, _BIN, _PLACE, _CUTS = "values", "value", "group", "bin", "place", "cuts"
_MISSING = -1

Key = tuple[int, str]
"""A segment's id, or EVERYBODY, and a feature."""


@dataclass(frozen=True)
class Spread:
    """A feature's values in one group of customers: its deciles, None without any value."""

    deciles: tuple[float, ...] | None

    def quantile(self, level: float) -> float | None:
        """One of the deciles."""
        return None if self.deciles is None else self.deciles[round(level * 10) - 1]


@dataclass(frozen=True)
class Drift:
    """One feature in one group of customers, then and now.

    Parameters
    ----------
    segment
        Its id; None for all customers.
    feature
        Its name.
    psi
        Population stability index, 0 and more.
    by_chance
        What chance alone gives in one case of a thousand.
    before, after
        Values then and now.
    customers
        Then and now.
    """

    segment: int | None
    feature: str
    psi: float
    by_chance: float
    before: Spread
    after: Spread
    customers: tuple[int, int]

    def verdict(self, largest_psi: float) -> str:
        """Stable, moderate or major; stable as long as chance gives as much."""
        if self.psi <= max(_MODERATE_PART * largest_psi, self.by_chance):
            return STABLE
        return MAJOR if self.psi > max(largest_psi, self.by_chance) else MODERATE


def spreads(customers: DataFrame, features: Sequence[str]) -> dict[Key, Spread]:
    """Deciles of each feature, of all customers and of each segment, in one pass.

    Parameters
    ----------
    customers
        With `segment_id` and the features, numbers all of them.
    features
        Which.
    """
    levels = F.array(*map(F.lit, _DECILES))
    deciles = [F.percentile_approx(named(name).cast("double"), levels, 10_000).alias(name) for name in features]
    rows = customers.rollup(SEGMENT_ID).agg(F.grouping(SEGMENT_ID).alias(_GROUP), *deciles).collect()
    return {
        (EVERYBODY if row[_GROUP] else row[SEGMENT_ID], name): Spread(tuple(row[name]) if row[name] else None)
        for row in rows
        for name in features
    }


def edges_of(spread: Spread) -> list[float]:
    """Where bins are cut: a value lies in the bin of as many edges as are below it.

    A decile that comes more than once is held by a tenth of the customers or more: it gets an edge on either side.
    """
    found = spread.deciles or ()
    heavy = {one for one, next_one in pairwise(found) if one == next_one}
    return sorted({*found, *(nextafter(value, -inf) for value in heavy)})


def bin_counts(customers: DataFrame, features: Sequence[str], edges: Mapping[Key, Sequence[float]]) -> dict[Key, dict[int, int]]:
    """Customers in each bin of each feature, of all and of each segment, in one pass; bin -1 holds those without a value.

    Parameters
    ----------
    customers
        With `segment_id` and the features.
    features
        Which.
    edges
        Of every group that is asked for; customers of other segments count among everybody only.
    """
    cuts = _cuts(customers, features, edges)
    values = F.array(*(named(name).cast("double") for name in features)).alias(_VALUES)
    groups = F.explode(F.array(F.lit(EVERYBODY), F.col(SEGMENT_ID))).alias(_GROUP)
    most = max(map(len, edges.values()), default=0)
    rows = (
        customers.select(values, groups)
        .join(F.broadcast(cuts), _GROUP, "inner")
        .select(_GROUP, _CUTS, F.posexplode(_VALUES).alias(_PLACE, _VALUE))
        .select(_GROUP, _PLACE, _bin_of(F.col(_VALUE), F.get(_CUTS, F.col(_PLACE)), most).alias(_BIN))
        .groupBy(_GROUP, _PLACE, _BIN)
        .agg(F.count(F.lit(1)).alias("customers"))
        .collect()
    )
    found: dict[Key, dict[int, int]] = {key: {} for key in edges}
    for row in rows:
        found[row[_GROUP], features[row[_PLACE]]][row[_BIN]] = row["customers"]
    return found


def drifts(then: tuple[DataFrame, Mapping[Key, Spread]], now: tuple[DataFrame, Mapping[Key, Spread]]) -> list[Drift]:
    """How far each feature has moved, of all customers and of each segment there is in both; a pass over each frame.

    Parameters
    ----------
    then, now
        Customers with `segment_id` and features, and their `spreads`. Features of only one of them are left out.
    """
    both = sorted(then[1].keys() & now[1].keys())
    features = sorted({feature for _, feature in both})
    edges = {key: edges_of(then[1][key]) for key in both}
    if not features:
        return []
    before, after = (bin_counts(frame, features, edges) for frame, _ in (then, now))
    return [_drift(key, (then[1][key], now[1][key]), (before[key], after[key]), len(edges[key])) for key in both]


def psi(then: Mapping[int, int], now: Mapping[int, int], edges: int) -> tuple[float, float]:
    """Population stability index of counts by bin, and what chance gives in one case of a thousand.

    Parameters
    ----------
    then, now
        Customers by bin.
    edges
        How many; there is one more bin, and another where values are missing.
    """
    places = [*range(edges + 1), *([_MISSING] if _MISSING in then or _MISSING in now else [])]
    n, m = sum(then.values()), sum(now.values())
    if not n or not m or len(places) < 2:
        return 0.0, 0.0
    shares = [
        [(counts.get(place, 0) + _SMOOTHING) / (total + _SMOOTHING * len(places)) for place in places]
        for counts, total in ((then, n), (now, m))
    ]
    index = sum((a - e) * log(a / e) for e, a in zip(*shares, strict=True))
    return index, float((1 / n + 1 / m) * 2 * gammaincinv((len(places) - 1) / 2, CHANCE))


def _bin_of(value: Column, cuts: Column, most: int) -> Column:
    """Edges below the value, spelt out: Spark does not compile functions that take a function."""
    below = (F.coalesce((F.get(cuts, F.lit(place)) < value).cast("int"), F.lit(0)) for place in range(most))
    return F.when(value.isNull(), F.lit(_MISSING)).otherwise(reduce(add, below, F.lit(0)))


def _drift(key: Key, values: tuple[Spread, Spread], counts: tuple[Mapping[int, int], Mapping[int, int]], edges: int) -> Drift:
    index, by_chance = psi(*counts, edges)
    segment = None if key[0] == EVERYBODY else key[0]
    return Drift(segment, key[1], index, by_chance, *values, (sum(counts[0].values()), sum(counts[1].values())))


def _cuts(customers: DataFrame, features: Sequence[str], edges: Mapping[Key, Sequence[float]]) -> DataFrame:
    """A row a group: its edges, feature by feature. They come as one constant: rows of Python's own would start Python workers."""
    groups = sorted({group for group, _ in edges})
    text = json.dumps([{_GROUP: group, _CUTS: [list(edges[group, name]) for name in features]} for group in groups])
    kind = f"array<struct<{_GROUP}: int, {_CUTS}: array<array<double>>>>"
    return customers.sparkSession.range(1).select(F.inline(F.from_json(F.lit(text), kind)))
