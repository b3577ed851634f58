"""Whether customers fall into clusters at all, or are cut out of one cloud.

Three questions, each of which a mere cut answers with no: is the clustering better than that of customers whose features
were shuffled apart, does every cluster come back when customers are drawn anew, and are there fewer customers between
neighbouring clusters than at their centres?
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.spatial.distance import cdist

from segmentation.clustering.measures import Array, measures_around, nearest
from segmentation.clustering.stability import VALID, Model
from segmentation.clustering.threads import in_threads

_BEYOND_CHANCE = 3
"""Standard deviations."""

_EMPTY_BORDER = 0.5
_SLICE = 0.1
"""Half the width of a slice between two centres, in parts of their distance."""


class Grade(StrEnum):
    """How much structure there is."""

    CLEAR = "clear clusters"
    TIERS = "a continuum cut into useful tiers"
    NONE = "no structure"


@dataclass(frozen=True)
class Structure:
    """What a clustering says about the customers it was found in.

    Parameters
    ----------
    silhouette
        Of the clustering.
    shuffled, shuffled_deviation
        Mean silhouette of as many clusters among customers whose features were shuffled apart, and its standard deviation.
    stability
        Of its least stable cluster.
    border
        Customers between a cluster and its nearest neighbour, for each at their centres; of the pair with the most.
    """

    silhouette: float
    shuffled: float
    shuffled_deviation: float
    stability: float
    border: float

    @property
    def grade(self) -> Grade:
        """All three questions must be answered with yes for clusters to be called clear; no structure where the first is not."""
        if self.silhouette <= self.shuffled + _BEYOND_CHANCE * self.shuffled_deviation:
            return Grade.NONE
        return Grade.CLEAR if self.stability >= VALID and self.border <= _EMPTY_BORDER else Grade.TIERS


def structure_of(points: Array, centres: Array, stability: float, shuffles: range, model: Model) -> Structure:
    """Look for structure behind one clustering.

    Parameters
    ----------
    points
        Shape (n, d).
    centres
        Shape (k, d).
    stability
        Of the least stable cluster.
    shuffles
        Seeds of the shufflings.
    model
        Clusters shuffled customers.
    """
    k = len(centres)

    def by_chance(seed: int) -> float:
        mixed = shuffled(points, seed)
        return measures_around(mixed, model(k, seed).fit(mixed).cluster_centers_).silhouette

    found = list(in_threads(by_chance, shuffles))
    return Structure(
        silhouette=measures_around(points, centres).silhouette,
        shuffled=float(np.mean(found)),
        shuffled_deviation=float(np.std(found, ddof=1)),
        stability=stability,
        border=border_of(points, centres),
    )


def shuffled(points: Array, seed: int) -> Array:
    """Each feature shuffled by itself: every column keeps its values, and nothing hangs together."""
    rng = np.random.default_rng(seed % 2**63)
    return np.column_stack([rng.permutation(column) for column in points.T])


def border_of(points: Array, centres: Array) -> float:
    """Customers half-way between a cluster and its nearest neighbour, for each one at their centres; of the pair with the most.

    Counted in slices of equal width across the line that joins two centres: about 1 in a uniform cloud, above 1 where a
    single heap was cut in two, near 0 where a gap lies between.

    Parameters
    ----------
    points
        Shape (n, d).
    centres
        Shape (k, d).
    """
    labels = nearest(points, centres)
    apart = cdist(centres, centres)
    np.fill_diagonal(apart, np.inf)
    pairs = {tuple(sorted((own, int(other)))) for own, other in enumerate(apart.argmin(axis=1))}
    return max(_between(points[np.isin(labels, pair)], centres[pair[0]], centres[pair[1]]) for pair in pairs)


def _between(points: Array, one: Array, other: Array) -> float:
    way = other - one
    at = (points - one) @ way / (way @ way)
    middle, *ends = (int((np.abs(at - place) < _SLICE).sum()) for place in (0.5, 0.0, 1.0))
    return middle / max(min(ends), 1)
