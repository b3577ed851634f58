"""K selection: how the number of segments was chosen."""

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.k_selection.section import k_selection_section
from segmentation.analyses.k_selection.suppression import suppress_k_selection
from segmentation.analyses.k_selection.tables import K_SELECTION
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section


class KSelection(Analysis):
    """Every k that the sweep tried, with its measures; computed by the fit, shown here."""

    name = "k_selection"
    tables = (K_SELECTION,)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result:
        """Rows of the fit, and sampled customers for the charts."""
        return Result({K_SELECTION.name: list(segments.choice.k_selection)}, details=(segments.sample, len(segments.points)))

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress the share of a smallest segment that is too small."""
        _, sample_size = result.details
        return result.with_tables(k_selection=suppress_k_selection(result.rows(K_SELECTION.name), sample_size, min_group_size))

    def section(self, result: Result, data: ReportData) -> Section:
        """Reasons, curves, and how well customers fit into their segments."""
        sample, _ = result.details
        return k_selection_section(data, sample)
