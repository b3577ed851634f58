"""How far segments give away attributes declared sensitive, whether customers are compared by these or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Row
from pyspark.sql import functions as F

from segmentation.context import RunContext
from segmentation.insight.contingency import fifths, meetings, table_of
from segmentation.insight.proxies import NOT_TOLD, Giveaway, giveaway
from segmentation.publish.promise import Promise
from segmentation.schemas import CUSTOMER_ID, SEGMENT_ID, SENSITIVE_ATTRIBUTES, named
from segmentation.workflows.attributes import Attributes
from segmentation.workflows.grouping import Grouped

TABLE = "sensitive_attributes"
_SEGMENTS = "segments"
_BESIDE = "sensitive "
"""In front of an attribute's name while it stands beside the features, among which it may be."""


@dataclass(frozen=True)
class Proxies:
    """Rows of sensitive_attributes; none where no attribute is declared so."""

    rows: tuple[dict[str, Any], ...] = ()

    def promises(self) -> Mapping[str, Promise]:
        """What its table must be."""
        optional = [name for name in SENSITIVE_ATTRIBUTES.names if name not in ("attribute", "type", "used", "verdict")]
        return {TABLE: Promise(len(self.rows), ("attribute",), SENSITIVE_ATTRIBUTES, tuple(optional))} if self.rows else {}


def proxies(context: RunContext, attributes: Attributes | None, groups: Grouped) -> Proxies:
    """Measure every sensitive attribute against the segments and against each feature used, and write what came of it."""
    if attributes is None or not attributes.settings.sensitive:
        return Proxies()
    with context.run_log.stage("proxies") as stage:
        rows = _rows(attributes, groups, context.settings.privacy.smallest_group)
        context.write_rows(TABLE, rows, SENSITIVE_ATTRIBUTES)
        stage.count(attributes=len(rows))
    return Proxies(tuple(rows))


def _rows(attributes: Attributes, groups: Grouped, smallest_group: int) -> list[dict[str, Any]]:
    settings = attributes.settings
    features = {used.feature.name: used.feature.family for used in groups.prepared if not used.is_constant}
    found = _met(attributes, groups, list(features))
    rows = []
    for name in settings.sensitive:
        of_segments = giveaway(table_of(found, name, _SEGMENTS), smallest_group)
        others = [feature for feature, family in features.items() if family != name]
        of_features = {feature: giveaway(table_of(found, name, feature), smallest_group) for feature in others}
        is_used = name not in settings.withheld
        rows.append({**_told(of_segments, of_features), "attribute": name, "type": settings.columns[name].type, "used": is_used})
    return rows


def _met(attributes: Attributes, groups: Grouped, features: Sequence[str]) -> list[Row]:
    """Customers by level of every sensitive attribute, and by segment and fifth of every feature."""
    columns, sensitive = attributes.settings.columns, attributes.settings.sensitive
    values = attributes.customers.select(CUSTOMER_ID, *(F.col(name).alias(_BESIDE + name) for name in sensitive))
    customers = groups.customers.join(values, CUSTOMER_ID)
    bins = fifths(customers, [*(_BESIDE + name for name in sensitive if columns[name].type == "number"), *features])
    levels = {name: bins.get(_BESIDE + name, named(_BESIDE + name)) for name in sensitive}
    return meetings(customers, levels, {_SEGMENTS: F.col(SEGMENT_ID), **{name: bins[name] for name in features}})


def _told(of_segments: Giveaway | None, of_features: Mapping[str, Giveaway | None]) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(SENSITIVE_ATTRIBUTES.names)
    measures = of_segments._asdict() if of_segments else {}
    verdict = of_segments.verdict if of_segments else NOT_TOLD
    return {**empty, **measures, "verdict": verdict, **_closest(of_features)}


def _closest(of_features: Mapping[str, Giveaway | None]) -> dict[str, Any]:
    """The feature that tells most, the first of those that tell as much; none where none tells more than chance."""
    told: Sequence[tuple[str, Giveaway]] = [(name, found) for name, found in of_features.items() if found and found.cramers_v > 0]
    if not told:
        return {"closest_feature": None, "closest_feature_v": None}
    name, found = max(told, key=lambda one: one[1].cramers_v)
    return {"closest_feature": name, "closest_feature_v": found.cramers_v}
