"""RFM baseline: the ten segments of the usual RFM rules, as something to compare the run's own with."""

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.rfm.crosstab import adjusted_rand, rfm_baseline, rfm_counts, rfm_overlap
from segmentation.analyses.rfm.section import rfm_section
from segmentation.analyses.rfm.suppression import suppress_rfm
from segmentation.analyses.rfm.tables import RFM_BASELINE, RFM_OVERLAP
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.profiling.rfm_scores import cut_points, with_rfm
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import RFM_SEGMENT, SEGMENT_ID

_QUINTILES = 5


class Rfm(Analysis):
    """Quintile scores of recency, frequency and monetary value, and how their segments overlap with the run's own."""

    name = "rfm"
    tables = (RFM_BASELINE, RFM_OVERLAP)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Two Spark jobs over the customers; nothing without purchases."""
        if not segments.source.has_purchases:
            return None
        cuts = cut_points(segments.customers)
        counts = rfm_counts(with_rfm(segments.customers, cuts))
        overlap = rfm_overlap(counts)
        agreement = adjusted_rand({(row[SEGMENT_ID], row[RFM_SEGMENT]): row["customers"] for row in overlap})
        facts = {"cut_points": {name: list(values) for name, values in cuts.items()}, "adjusted_rand": agreement}
        return Result({RFM_BASELINE.name: rfm_baseline(counts), RFM_OVERLAP.name: overlap}, facts)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress small cells of both tables, cut points of small quintiles, and the digits of the index that would give a cell away."""
        exact = result.rows(RFM_BASELINE.name)
        baseline, overlap = suppress_rfm(exact, result.rows(RFM_OVERLAP.name), min_group_size)
        facts = dict(result.facts or {})
        is_large = sum(row["customers"] for row in exact) >= _QUINTILES * min_group_size
        facts |= {"cut_points": facts["cut_points"] if is_large else {}, "adjusted_rand": round(facts["adjusted_rand"], 2)}
        return Result({RFM_BASELINE.name: baseline, RFM_OVERLAP.name: overlap}, facts)

    def section(self, result: Result, data: ReportData) -> Section:
        """How far the two groupings agree."""
        return rfm_section(data)
