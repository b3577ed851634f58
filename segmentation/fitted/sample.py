"""A sample of customers for charts, without ids."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.clustering.metrics import Array, Labels, nearest_center, silhouettes
from segmentation.clustering.projection import principal_components
from segmentation.clustering.segments import Segments
from segmentation.features.preparation import PreparedFeature, inverse_transform
from segmentation.privacy.microaggregation import microaggregated
from segmentation.schemas import MONETARY_NET, RECENCY_DAYS, SEGMENT_ID

SAMPLE_POINTS = 2_000


@dataclass(frozen=True)
class CustomerSample:
    """At most 2,000 of the customers that k was chosen on; where single customers may not be shown, groups of those that lie close."""

    # First two principal components `x` and `y`, `silhouette` and `segment_id`; means for groups.
    scatter: pd.DataFrame
    # Share of the variance that these components explain, 0 to 1.
    explained_variance: float
    # Two features in their own units, `first` and `second`, and `segment_id`; empty with fewer than two features.
    pair: pd.DataFrame
    # Their names.
    pair_features: tuple[str, ...]
    # Minimum number of customers per row.
    customers_per_point: int = 1


def sample_customers(
    points: Array, segments: Segments, prepared: Sequence[PreparedFeature], min_group_size: int, features: tuple[str, str] | None
) -> CustomerSample:
    """Sample the customers that k was chosen on.

    `points` are their vectors, shape (n, d). No row of the sample stands for fewer than `min_group_size` customers.

    `features` are the two to show in their own units. None means recency and net spend where customers are compared by both, else the
    two that separate segments most.
    """
    every = -(-len(points) // SAMPLE_POINTS)
    if min_group_size > 1:
        # All customers are in a group: with more customers, each point represents more of them.
        min_group_size, every = max(min_group_size, every), 1
    shown = points[::every]
    coordinates, explained = principal_components(points)
    labels = nearest_center(shown, segments.centers)
    ids = np.asarray(segments.ids)[labels]
    scatter = pd.DataFrame(
        {
            "x": coordinates[::every, 0],
            "y": coordinates[::every, 1],
            "silhouette": silhouettes(shown, labels, segments.means, segments.variances, segments.sizes),
            SEGMENT_ID: ids,
        }
    )
    names = features or most_separating_pair(prepared, shown, labels)
    pair = _pair(prepared, shown, ids, names)
    scatter = microaggregated(scatter, ("x", "y"), SEGMENT_ID, min_group_size)
    pair = microaggregated(pair, ("first", "second"), SEGMENT_ID, min_group_size)
    return CustomerSample(scatter, explained, pair, names, min_group_size)


def most_separating_pair(prepared: Sequence[PreparedFeature], points: Array, labels: Labels) -> tuple[str, ...]:
    """The two features to show by default; none where customers differ in fewer than two."""
    varying = {feature.feature.name: place for place, feature in enumerate(prepared) if not feature.is_constant}
    if len(varying) < 2:
        return ()
    if {RECENCY_DAYS, MONETARY_NET} <= varying.keys():
        return RECENCY_DAYS, MONETARY_NET
    separation = {name: explained_between(points[:, place], labels) for name, place in varying.items()}
    return tuple(sorted(separation, key=lambda name: -separation[name])[:2])


def explained_between(values: Array, labels: Labels) -> float:
    """Share of a feature's variance that lies between segments, 0 to 1."""
    sizes = np.bincount(labels)
    means = np.bincount(labels, weights=values) / np.maximum(sizes, 1)
    total = values.var()
    return float((sizes * (means - values.mean()) ** 2).sum() / len(values) / total) if total > 0 else 0.0


def _pair(prepared: Sequence[PreparedFeature], points: Array, ids: Labels, names: Sequence[str]) -> pd.DataFrame:
    medians, values = {feature.feature.name: feature.median for feature in prepared}, inverse_transform(points, prepared)
    # All customers have the same value of a constant feature.
    shown = {column: values.get(name, medians[name]) for column, name in zip(("first", "second"), names, strict=False)}
    return pd.DataFrame({**shown, SEGMENT_ID: ids}) if shown else pd.DataFrame(columns=["first", "second", SEGMENT_ID])
