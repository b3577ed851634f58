"""RFM baseline: the ten segments of the usual RFM rules, as something to compare the run's own with."""

from collections.abc import Mapping, Sequence
from math import comb
from typing import Any

import numpy as np
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.rfm.section import rfm_section
from segmentation.analyses.rfm.tables import RFM_BASELINE, RFM_OVERLAP
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.privacy.cell_suppression import suppressed_in_grid
from segmentation.privacy.suppression import publishable_quantile, with_nulls
from segmentation.profiling.rfm_scores import ACCURACY, RFM_RULE, RULES, SCORED, as_double, cut_points, with_rfm
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import MONETARY_NET, RFM_SEGMENT, SEGMENT_ID, Record, Records

_QUINTILES = 5


def rfm_counts(customers: DataFrame) -> list[Row]:
    """Customers, net revenue and medians by rule and segment, and by rule alone (`segment_id` null); one Spark job."""
    medians = (F.percentile_approx(as_double(name), 0.5, ACCURACY).alias(f"{name}_median") for name in SCORED)
    sums = (F.count(F.lit(1)).alias("customers"), F.sum(MONETARY_NET).alias("revenue_net"))
    rows = customers.rollup(RFM_RULE, SEGMENT_ID).agg(*sums, *medians).where(F.col(RFM_RULE).isNotNull()).collect()
    return sorted(rows, key=lambda row: (row[RFM_RULE], row[SEGMENT_ID] or 0))


def rfm_baseline(counts: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows of rfm_baseline, from `rfm_counts`."""
    totals = [row for row in counts if row[SEGMENT_ID] is None]
    customers, revenue = sum(row.customers for row in totals), sum(row.revenue_net for row in totals)
    return [
        {
            RFM_SEGMENT: RULES[row[RFM_RULE] - 1].name,
            "customers": row.customers,
            "customer_share": row.customers / customers,
            "revenue_net": row.revenue_net,
            "revenue_share": float(row.revenue_net / revenue) if revenue else None,
            **{f"{name}_median": row[f"{name}_median"] for name in SCORED},
        }
        for row in totals
    ]


def rfm_overlap(counts: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows of rfm_overlap, from `rfm_counts`."""
    pairs = sorted((row for row in counts if row[SEGMENT_ID] is not None), key=lambda row: (row[SEGMENT_ID], row[RFM_RULE]))
    return [{SEGMENT_ID: row[SEGMENT_ID], RFM_SEGMENT: RULES[row[RFM_RULE] - 1].name, "customers": row.customers} for row in pairs]


def adjusted_rand(overlap: Mapping[tuple[Any, Any], int]) -> float:
    """Adjusted Rand index of two groupings (Hubert and Arabie 1985): 1 where they are equal, about 0 by chance.

    `overlap` has the number of customers by their group in either.
    """
    rows: dict[Any, int] = {}
    columns: dict[Any, int] = {}
    for (row, column), count in overlap.items():
        rows[row], columns[column] = rows.get(row, 0) + count, columns.get(column, 0) + count
    both, one, other = (sum(comb(count, 2) for count in counts.values()) for counts in (overlap, rows, columns))
    pairs = comb(sum(rows.values()), 2)
    # Twice the numerator and the denominator, times the pairs: whole numbers, so that nothing is lost before the division.
    numerator, denominator = 2 * (both * pairs - one * other), (one + other) * pairs - 2 * one * other
    return numerator / denominator if denominator else 1.0


def suppress_rfm(baseline: Sequence[Record], overlap: Sequence[Record], min_group_size: int) -> tuple[Records, Records]:
    """Rows of rfm_baseline and of rfm_overlap without small groups; the sizes of our own segments are published elsewhere."""
    segments, names = sorted({row[SEGMENT_ID] for row in overlap}), [row[RFM_SEGMENT] for row in baseline]
    customers = {(row[SEGMENT_ID], row[RFM_SEGMENT]): row["customers"] for row in overlap}
    counts = np.array([[customers.get((segment, name), 0) for name in names] for segment in segments], dtype=np.int64)
    suppressed = suppressed_in_grid(counts, min_group_size, row_totals_are_known=True)
    segment_rows = [_baseline_row(row, bool(cell), min_group_size) for row, cell in zip(baseline, suppressed.columns, strict=True)]
    cells = [
        {SEGMENT_ID: segment, RFM_SEGMENT: name, "customers": None if suppressed.cells[row, column] else int(counts[row, column])}
        for row, segment in enumerate(segments)
        for column, name in enumerate(names)
        if counts[row, column] or suppressed.cells[row, column]
    ]
    return segment_rows, cells


def _baseline_row(row: Record, is_suppressed: bool, min_group_size: int) -> dict[str, object]:
    if is_suppressed:
        return with_nulls(row, [name for name in row if name != RFM_SEGMENT])
    medians = {name: publishable_quantile(row[name], 0.5, row["customers"], min_group_size) for name in row if name.endswith("_median")}
    return {**row, **medians}


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
