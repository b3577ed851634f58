"""Aggregates of each segment, compared with the average customer."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.schemas import (
    AS_OF,
    BREADTH_CATEGORIES,
    BREADTH_PRODUCTS,
    CUSTOMER_ID,
    FREQUENCY_ORDERS,
    MONETARY_NET,
    ORDER_VALUE_AVG,
    RECENCY_DAYS,
    RETURN_RATE,
    RUN_ID,
    SEGMENT_ID,
    TENURE_DAYS,
    UNITS,
    named,
)

SUMMARISED = (
    RECENCY_DAYS,
    FREQUENCY_ORDERS,
    MONETARY_NET,
    ORDER_VALUE_AVG,
    TENURE_DAYS,
    BREADTH_PRODUCTS,
    BREADTH_CATEGORIES,
    RETURN_RATE,
)
"""Features whose mean and median are in segment_summary."""

_QUANTILE_ACCURACY = 10_000
_COUNT, _MEAN, _QUANTILES = "count", "mean", "quantiles"
_TENTHS = [0.1, 0.5, 0.9]

BORDER_MARGIN = 0.1
"""A customer with a smaller margin is near the border: the next center is less than 1.22 times as far away as their own."""


def feature_columns(customer_features: DataFrame) -> tuple[str, ...]:
    """The columns of customer_features that describe a customer."""
    return tuple(name for name in customer_features.columns if name not in (CUSTOMER_ID, AS_OF))


def segment_aggregates(customers: DataFrame, features: Sequence[str]) -> list[Row]:
    """One row per segment: customers, net revenue (of purchases), silhouettes, customers near the border, and the figures of every feature.

    Of a feature they are count, mean and quantiles, mean and variance of its `level`, and how many have more or less than 0 of it.
    """
    described = [
        F.struct(
            F.count(value).alias(_COUNT),
            F.mean(value).alias(_MEAN),
            F.percentile_approx(value, _TENTHS, _QUANTILE_ACCURACY).alias(_QUANTILES),
            F.mean(_level(name, value)).alias("level"),
            F.var_samp(_level(name, value)).alias("variance"),
            F.count_if(value != 0).alias("having"),
        ).alias(name)
        for name, value in ((name, named(name).cast("double")) for name in features)
    ]
    revenue = [F.sum(MONETARY_NET).alias("revenue_net")] if MONETARY_NET in features else []
    totals = (F.count(F.lit(1)).alias("customers"), *revenue, *_places())
    return sorted(customers.groupBy(SEGMENT_ID).agg(*totals, *described).collect(), key=lambda row: int(row[SEGMENT_ID]))


def _level(name: str, value: Column) -> Column:
    """The value that effects compare: a share unchanged, anything else by its logarithm, so that a few large customers do not dominate."""
    return F.signum(value) * F.log1p(F.abs(value)) if name in UNITS else value


def _places() -> tuple[Column, ...]:
    """Silhouettes of a segment, and its customers near the border."""
    return (
        F.mean("silhouette").alias("silhouette"),
        F.percentile_approx("silhouette", _TENTHS, _QUANTILE_ACCURACY).alias("silhouettes"),
        F.count_if(F.col("silhouette") < 0).alias("misplaced"),
        F.count_if(F.col("margin") < BORDER_MARGIN).alias("border_customers"),
    )


def segment_summary(
    rows: Sequence[Row], features: Sequence[str], stamp: dict[str, Any], attributes: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """One row per segment: size, revenue (of purchases), silhouettes, customers near the border, and mean and median of the main features.

    `rows` are those of `segment_aggregates`; `stamp` has `day_described` and `run_id`, put on every row.
    """
    customers = sum(row.customers for row in rows)
    revenue = _with_shares([row.revenue_net for row in rows]) if "revenue_net" in rows[0] else [{}] * len(rows)
    main = [name for name in (*SUMMARISED, *attributes) if name in features]
    return [
        {
            SEGMENT_ID: row[SEGMENT_ID],
            "customers": row.customers,
            "customer_share": row.customers / customers,
            **earned,
            "silhouette": row.silhouette,
            **dict(zip(("silhouette_p10", "silhouette_p50", "silhouette_p90"), row.silhouettes, strict=True)),
            "silhouette_below_0_share": row.misplaced / row.customers,
            "border_customers": row.border_customers,
            "border_share": row.border_customers / row.customers,
            **{f"{name}_mean": row[name][_MEAN] for name in main},
            **{f"{name}_median": (row[name][_QUANTILES] or (None,) * 3)[1] for name in main},
            AS_OF: stamp[AS_OF],
            RUN_ID: stamp[RUN_ID],
        }
        for row, earned in zip(rows, revenue, strict=True)
    ]


def _with_shares(revenues: Sequence[Decimal]) -> list[dict[str, Any]]:
    whole = sum(revenues)
    return [{"revenue_net": revenue, "revenue_share": float(revenue / whole) if whole else None} for revenue in revenues]


def with_stability(summary: Sequence[dict[str, Any]], stabilities: Sequence[float | None]) -> list[dict[str, Any]]:
    """The summary with each segment's stability, in the order of ids; null where it is unknown."""
    return [{**row, "stability": value} for row, value in zip(summary, stabilities, strict=True)]


def segment_profile(rows: Sequence[Row], features: Sequence[str], units: Mapping[str, str] = UNITS) -> list[dict[str, Any]]:
    """One row per segment and feature: mean, p10, p50, p90, and the index, 100 for the average customer.

    A feature no customer of a segment has a value of is null there; an index without an average above zero is null.
    """
    averages = {feature: _average(rows, feature) for feature in features}
    return [_profile_of(row, feature, averages[feature], units.get(feature, "share")) for row in rows for feature in features]


def _profile_of(row: Row, feature: str, average: float | None, unit: str) -> dict[str, Any]:
    mean, (p10, p50, p90) = row[feature][_MEAN], row[feature][_QUANTILES] or (None,) * 3
    index = 100 * mean / average if mean is not None and average and average > 0 else None
    return {SEGMENT_ID: row[SEGMENT_ID], "feature": feature, "unit": unit, "mean": mean, "p10": p10, "p50": p50, "p90": p90, "index": index}


def _average(rows: Sequence[Row], feature: str) -> float | None:
    count = sum(row[feature][_COUNT] for row in rows)
    return sum(row[feature][_COUNT] * (row[feature][_MEAN] or 0.0) for row in rows) / count if count else None


def mean_silhouette(summary: Sequence[Mapping[str, Any]]) -> float | None:
    """Mean over all customers, from rows of segment_summary; None where a segment's is not known."""
    if not summary or any(row["silhouette"] is None for row in summary):
        return None
    return float(sum(row["silhouette"] * row["customers"] for row in summary) / sum(row["customers"] for row in summary))


def min_stability(summary: Sequence[Mapping[str, Any]]) -> float | None:
    """Stability of the least stable segment, from rows of segment_summary; None where none is known."""
    return min((row["stability"] for row in summary if row["stability"] is not None), default=None)
