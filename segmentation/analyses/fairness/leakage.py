"""How well a customer's group predicts a sensitive attribute, from counts alone."""

from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc

from segmentation.analyses.fairness.contingency import Counts

CHANCE, LITTLE, SOME, STRONGLY = "no more than chance", "a little", "some", "strongly"
NOT_MEASURED = "not measured"
_SIGNIFICANCE = 0.05
_MEDIUM, _LARGE = 0.3, 0.5
"""Cohen's w (Cohen 1988, chapter 7): 0.1 is a small effect, 0.3 a medium one, 0.5 a large one."""
_DECIMALS = 3
"""Counts of single customers cannot be derived from measures of so few decimals."""


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
