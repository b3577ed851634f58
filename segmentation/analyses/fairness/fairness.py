"""Fairness audit: how far segments are proxies for attributes declared sensitive, whether customers are compared by these or not."""

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.fairness.compute import sensitive_attributes
from segmentation.analyses.fairness.section import fairness_section
from segmentation.analyses.fairness.tables import SENSITIVE_ATTRIBUTES
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.settings import Settings


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
