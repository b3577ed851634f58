"""How well a customer's group predicts a sensitive attribute, from counts alone."""

from collections.abc import Mapping, Sequence
from functools import reduce
from math import sqrt
from operator import add
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from scipy.special import chdtrc

from segmentation.schemas import named

Counts = NDArray[np.int64]

ATTRIBUTE, LEVEL, GROUPING, GROUP = "attribute", "level", "grouping", "group"
_QUINTILES = [0.2, 0.4, 0.6, 0.8]
_ACCURACY = 10_000
"""Quantiles are exact up to this many customers, and right to a ten-thousandth of rank beyond."""
CHANCE, LITTLE, SOME, STRONGLY = "no more than chance", "a little", "some", "strongly"
NOT_MEASURED = "not measured"
_SIGNIFICANCE = 0.05
_MEDIUM, _LARGE = 0.3, 0.5
"""Cohen's w (Cohen 1988, chapter 7): 0.1 is a small effect, 0.3 a medium one, 0.5 a large one."""
_DECIMALS = 3
"""Counts of single customers cannot be derived from measures of so few decimals."""


def quintiles(customers: DataFrame, columns: Sequence[str]) -> dict[str, Column]:
    """The quintile of each value by column, from 0, so that numbers can be counted like levels; null where the value is missing.

    Equal values are in one quintile, so that there may be fewer than five.
    """
    if not columns:
        return {}
    queries = [
        F.percentile_approx(named(name).cast("double"), _QUINTILES, _ACCURACY).alias(str(number)) for number, name in enumerate(columns)
    ]
    cut_points = customers.agg(*queries).collect()[0]
    return {name: _quintile(named(name).cast("double"), cuts or ()) for name, cuts in zip(columns, cut_points, strict=True)}


def contingency_counts(customers: DataFrame, attributes: Mapping[str, Column], groupings: Mapping[str, Column]) -> list[Row]:
    """Customers by attribute, level, grouping and group, without missing levels and groups; one Spark job.

    Levels of attributes and groups of groupings are INTs, null where missing.
    """
    levels = F.explode(_pairs(attributes, ATTRIBUTE, LEVEL)).alias("attribute_level")
    # Spark refuses two explodes in one select.
    exploded = customers.select(levels, _pairs(groupings, GROUPING, GROUP).alias("groups"))
    pairs = exploded.select("attribute_level.*", F.explode("groups").alias("grouping_group")).select(ATTRIBUTE, LEVEL, "grouping_group.*")
    known = pairs.where(F.col(LEVEL).isNotNull() & F.col(GROUP).isNotNull())
    return known.groupBy(ATTRIBUTE, LEVEL, GROUPING, GROUP).agg(F.count(F.lit(1)).alias("customers")).collect()


def contingency_table(counts: Sequence[Row], attribute: str, grouping: str) -> Counts:
    """Customers by group and level, shape (groups, levels), without empty groups and levels."""
    cells = {(row[GROUP], row[LEVEL]): row["customers"] for row in counts if (row[ATTRIBUTE], row[GROUPING]) == (attribute, grouping)}
    groups, levels = (sorted({cell[axis] for cell in cells}) for axis in (0, 1))
    table = [[cells.get((group, level), 0) for level in levels] for group in groups]
    return np.array(table, dtype=np.int64).reshape(len(groups), len(levels))


def _quintile(value: Column, cut_points: Sequence[float]) -> Column:
    return reduce(add, ((value > cut).cast("int") for cut in cut_points), F.when(value.isNotNull(), 0))


def _pairs(columns: Mapping[str, Column], name: str, value: str) -> Column:
    return F.array(*(F.struct(F.lit(key).alias(name), column.cast("int").alias(value)) for key, column in columns.items()))


class ProxyLeakage(NamedTuple):
    """What a grouping reveals about an attribute; the columns of `sensitive_attributes` document the measures."""

    customers: int
    levels: int
    cramers_v: float
    effect_w: float
    p_value: float
    accuracy: float
    accuracy_without: float
    balanced_accuracy: float
    balanced_accuracy_without: float
    goodman_kruskal_lambda: float

    @property
    def verdict(self) -> str:
        """The size of the effect in words."""
        if self.p_value >= _SIGNIFICANCE:
            return CHANCE
        return STRONGLY if self.effect_w >= _LARGE else SOME if self.effect_w >= _MEDIUM else LITTLE


def proxy_leakage(counts: Counts, min_group_size: int) -> ProxyLeakage | None:
    """What a grouping reveals about an attribute; None with fewer than two groups, or two levels that are large enough.

    `counts` has shape (groups, levels). Levels of fewer than `min_group_size` customers are merged, and left out where they are too
    small even together.
    """
    table = _without_small_levels(counts, min_group_size)
    if min(table.shape) < 2:
        return None
    n, level_sizes = int(table.sum()), table.sum(axis=0)
    groups, levels = table.shape
    v = cramers_v(table)
    # Right guesses: the most frequent level of each group, and the most frequent of all.
    with_group, without_group = int(table.max(axis=1).sum()), int(level_sizes.max())
    degrees_of_freedom = (groups - 1) * (levels - 1)
    measures = (
        v,
        v * sqrt(min(groups, levels) - 1),
        float(chdtrc(degrees_of_freedom, _chi_squared(table))),
        with_group / n,
        without_group / n,
        float((table / level_sizes).max(axis=1).sum() / levels),
        1 / levels,
        (with_group - without_group) / (n - without_group),
    )
    return ProxyLeakage(n, levels, *(round(measure, _DECIMALS) for measure in measures))


def cramers_v(counts: Counts) -> float:
    """Cramér's V (Cramér 1946), corrected for bias (Bergsma 2013): about 0 by chance, however many groups and levels there are.

    `counts` has shape (groups, levels), at least two of each, none of them empty.
    """
    n, (groups, levels) = int(counts.sum()), counts.shape
    phi_squared = max(0.0, _chi_squared(counts) / n - (groups - 1) * (levels - 1) / (n - 1))
    corrected_size = min(size - (size - 1) ** 2 / (n - 1) for size in (groups, levels))
    return min(1.0, sqrt(phi_squared / (corrected_size - 1))) if corrected_size > 1 else 0.0


def _chi_squared(counts: Counts) -> float:
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return float(((counts - expected) ** 2 / expected).sum())


def _without_small_levels(counts: Counts, min_group_size: int) -> Counts:
    """Levels of enough customers, the others merged into one if that is large enough; without groups that this leaves empty."""
    is_small = counts.sum(axis=0) < min_group_size
    merged = counts[:, is_small].sum(axis=1, keepdims=True)
    table = np.hstack([counts[:, ~is_small], merged]) if merged.sum() >= min_group_size else counts[:, ~is_small]
    non_empty: Counts = table[table.sum(axis=1) > 0]
    return non_empty
