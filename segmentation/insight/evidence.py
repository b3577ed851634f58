"""How many times as often as elsewhere, and how sure that is."""

from typing import NamedTuple

from scipy.special import betaincinv

FALSE_ALARMS = 0.05
"""Of so many retailers whose customers buy at random, anything at all is told, at most."""


class Lift(NamedTuple):
    """A share beside the share of all: 1 is as often as in all; `low` is its lower bound."""

    lift: float
    low: float


def error_of_one(comparisons: int) -> float:
    """Chance of a false alarm that each of so many lifts may have, so that all of them share it out (Bonferroni)."""
    return FALSE_ALARMS / max(1, comparisons)


def lift_of(hits: int, of: int, all_hits: int, of_all: int, error: float) -> Lift | None:
    """Share of hits in a group beside the share in all, the group among them.

    The lift is also the group's share of all hits beside its share of all; the bound is the exact one of that first share (Clopper and
    Pearson 1934). It weighs evidence, also where hits are few or all are the group's: three hits in three say less than thirty in forty.

    Parameters
    ----------
    hits, of
        In the group.
    all_hits, of_all
        In all.
    error
        Chance that the bound lies above the truth.

    Returns
    -------
    Lift or None
        None where the group is empty or nobody has a hit.
    """
    if not of or not all_hits:
        return None
    size = of / of_all
    low = float(betaincinv(hits, all_hits - hits + 1, error)) if hits else 0.0
    return Lift(hits / all_hits / size, low / size)
