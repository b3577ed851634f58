"""Rules and examples: each segment in plain conditions, and its most typical customers."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.rules.examples import segment_examples
from segmentation.analyses.rules.section import rules_section
from segmentation.analyses.rules.suppression import suppress_rules
from segmentation.analyses.rules.surrogate import Surrogate, segment_rules, surrogate_of
from segmentation.analyses.rules.tables import SEGMENT_EXAMPLES, SEGMENT_RULES
from segmentation.context import RunContext
from segmentation.features.inverse_transform import inverse_transform
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section

Conditions = Mapping[int, list[dict[str, Any]]]


class Rules(Analysis):
    """Shallow decision trees as a surrogate for the model, and customers near each center; driver arithmetic on the sample."""

    name = "rules"
    tables = (SEGMENT_RULES, SEGMENT_EXAMPLES)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result:
        """Rules and examples from the customers that k was chosen on."""
        points, prepared = segments.points, segments.prepared
        distances = cdist(points, segments.segments.centers)
        customers = inverse_transform(points, prepared)
        nearest = np.asarray(segments.segments.ids, dtype=np.int64)[distances.argmin(axis=1)]
        medians = {one.feature.name: one.median for one in prepared if one.missing}
        units = {one.feature.name: one.feature.unit for one in prepared}
        surrogate = surrogate_of(customers, nearest, medians, units)
        examples = segment_examples(customers, nearest, distances.min(axis=1), units, segments.min_group_size)
        tables = {SEGMENT_RULES.name: segment_rules(surrogate), SEGMENT_EXAMPLES.name: examples}
        return Result(tables, _facts(surrogate, len(points)), details=_conditions(surrogate))

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Precision and recall that rest on enough customers; examples are groups from the start."""
        sample_size = (result.facts or {})["customers"]
        return result.with_tables(segment_rules=suppress_rules(result.rows(SEGMENT_RULES.name), sample_size, min_group_size))

    def section(self, result: Result, data: ReportData) -> Section:
        """Typical customers, and how compact segments are."""
        return rules_section(data, result.details)


def _facts(surrogate: Surrogate, sample_size: int) -> dict[str, Any]:
    return {
        "fidelity": surrogate.fidelity,
        "depth": surrogate.depth,
        "rules_fidelity": surrogate.rules_fidelity,
        "customers": sample_size,
    }


def _conditions(surrogate: Surrogate) -> Conditions:
    return {rule.segment: [asdict(condition) for condition in rule.conditions] for rule in surrogate.rules}
