"""Some customers as the page shows them: where they lie, and how well they sit in their segments; without ids."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.clustering.measures import Array, Labels, nearest, silhouettes
from segmentation.clustering.projection import principal_components
from segmentation.features.inversion import original_features
from segmentation.features.preparation import PreparedFeature
from segmentation.privacy.marks import marks_of
from segmentation.schemas import MONETARY_NET, RECENCY_DAYS, SEGMENT_ID
from segmentation.workflows.grouping import Grouped

SAMPLE_POINTS = 2_000


@dataclass(frozen=True)
class Sample:
    """At most 2,000 customers of those the sweep looked at, or groups of them where one customer is too few to be told of.

    Parameters
    ----------
    scatter
        Their first two principal components `x` and `y`, `silhouette` and `segment_id`; of groups the means.
    explained
        Share of the variance that these components keep, 0 to 1.
    pair
        Two features in their own units, `first` and `second`, and `segment_id`; empty where there are no two.
    pair_features
        Their names.
    customers_of_a_mark
        How many customers stand behind each row, at least.
    """

    scatter: pd.DataFrame
    explained: float
    pair: pd.DataFrame
    pair_features: tuple[str, ...]
    customers_of_a_mark: int = 1


def sample_of(groups: Grouped, asked: tuple[str, str] | None) -> Sample:
    """The sample of a run.

    Parameters
    ----------
    groups
        Customers in segments, and how many a mark must stand for at least.
    asked
        The two features to show in their own units; None for recency and net spend where customers are compared by both,
        else for the two that tell the segments most apart.
    """
    least, every = groups.smallest_group, -(-len(groups.points) // SAMPLE_POINTS)
    if least > 1:
        # Groups take all customers along: the more there are, the more each mark stands for.
        least, every = max(least, every), 1
    points, segments = groups.points[::every], groups.segments
    coordinates, explained = principal_components(groups.points)
    labels = nearest(points, segments.centres)
    ids = np.asarray(segments.ids)[labels]
    scatter = pd.DataFrame(
        {
            "x": coordinates[::every, 0],
            "y": coordinates[::every, 1],
            "silhouette": silhouettes(points, labels, segments.means, segments.variances, segments.sizes),
            SEGMENT_ID: ids,
        }
    )
    names = asked or pair_of(groups.prepared, points, labels)
    pair = _pair(groups.prepared, points, ids, names)
    scatter, pair = marks_of(scatter, ("x", "y"), SEGMENT_ID, least), marks_of(pair, ("first", "second"), SEGMENT_ID, least)
    return Sample(scatter, explained, pair, names, least)


def pair_of(prepared: Sequence[PreparedFeature], points: Array, labels: Labels) -> tuple[str, ...]:
    """The two features to show where none are asked for; none where customers differ in fewer than two.

    Parameters
    ----------
    prepared
        The d features of the points.
    points
        Shape (n, d).
    labels
        Segment of each point, from 0.
    """
    alive = {feature.feature.name: place for place, feature in enumerate(prepared) if not feature.is_constant}
    if len(alive) < 2:
        return ()
    if {RECENCY_DAYS, MONETARY_NET} <= alive.keys():
        return RECENCY_DAYS, MONETARY_NET
    apart = {name: told_apart(points[:, place], labels) for name, place in alive.items()}
    return tuple(sorted(apart, key=lambda name: -apart[name])[:2])


def told_apart(values: Array, labels: Labels) -> float:
    """Share of a feature's variance that lies between segments, 0 to 1."""
    sizes = np.bincount(labels)
    means = np.bincount(labels, weights=values) / np.maximum(sizes, 1)
    total = values.var()
    return float((sizes * (means - values.mean()) ** 2).sum() / len(values) / total) if total > 0 else 0.0


def _pair(prepared: Sequence[PreparedFeature], points: Array, ids: Labels, names: Sequence[str]) -> pd.DataFrame:
    medians, values = {feature.feature.name: feature.median for feature in prepared}, original_features(points, prepared)
    # In a constant feature all have the one value.
    shown = {column: values.get(name, medians[name]) for column, name in zip(("first", "second"), names, strict=False)}
    return pd.DataFrame({**shown, SEGMENT_ID: ids}) if shown else pd.DataFrame(columns=["first", "second", SEGMENT_ID])
