"""Customers by RFM segment, and by RFM segment and segment."""

from collections.abc import Mapping, Sequence
from math import comb
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation.profiling.rfm_scores import ACCURACY, RFM_RULE, RULES, SCORED, as_double
from segmentation.schemas import MONETARY_NET, RFM_SEGMENT, SEGMENT_ID


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

    Parameters
    ----------
    overlap
        Customers by their group in either.
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
