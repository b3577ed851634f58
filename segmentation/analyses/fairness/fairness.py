"""Fairness audit: how far segments are proxies for attributes declared sensitive, whether customers are compared by these or not."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.fairness.leakage import (
    NOT_MEASURED,
    ProxyLeakage,
    contingency_counts,
    contingency_table,
    proxy_leakage,
    quintiles,
)
from segmentation.analyses.fairness.section import fairness_section
from segmentation.analyses.fairness.tables import SENSITIVE_ATTRIBUTES
from segmentation.context import RunContext
from segmentation.features.preparation import PreparedFeature
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import CUSTOMER_ID, SEGMENT_ID, named
from segmentation.settings import AttributesSettings, Settings

_SEGMENTS = "segments"
_PREFIX = "sensitive "
"""Distinguishes a sensitive attribute from a feature of the same name."""


def sensitive_attributes(
    customers: DataFrame, attributes: DataFrame, settings: AttributesSettings, prepared: Sequence[PreparedFeature], min_group_size: int
) -> list[dict[str, Any]]:
    """Rows of sensitive_attributes.

    `attributes` has one row per customer of the customer table: attributes as numbers, levels as positions. Levels of fewer than
    `min_group_size` customers are merged or left out.
    """
    features = {used.feature.name: used.feature.family for used in prepared if not used.is_constant}
    counts = _counts(customers, attributes, settings, list(features))
    rows = []
    for name in settings.sensitive:
        segments = proxy_leakage(contingency_table(counts, name, _SEGMENTS), min_group_size)
        others = [feature for feature, family in features.items() if family != name]
        leakages = {feature: proxy_leakage(contingency_table(counts, name, feature), min_group_size) for feature in others}
        is_used = name not in settings.unused_sensitive
        rows.append({**_measures(segments, leakages), "attribute": name, "type": settings.columns[name].type, "used": is_used})
    return rows


def _counts(customers: DataFrame, attributes: DataFrame, settings: AttributesSettings, features: Sequence[str]) -> list[Row]:
    """Customers by level of each sensitive attribute, and by segment and quintile of each feature."""
    columns = {name: _PREFIX + name for name in settings.sensitive}
    values = attributes.select(CUSTOMER_ID, *(F.col(name).alias(column) for name, column in columns.items()))
    joined = customers.join(values, CUSTOMER_ID)
    numbers = [column for name, column in columns.items() if settings.columns[name].type == "number"]
    bins = quintiles(joined, [*numbers, *features])
    levels = {name: bins.get(column, named(column)) for name, column in columns.items()}
    return contingency_counts(joined, levels, {_SEGMENTS: F.col(SEGMENT_ID), **{name: bins[name] for name in features}})


def _measures(segments: ProxyLeakage | None, features: Mapping[str, ProxyLeakage | None]) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(SENSITIVE_ATTRIBUTES.schema.names)
    measures = segments._asdict() if segments else {}
    verdict = segments.verdict if segments else NOT_MEASURED
    return {**empty, **measures, "verdict": verdict, **_closest(features)}


def _closest(features: Mapping[str, ProxyLeakage | None]) -> dict[str, Any]:
    """The feature that reveals most, the first of equal ones; none where no feature reveals more than chance."""
    revealing = [(leakage.cramers_v, name) for name, leakage in features.items() if leakage and leakage.cramers_v > 0]
    v, name = max(revealing, key=lambda pair: pair[0], default=(None, None))
    return {"closest_feature": name, "closest_feature_v": v}


class Fairness(Analysis):
    """Association of sensitive attributes with segments; small levels never enter, so that nothing is suppressed afterwards."""

    name = "fairness"
    tables = (SENSITIVE_ATTRIBUTES,)

    def is_enabled(self, settings: Settings) -> bool:
        """Where attributes are declared sensitive."""
        return settings.attributes is not None and bool(settings.attributes.sensitive)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Two Spark jobs over the customers; nothing without a customer table."""
        table = segments.source.customer_table
        if table is None:
            return None
        rows = sensitive_attributes(segments.customers, table.customers, table.settings, segments.prepared, segments.min_group_size)
        return Result({SENSITIVE_ATTRIBUTES.name: rows}, {SENSITIVE_ATTRIBUTES.name: rows}, counts={"attributes": len(rows)})

    def section(self, result: Result, data: ReportData) -> Section:
        """A paragraph on each attribute, and the measures."""
        return fairness_section(data)
