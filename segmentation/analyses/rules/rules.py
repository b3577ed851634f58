"""Rules and examples: each segment in plain conditions, and its most typical customers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.rules.section import rules_section
from segmentation.analyses.rules.surrogate import Surrogate, segment_rules, surrogate_of
from segmentation.analyses.rules.tables import SEGMENT_EXAMPLES, SEGMENT_RULES
from segmentation.context import RunContext
from segmentation.features.preparation import inverse_transform
from segmentation.fitted.segments import FittedSegments
from segmentation.privacy.cell_suppression import is_below_threshold
from segmentation.privacy.suppression import with_nulls
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import SEGMENT_ID, UNITS, Record, Records

PLACES = 3


def segment_examples(
    customers: pd.DataFrame,
    segments: NDArray[np.int64],
    distances: NDArray[np.float64],
    units: Mapping[str, str] = UNITS,
    min_group_size: int = 1,
) -> list[dict[str, Any]]:
    """One row per segment, rank and feature: the customers nearest to the segment's center, 1 the nearest, without ids.

    Where `min_group_size` is above 1, a rank holds the mean of so many customers, and the last one also a smaller remainder.
    A segment with fewer customers in the sample has no examples.

    `customers` has one row per customer of the sample, and one column per feature in its own unit. `segments` has the segment of each, and
    `distances` the distance of each to the segment's center. Features without an entry in `units` are shares.
    """
    # Of equally near customers the one with lower features comes first, so that ids have no influence.
    order = np.lexsort((*reversed([customers[name] for name in customers.columns]), distances, segments))
    ranked = customers.iloc[order].assign(**{SEGMENT_ID: segments[order]})
    sizes = ranked.groupby(SEGMENT_ID)[SEGMENT_ID].transform("size")
    places = ranked.groupby(SEGMENT_ID).cumcount() // min_group_size + 1
    left_over = (sizes > PLACES * min_group_size) & (sizes - PLACES * min_group_size < min_group_size)
    last = np.where(left_over, PLACES, sizes // min_group_size)
    nearest = ranked.assign(rank=np.where(left_over | (sizes < PLACES * min_group_size), np.minimum(places, last), places))
    means = nearest[nearest["rank"].between(1, PLACES)].groupby([SEGMENT_ID, "rank"])[list(customers.columns)].mean().reset_index()
    return [
        {
            SEGMENT_ID: int(row[SEGMENT_ID]),
            "rank": int(row["rank"]),
            "feature": name,
            "unit": units.get(name, "share"),
            "value": row[name],
        }
        for row in means.to_dict("records")
        for name in customers.columns
    ]


def suppress_rules(rows: Sequence[Record], sample_size: int, min_group_size: int) -> Records:
    """Rows of segment_rules without measures of small groups: customers of the segment or of others, meeting the conditions or not."""
    measures = ("precision", "recall", "sample_customers")
    return [with_nulls(row, measures) if _rests_on_small_group(row, sample_size, min_group_size) else dict(row) for row in rows]


def _rests_on_small_group(row: Record, sample_size: int, min_group_size: int) -> bool:
    true_positives = round(row["precision"] * row["sample_customers"])
    positives = round(true_positives / row["recall"]) if true_positives else 0
    false_positives = row["sample_customers"] - true_positives
    cells = [true_positives, false_positives, positives - true_positives, sample_size - positives - false_positives]
    return bool(is_below_threshold(np.array(cells), min_group_size).any())


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
