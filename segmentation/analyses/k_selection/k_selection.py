"""K selection: how the number of segments was chosen."""

from collections.abc import Sequence

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.k_selection.section import k_selection_section
from segmentation.analyses.k_selection.tables import K_SELECTION
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.privacy.cell_suppression import is_below_threshold
from segmentation.privacy.suppression import with_nulls
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import Record, Records


def suppress_k_selection(rows: Sequence[Record], sample_size: int, min_group_size: int) -> Records:
    """Rows of k_selection without the share of a smallest segment of too few customers, out of `sample_size`."""

    def is_small(share: float | None) -> bool:
        return share is not None and bool(is_below_threshold(round(share * sample_size), min_group_size))

    return [with_nulls(row, ["min_segment_share"]) if is_small(row["min_segment_share"]) else dict(row) for row in rows]


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
