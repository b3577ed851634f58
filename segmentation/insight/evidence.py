"""How many times as often as elsewhere, and how sure that is."""

from math import exp, sqrt
from statistics import NormalDist
from typing import NamedTuple

FALSE_ALARMS = 0.05
"""Of so many retailers whose customers buy at random, anything at all is told, at most."""


class Lift(NamedTuple):
    """A share beside the share of all: 1 is as often as in all; `low` is its lower bound."""

    lift: float
    low: float


def deviations(comparisons: int) -> float:
    """Standard deviations to ask for where so many lifts are looked at: they share out the chance of a false alarm (Bonferroni)."""
    return NormalDist().inv_cdf(1 - FALSE_ALARMS / max(1, comparisons))


def lift_of(hits: int, of: int, other_hits: int, of_others: int, z: float) -> Lift | None:
    """Share of hits in a group beside their share in the group and all others together.

    The bound is that of the ratio of two independent shares, the group's and the others', on the log scale (Katz and others 1978)
    with a half added to each count (Walter 1975), so that it exists where the others have no hit; the lift follows from that ratio.
    It weighs evidence: three hits in three say less than thirty in forty.

    Parameters
    ----------
    hits, of
        In the group.
    other_hits, of_others
        In all others.
    z
        Standard deviations from the lift to its bound.

    Returns
    -------
    Lift or None
        None where the group is empty or nobody has a hit.
    """
    if not of or not hits + other_hits:
        return None
    if not of_others:
        return Lift(1.0, 1.0)
    lift = hits / of * (of + of_others) / (hits + other_hits)
    a, m, b, n = (count + 0.5 for count in (hits, of, other_hits, of_others))
    error = sqrt(max(0.0, 1 / a - 1 / m + 1 / b - 1 / n))
    ratio = a / m * n / b * exp(-z * error)
    share = of / (of + of_others)
    return Lift(lift, min(lift, 1 / (share + (1 - share) / ratio)))
