"""Lift of a share over the share of all customers or orders, with an exact lower confidence bound."""

from typing import NamedTuple

from scipy.special import betaincinv

FAMILY_WISE_ERROR = 0.05
"""Probability that data without any effect gives at least one false finding."""


class Lift(NamedTuple):
    """A share / the share of all: 1 is as often as in all; `ci_low` is its lower confidence bound."""

    lift: float
    ci_low: float


def bonferroni_alpha(n_comparisons: int) -> float:
    """Error level of each of so many comparisons, so that all of them together stay below FAMILY_WISE_ERROR."""
    return FAMILY_WISE_ERROR / max(1, n_comparisons)


def lift_of(hits: int, size: int, all_hits: int, all_size: int, alpha: float) -> Lift | None:
    """Share of hits in a group / share of hits in all, the group included; None where the group is empty or nobody has a hit.

    The lift is also the group's share of all hits / its share of all. Its bound is the exact bound of the first of these shares (Clopper
    and Pearson 1934), which also holds where hits are few or all of them are the group's: three hits of three are weaker evidence than
    thirty of forty.

    `alpha` is the probability that the bound lies above the true lift.
    """
    if not size or not all_hits:
        return None
    size_share = size / all_size
    low = float(betaincinv(hits, all_hits - hits + 1, alpha)) if hits else 0.0
    return Lift(hits / all_hits / size_share, low / size_share)
