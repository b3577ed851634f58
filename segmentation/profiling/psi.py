"""Drift of features between two runs: the population stability index (PSI), and deciles.

PSI is `sum (a - e) ln(a / e)` over bins, where e are the shares of customers in the reference and a those in the current run. By the
convention of credit scoring, less than 0.1 is stable, up to 0.25 moderate, and more is major. If nothing has changed, PSI follows about
(1/n + 1/m) times a chi-squared distribution with one degree of freedom less than there are bins (Yurdakul 2018), for n and m customers
in the reference and the current run: in small segments this exceeds the convention.

Bins are cut at the deciles of the reference. A value shared by a tenth of the customers or more, such as 0 of a share, has its own bin;
customers without a value have another. Half a customer is added to each bin on both sides (Jeffreys), so that an empty bin gives no
infinite index.
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

ALL_CUSTOMERS = 0
"""The id of the group of all customers; ids of segments start at 1."""
NULL_QUANTILE = 0.999
"""Level of `psi_null_p999`: without any change, PSI stays below it with this probability. A run has some hundred indices."""
STABLE, MODERATE, MAJOR = "stable", "moderate", "major"

_DECILE_LEVELS = tuple(level / 10 for level in range(1, 10))
_SMOOTHING = 0.5
_MODERATE_FRACTION = 0.4
"""Threshold of a moderate shift as a share of that of a major one: 0.1 of 0.25."""
_VALUES, _VALUE, _GROUP, _BIN, _FEATURE, _EDGES = "values", "value", "group", "bin", "feature", "edges"
_MISSING_BIN = -1

Key = tuple[int, str]
"""A segment's id, or ALL_CUSTOMERS, and a feature."""


@dataclass(frozen=True)
class Deciles:
    """The nine deciles of a feature in one group of customers; None where nobody has a value."""

    values: tuple[float, ...] | None

    def quantile(self, level: float) -> float | None:
        """The decile at a level of 0.1 to 0.9."""
        return None if self.values is None else self.values[round(level * 10) - 1]


@dataclass(frozen=True)
class FeatureDrift:
    """Drift of one feature in one group of customers."""

    segment: int | None  # None for all customers
    feature: str
    psi: float
    psi_null_p999: float
    reference: Deciles
    current: Deciles
    customers: tuple[int, int]  # in the reference, in the current run

    def verdict(self, max_psi: float) -> str:
        """Stable, moderate or major; stable where sampling alone explains the PSI."""
        if self.psi <= max(_MODERATE_FRACTION * max_psi, self.psi_null_p999):
            return STABLE
        return MAJOR if self.psi > max(max_psi, self.psi_null_p999) else MODERATE


def segment_deciles(customers: DataFrame, features: Sequence[str]) -> dict[Key, Deciles]:
    """Deciles of each feature, over all customers and in each segment, in one pass."""
    levels = F.array(*map(F.lit, _DECILE_LEVELS))
    deciles = [F.percentile_approx(named(name).cast("double"), levels, 10_000).alias(name) for name in features]
    rows = customers.rollup(SEGMENT_ID).agg(F.grouping(SEGMENT_ID).alias(_GROUP), *deciles).collect()
    return {
        (ALL_CUSTOMERS if row[_GROUP] else row[SEGMENT_ID], name): Deciles(tuple(row[name]) if row[name] else None)
        for row in rows
        for name in features
    }


def bin_edges(deciles: Deciles) -> list[float]:
    """Edges of bins; the bin of a value is the number of edges below it.

    A repeated decile is the value of a tenth of the customers or more: it gets an edge on either side.
    """
    edges = deciles.values or ()
    repeated = {value for value, next_value in pairwise(edges) if value == next_value}
    return sorted({*edges, *(nextafter(value, -inf) for value in repeated)})


