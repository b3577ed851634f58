"""Champion and challenger: a newly fitted model is published only if it is about as good and moves few enough customers."""

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.gate.impact import ModelQuality, gate_faults, refit_impact
from segmentation.analyses.gate.section import gate_section
from segmentation.analyses.gate.suppression import suppress_impact
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section


class Gate(Analysis):
    """Impact of a new model compared with the one in use; its faults stop the run from being published."""

    name = "gate"

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Quality of both models and customers who would move; nothing on a first run, or where the model is not new."""
        predecessor = segments.predecessor
        if predecessor is None or not segments.is_new_model:
            return None
        qualities = ModelQuality.of(predecessor.summary()), ModelQuality.of(segments.published_summary)
        impact = refit_impact(*qualities, segments.flows)
        run_id = predecessor.run.run_id
        faults = tuple(f"{fault} (against run {run_id})" for fault in gate_faults(impact, context.settings.publish))
        return Result(facts=impact.to_dict(), faults=faults)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress counts and shares of moved customers where any group is small."""
        return Result(facts=suppress_impact(result.facts or {}, min_group_size), faults=result.faults)

    def section(self, result: Result, data: ReportData) -> Section | None:
        """What the new model changes."""
        return gate_section(data)
