"""What segments are like in the customers the sweep brought home: plain conditions, and examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from segmentation.clustering.identity import Segments
from segmentation.clustering.measures import Array
from segmentation.features.inversion import original_features
from segmentation.features.preparation import PreparedFeature
from segmentation.insight.examples import segment_examples
from segmentation.insight.surrogate import Surrogate, surrogate_of


@dataclass(frozen=True)
class Likeness:
    """What stands in for the model, and the customers who stand for their segment."""

    surrogate: Surrogate
    examples: list[dict[str, Any]]


def likeness_of(points: Array, segments: Segments, prepared: Sequence[PreparedFeature], smallest_group: int) -> Likeness:
    """Conditions and examples of every segment.

    Parameters
    ----------
    points
        Vectors of customers, shape (n, d).
    segments
        With their ids and centres.
    prepared
        What the vectors were made of.
    smallest_group
        How many customers an example stands for, at least.
    """
    distances = cdist(points, segments.centres)
    customers, nearest = original_features(points, prepared), np.asarray(segments.ids, dtype=np.int64)[distances.argmin(axis=1)]
    stand_ins = {feature.feature.name: feature.median for feature in prepared if feature.missing}
    units = {feature.feature.name: feature.feature.unit for feature in prepared}
    examples = segment_examples(customers, nearest, distances.min(axis=1), units, smallest_group)
    return Likeness(surrogate_of(customers, nearest, stand_ins, units), examples)