def bin_counts(customers: DataFrame, features: Sequence[str], edges: Mapping[Key, Sequence[float]]) -> dict[Key, dict[int, int]]:
    """Customers in each bin of each feature, over all and in each segment, in one pass; bin -1 has those without a value.

    `edges` are those of each group; customers of other segments count in ALL_CUSTOMERS only.
    """
    values = F.array(*(named(name).cast("double") for name in features)).alias(_VALUES)
    groups = F.explode(F.array(F.lit(ALL_CUSTOMERS), F.col(SEGMENT_ID))).alias(_GROUP)
    max_edges = max(map(len, edges.values()), default=0)
    rows = (
        customers.select(values, groups)
        .join(F.broadcast(_edges_frame(customers, features, edges)), _GROUP, "inner")
        .select(_GROUP, _EDGES, F.posexplode(_VALUES).alias(_FEATURE, _VALUE))
        .select(_GROUP, _FEATURE, _bin_of(F.col(_VALUE), F.get(_EDGES, F.col(_FEATURE)), max_edges).alias(_BIN))
        .groupBy(_GROUP, _FEATURE, _BIN)
        .agg(F.count(F.lit(1)).alias("customers"))
        .collect()
    )
    counts: dict[Key, dict[int, int]] = {key: {} for key in edges}
    for row in rows:
        counts[row[_GROUP], features[row[_FEATURE]]][row[_BIN]] = row["customers"]
    return counts


def psi_table(reference: tuple[DataFrame, Mapping[Key, Deciles]], current: tuple[DataFrame, Mapping[Key, Deciles]]) -> list[FeatureDrift]:
    """Drift of each feature, over all customers and in each segment of both runs; one pass over each frame.

    `reference` and `current` each hold customers with `segment_id` and features, and their `segment_deciles`. Features of only one run are
    left out.
    """
    keys = sorted(reference[1].keys() & current[1].keys())
    features = sorted({feature for _, feature in keys})
    edges = {key: bin_edges(reference[1][key]) for key in keys}
    if not features:
        return []
    before, after = (bin_counts(frame, features, edges) for frame, _ in (reference, current))
    return [_feature_drift(key, (reference[1][key], current[1][key]), (before[key], after[key]), len(edges[key])) for key in keys]


def population_stability_index(reference: Mapping[int, int], current: Mapping[int, int], n_edges: int) -> tuple[float, float]:
    """PSI of counts by bin, and the 0.999 quantile that it has if nothing has changed.

    There is one bin more than edges, and another where values are missing.
    """
    bins = [*range(n_edges + 1), *([_MISSING_BIN] if _MISSING_BIN in reference or _MISSING_BIN in current else [])]
    n, m = sum(reference.values()), sum(current.values())
    if not n or not m or len(bins) < 2:
        return 0.0, 0.0
    shares = [
        [(counts.get(one, 0) + _SMOOTHING) / (total + _SMOOTHING * len(bins)) for one in bins]
        for counts, total in ((reference, n), (current, m))
    ]
    psi = sum((a - e) * log(a / e) for e, a in zip(*shares, strict=True))
    return psi, float((1 / n + 1 / m) * 2 * gammaincinv((len(bins) - 1) / 2, NULL_QUANTILE))


def _bin_of(value: Column, edges: Column, max_edges: int) -> Column:
    """The number of edges below the value, term by term: Spark does not compile functions that take a function."""
    below = (F.coalesce((F.get(edges, F.lit(index)) < value).cast("int"), F.lit(0)) for index in range(max_edges))
    return F.when(value.isNull(), F.lit(_MISSING_BIN)).otherwise(reduce(add, below, F.lit(0)))


def _feature_drift(
    key: Key, deciles: tuple[Deciles, Deciles], counts: tuple[Mapping[int, int], Mapping[int, int]], n_edges: int
) -> FeatureDrift:
    psi, psi_null_p999 = population_stability_index(*counts, n_edges)
    segment = None if key[0] == ALL_CUSTOMERS else key[0]
    return FeatureDrift(segment, key[1], psi, psi_null_p999, *deciles, (sum(counts[0].values()), sum(counts[1].values())))


def _edges_frame(customers: DataFrame, features: Sequence[str], edges: Mapping[Key, Sequence[float]]) -> DataFrame:
    """One row for each group with its edges by feature. They come as one constant: rows from Python would start Python workers."""
    groups = sorted({group for group, _ in edges})
    text = json.dumps([{_GROUP: group, _EDGES: [list(edges[group, name]) for name in features]} for group in groups])
    json_type = f"array<struct<{_GROUP}: int, {_EDGES}: array<array<double>>>>"
    return customers.sparkSession.range(1).select(F.inline(F.from_json(F.lit(text), json_type)))
