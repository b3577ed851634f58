"""Ids and names that segments keep from one model to the next, and the customers who move between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from pyspark.ml.stat import Summarizer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.clustering.lineage import Fate, SegmentLink, SegmentOverlap, inherited_ids, match_segments
from segmentation.clustering.metrics import Array
from segmentation.clustering.segments import Segments
from segmentation.context import RunContext
from segmentation.features.preparation import PreparedFeature, preparation_pipeline
from segmentation.fitted.references import Predecessor
from segmentation.publish.seal import max_segment_id
from segmentation.schemas import CLUSTER, CUSTOMER_ID, MONETARY_NET, PREVIOUS_SEGMENT_ID, SEGMENT_ID, VECTOR


@dataclass(frozen=True)
class LineageEvent:
    """A link between an old segment and a new one, by their ids; None on a side without a segment."""

    fate: Fate
    old: int | None
    new: int | None
    customers: int
    old_share: float | None
    new_share: float | None


@dataclass(frozen=True)
class SegmentIdentity:
    """Ids and names that the segments of a run continue."""

    last_id: int  # the highest that any segment has ever had
    names: Mapping[int, str] = field(default_factory=dict)  # of the segments that are continued, by id
    # What became of the earlier segments, and where the new ones come from; empty unless the run fitted a model after another.
    lineage: tuple[LineageEvent, ...] = ()


def previous_means(context: RunContext, before: Predecessor | None, prepared: Sequence[PreparedFeature]) -> Array | None:
    """Mean of each old segment's customers, by their old features in the space of the new model.

    Shape (segments, d), in the order of ids, NaN where it is unknown; None without a predecessor.
    """
    if before is None:
        return None
    features = storage.read_table(context.spark, before.run.path("customer_features"))
    members = storage.read_table(context.spark, before.run.path("customer_segments")).select(CUSTOMER_ID, SEGMENT_ID)
    # A category or level that the old run did not distinguish counts as 0 for everybody.
    lacking = {f.feature.name: F.lit(0.0) for f in prepared if f.feature.name not in features.columns}
    described = (features.withColumns(lacking) if lacking else features).join(members, CUSTOMER_ID)
    vectors = preparation_pipeline(prepared).transform(described)
    rows = vectors.groupBy(SEGMENT_ID).agg(Summarizer.mean(F.col(VECTOR)).alias("mean")).collect()
    means, old_ids = np.full((len(before.names), len(prepared)), np.nan), sorted(before.names)
    for row in rows:
        means[old_ids.index(row[SEGMENT_ID])] = row["mean"].toArray()
    return means


def match_to_predecessor(
    context: RunContext, before: Predecessor | None, clustered: DataFrame, segments: Segments, old_means: Array | None
) -> tuple[Segments, SegmentIdentity]:
    """Segments of a new model with the ids of those they continue.

    `clustered` has `cluster`, `vector` and `previous_segment_id`; `old_means` are those of `previous_means`.
    """
    last = max_segment_id(context.run.root)
    if before is None or old_means is None:
        # Runs that were never published may have used ids, too.
        fresh = segments.renumbered([last + segment for segment in segments.ids])
        return fresh, SegmentIdentity(fresh.ids[-1])
    old_ids = sorted(before.names)
    links = match_segments(_shared(before, clustered, segments, old_means))
    ids = inherited_ids(links, old_ids, last)
    descent = tuple(_descent(link, old_ids, ids) for link in links)
    continued = {one.new: before.names[one.old] for one in descent if one.fate is Fate.CONTINUED and one.new and one.old}
    return segments.renumbered(ids), SegmentIdentity(max(last, *ids), continued, descent)


def _descent(link: SegmentLink, old_ids: Sequence[int], ids: Sequence[int]) -> LineageEvent:
    old, new = (None if place is None else numbers[place] for place, numbers in ((link.old, old_ids), (link.new, ids)))
    return LineageEvent(link.fate, old, new, link.customers, link.old_share, link.new_share)


def _shared(before: Predecessor, clustered: DataFrame, segments: Segments, old_means: Array) -> SegmentOverlap:
    old_ids = sorted(before.names)
    counts = np.zeros((len(segments.ids), len(old_ids)), dtype=np.int64)
    for row in clustered.where(F.col(PREVIOUS_SEGMENT_ID).isNotNull()).groupBy(CLUSTER, PREVIOUS_SEGMENT_ID).count().collect():
        counts[segments.clusters.index(row[CLUSTER]), old_ids.index(row[PREVIOUS_SEGMENT_ID])] = row["count"]
    sizes = {segment[SEGMENT_ID]: segment["customers"] for segment in before.manifest["segments"]}
    old_sizes = np.array([sizes[segment] for segment in old_ids], dtype=np.int64)
    return SegmentOverlap(counts, np.array(segments.sizes, dtype=np.int64), old_sizes, segments.means, old_means)


class Flow(NamedTuple):
    """Customers who were in one segment and are in another, and their net spend; None for new customers, and for those who left."""

    old: int | None
    new: int | None
    customers: int
    revenue_net: Any = None


def customer_flows(customers: DataFrame, before: DataFrame) -> list[Flow]:
    """Flows between all pairs of segments, ordered by their ids with None last.

    Both frames have `customer_id`, `previous_segment_id` (null for new customers) and `monetary_net`, if known; `customers` also has
    `segment_id`. `before` gives the spend of those who left.
    """
    arrived = _counted(customers, PREVIOUS_SEGMENT_ID, SEGMENT_ID)
    left = _counted(before.join(customers.select(CUSTOMER_ID), CUSTOMER_ID, "left_anti"), PREVIOUS_SEGMENT_ID)
    return sorted([*arrived, *left], key=lambda flow: (_none_last(flow.old), _none_last(flow.new)))


def movement_counts(flows: Sequence[Flow]) -> dict[str, int]:
    """How many customers are new, have left, stayed in their segment, or moved to another."""
    return {
        "new": sum(flow.customers for flow in flows if flow.old is None),
        "left": sum(flow.customers for flow in flows if flow.new is None),
        "stayed": sum(flow.customers for flow in flows if flow.old is not None and flow.old == flow.new),
        "moved": sum(flow.customers for flow in flows if None not in (flow.old, flow.new) and flow.old != flow.new),
    }


def _counted(customers: DataFrame, *by: str) -> list[Flow]:
    revenue = F.sum(MONETARY_NET) if MONETARY_NET in customers.columns else F.lit(None)
    rows = customers.groupBy(*by).agg(F.count(F.lit(1)).alias("customers"), revenue.alias("revenue_net")).collect()
    return [Flow(row[by[0]], row[SEGMENT_ID] if SEGMENT_ID in by else None, row["customers"], row["revenue_net"]) for row in rows]


def _none_last(segment: int | None) -> tuple[bool, int]:
    return segment is None, segment or 0
