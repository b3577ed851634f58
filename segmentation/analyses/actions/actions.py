"""Actions: what to do about each segment."""

from segmentation.analyses.actions.section import actions_section
from segmentation.analyses.actions.tables import SEGMENT_ACTIONS
from segmentation.analyses.analysis import Analysis, Result
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.profiling.actions import segment_actions
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section


class Actions(Analysis):
    """A marketing action for each segment, by what its customers are worth and how long they have been away."""

    name = "actions"
    tables = (SEGMENT_ACTIONS,)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Nothing without purchases."""
        if not segments.source.has_purchases:
            return None
        currency = context.settings.report.currency
        exact, published = (segment_actions(rows, segments.namings, currency) for rows in (segments.summary, segments.published_summary))
        return Result({SEGMENT_ACTIONS.name: exact}, details=published)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Reasons that mention published figures only."""
        return result.with_tables(segment_actions=result.details)

    def section(self, result: Result, data: ReportData) -> Section:
        """A card for each segment."""
        return actions_section(data)
