"""How far a customer's group gives away what they did not agree to be judged by, from counts alone."""

from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc

from segmentation.insight.contingency import Counts

CHANCE, LITTLE, SOME, STRONGLY = "no more than chance", "a little", "some", "strongly"
NOT_TOLD = "not told"
_SURE = 0.05
_MEDIUM, _LARGE = 0.3, 0.5
"""Cohen's w (Cohen 1988, chapter 7): 0.1 is a small effect, 0.3 a medium one, 0.5 a large one."""
_PLACES = 3
"""So many are published: counts of single customers cannot be worked back from them."""


class Giveaway(NamedTuple):
    """What a grouping tells of an attribute.

    Parameters
    ----------
    customers, levels
        Those looked at: levels of fewer customers than may be told of are taken together, or left out.
    cramers_v
        0 none to 1 all, corrected for what as many groups and levels show by chance.
    effect_w
        The same as Cohen's w, which grows with the number of levels: V sqrt(min(groups, levels) - 1).
    p_value
        How often chance alone would show as much (chi-squared test).
    accuracy, accuracy_without
        Share of customers whose level is guessed right: the most frequent of the group, and the most frequent of all.
    balanced_accuracy, balanced_accuracy_without
        The same with all levels weighing alike, however few customers they have: the level most over-represented in the group, and any.
    goodman_kruskal_lambda
        Share of wrong guesses that knowing the group spares (Goodman and Kruskal 1954).
    """

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
        """How much is given away, in words."""
        if self.p_value >= _SURE:
            return CHANCE
        return STRONGLY if self.effect_w >= _LARGE else SOME if self.effect_w >= _MEDIUM else LITTLE


def giveaway(counts: Counts, smallest_group: int) -> Giveaway | None:
    """What a grouping tells of an attribute; None where there are fewer than two groups, or two levels that may be told of.

    Parameters
    ----------
    counts
        Customers by group and level, shape (groups, levels).
    smallest_group
        Levels of fewer customers are taken together, and left out where even so they are fewer.
    """
    table = _without_small_levels(counts, smallest_group)
    if min(table.shape) < 2:
        return None
    n, by_level = int(table.sum()), table.sum(axis=0)
    groups, levels = table.shape
    v = cramers_v(table)
    known, unknown = int(table.max(axis=1).sum()), int(by_level.max())
    balanced = float((table / by_level).max(axis=1).sum() / levels)
    chi_squared, freedom = _chi_squared(table), (groups - 1) * (levels - 1)
    numbers = (v, v * sqrt(min(groups, levels) - 1), float(chdtrc(freedom, chi_squared)), known / n, unknown / n, balanced, 1 / levels)
    return Giveaway(n, levels, *(round(number, _PLACES) for number in (*numbers, (known - unknown) / (n - unknown))))


def cramers_v(counts: Counts) -> float:
    """Cramér's V (Cramér 1946), corrected for bias (Bergsma 2013): about 0 by chance, however many groups and levels there are.

    Parameters
    ----------
    counts
        Shape (groups, levels), at least two of each, none of them empty.
    """
    n, (groups, levels) = int(counts.sum()), counts.shape
    left = max(0.0, _chi_squared(counts) / n - (groups - 1) * (levels - 1) / (n - 1))
    fewest = min(size - (size - 1) ** 2 / (n - 1) for size in (groups, levels))
    return min(1.0, sqrt(left / (fewest - 1))) if fewest > 1 else 0.0


def _chi_squared(counts: Counts) -> float:
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return float(((counts - expected) ** 2 / expected).sum())


def _without_small_levels(counts: Counts, smallest_group: int) -> Counts:
    """Levels of enough customers, and the others as one where they are enough together; groups left without anyone have no place."""
    is_small = counts.sum(axis=0) < smallest_group
    rest = counts[:, is_small].sum(axis=1, keepdims=True)
    table = np.hstack([counts[:, ~is_small], rest]) if rest.sum() >= smallest_group else counts[:, ~is_small]
    held: Counts = table[table.sum(axis=1) > 0]
    return held
