"""Summary: every customer's segment, and each segment's size, worth and compactness."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.summary.section import summary_section
from segmentation.analyses.summary.tables import SEGMENT_SUMMARY
from segmentation.clustering.assignment import segment_name
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.fitted.tables import CUSTOMER_FEATURES, CUSTOMER_SEGMENTS
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import (
    AS_OF,
    RUN_ID,
    SEGMENT_NAME,
    Record,
)


class Summary(Analysis):
    """The tables customer_segments and segment_summary, which all other tables refer to."""

    name = "summary"
    tables = (CUSTOMER_FEATURES, CUSTOMER_SEGMENTS, SEGMENT_SUMMARY)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result:
        """Customers with their segment, and the summary."""
        stamps = {SEGMENT_NAME: segment_name(segments.names), AS_OF: F.lit(segments.source.as_of), RUN_ID: F.lit(segments.run_id)}
        customers = segments.customers.withColumns(stamps).select(*CUSTOMER_SEGMENTS.schema.names)
        tables: dict[str, Sequence[Record] | DataFrame] = {
            CUSTOMER_FEATURES.name: segments.source.features,
            CUSTOMER_SEGMENTS.name: customers,
            SEGMENT_SUMMARY.name: segments.summary,
        }
        return Result(tables, counts={"customers": segments.count}, details=segments.published_summary)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """The summary as all analyses publish it."""
        return result.with_tables(segment_summary=result.details)

    def section(self, result: Result, data: ReportData) -> Section:
        """A card for each segment."""
        return summary_section(data)
