"""Profile: what each segment is like compared with the average customer."""

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.profile.section import profile_section
from segmentation.analyses.profile.tables import SEGMENT_PROFILE
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section


class Profile(Analysis):
    """Means, percentiles, indices and standardized differences of every feature in every segment."""

    name = "profile"
    tables = (SEGMENT_PROFILE,)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result:
        """Rows of segment_profile."""
        return Result({SEGMENT_PROFILE.name: segments.profile}, details=segments.suppression.profile(segments.profile))

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress figures of small groups."""
        return result.with_tables(segment_profile=result.details)

    def section(self, result: Result, data: ReportData) -> Section:
        """Revenue, indices, spread and categories."""
        return profile_section(data)
