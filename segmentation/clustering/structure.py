"""Whether customers form clusters at all, or a clustering only cuts one continuous cloud.

Three tests that a mere cut fails: the silhouette is higher than that of customers whose features were shuffled independently, every
cluster is recovered from bootstrap samples, and there are fewer customers between neighboring clusters than at their centers.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.spatial.distance import cdist

from segmentation.clustering.metrics import Array, metrics_of_centers, nearest_center
from segmentation.clustering.parallel import parallel_map
from segmentation.clustering.stability import VALID_STABILITY, KMeansFactory

_SIGNIFICANT_DEVIATIONS = 3
_MAX_CLEAR_BORDER = 0.5
_SLICE = 0.1
"""Half the width of a slice between two centers, as a fraction of their distance."""


class StructureGrade(StrEnum):
    """How much structure there is."""

    CLEAR = "clear clusters"
    TIERS = "a continuum cut into useful tiers"
    NONE = "no structure"


@dataclass(frozen=True)
class Structure:
    """Evidence for structure behind one clustering."""

    silhouette: float
    shuffled: float  # mean silhouette of as many clusters among customers whose features were shuffled
    shuffled_deviation: float  # its standard deviation
    stability: float  # of the least stable cluster
    border: float  # see border_density

    @property
    def grade(self) -> StructureGrade:
        """Clear if all three tests are passed, no structure if the first is not."""
        if self.silhouette <= self.shuffled + _SIGNIFICANT_DEVIATIONS * self.shuffled_deviation:
            return StructureGrade.NONE
        is_clear = self.stability >= VALID_STABILITY and self.border <= _MAX_CLEAR_BORDER
        return StructureGrade.CLEAR if is_clear else StructureGrade.TIERS


def assess_structure(points: Array, centers: Array, stability: float, shuffles: range, make_kmeans: KMeansFactory) -> Structure:
    """Test whether there is structure behind one clustering.

    `stability` is that of the least stable cluster; `shuffles` are the seeds of the shuffles.
    """
    k = len(centers)

    def null_silhouette(seed: int) -> float:
        null_points = shuffled(points, seed)
        return metrics_of_centers(null_points, make_kmeans(k, seed).fit(null_points).cluster_centers_).silhouette

    null_silhouettes = list(parallel_map(null_silhouette, shuffles))
    return Structure(
        silhouette=metrics_of_centers(points, centers).silhouette,
        shuffled=float(np.mean(null_silhouettes)),
        shuffled_deviation=float(np.std(null_silhouettes, ddof=1)),
        stability=stability,
        border=border_density(points, centers),
    )


def shuffled(points: Array, seed: int) -> Array:
    """Each feature shuffled independently: every column has the same values, and no two are related."""
    rng = np.random.default_rng(seed % 2**63)
    return np.column_stack([rng.permutation(column) for column in points.T])


def border_density(points: Array, centers: Array) -> float:
    """Customers halfway between a cluster and its nearest neighbor, per customer at their centers; of the pair with the highest ratio.

    Counted in slices of equal width across the line that joins two centers: about 1 in a uniform cloud, above 1 if a
    single cluster was cut in two, near 0 if there is a gap between them.
    """
    labels = nearest_center(points, centers)
    distances = cdist(centers, centers)
    np.fill_diagonal(distances, np.inf)
    pairs = {tuple(sorted((own, int(other)))) for own, other in enumerate(distances.argmin(axis=1))}
    return max(_pair_density(points[np.isin(labels, pair)], centers[pair[0]], centers[pair[1]]) for pair in pairs)


def _pair_density(points: Array, one: Array, other: Array) -> float:
    direction = other - one
    positions = (points - one) @ direction / (direction @ direction)
    middle, *ends = (int((np.abs(positions - center) < _SLICE).sum()) for center in (0.5, 0.0, 1.0))
    return middle / max(min(ends), 1)
