"""Customer map: a sample of customers in two dimensions."""

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.customer_map.section import map_section
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section


class CustomerMap(Analysis):
    """Principal components and two features of a sample; no table of its own."""

    name = "customer_map"

    def compute(self, context: RunContext, segments: FittedSegments) -> Result:
        """The sample, whose points are groups where single customers may not be shown."""
        return Result(details=segments.sample)

    def section(self, result: Result, data: ReportData) -> Section:
        """Two scatter plots."""
        return map_section(data, result.details)
