"""The usual RFM segments, by rules that are data: what a retailer would have without any clustering.

Each customer is scored 1 to 5 by quintile in recency, frequency and monetary value, 5 the best. The ten names stand on the recency score
and on the mean of the other two, as in the table that most RFM tools show.
"""

from collections.abc import Collection, Mapping, Sequence
from math import comb
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.schemas import FREQUENCY_ORDERS, MONETARY_NET, RECENCY_DAYS, RFM_SEGMENT, SEGMENT_ID, named

SCORED = (RECENCY_DAYS, FREQUENCY_ORDERS, MONETARY_NET)
RFM_PLACE = "rfm_place"
"""Place of a customer's rule in RULES, from 1."""

_QUINTILES = (0.2, 0.4, 0.6, 0.8)
_ACCURACY = 10_000
_BEST = len(_QUINTILES) + 1

CutPoints = Mapping[str, Sequence[float]]
"""Of each scored feature the four values between its quintiles."""


class RfmRule(NamedTuple):
    """A name, and the scores that earn it: of recency, and of frequency and monetary value together."""

    name: str
    recency: frozenset[int]
    value: frozenset[int]


RULES = (
    RfmRule("Champions", frozenset({5}), frozenset({4, 5})),
    RfmRule("Loyal customers", frozenset({3, 4}), frozenset({4, 5})),
    RfmRule("Potential loyalists", frozenset({4, 5}), frozenset({2, 3})),
    RfmRule("New customers", frozenset({5}), frozenset({1})),
    RfmRule("Promising", frozenset({4}), frozenset({1})),
    RfmRule("Need attention", frozenset({3}), frozenset({3})),
    RfmRule("About to sleep", frozenset({3}), frozenset({1, 2})),
    RfmRule("At risk", frozenset({1, 2}), frozenset({3, 4})),
    RfmRule("Cannot lose them", frozenset({1, 2}), frozenset({5})),
    RfmRule("Hibernating", frozenset({1, 2}), frozenset({1, 2})),
)
"""Every pair of scores from 1 to 5 keeps exactly one of them."""


def holds(rule: RfmRule, recency: int, frequency: int, monetary: int) -> bool:
    """Whether a customer of these scores, 1 to 5, is of the rule's segment; half a point of the mean counts as a whole one."""
    return recency in rule.recency and (frequency + monetary + 1) // 2 in rule.value


def cut_points(customers: DataFrame) -> dict[str, tuple[float, ...]]:
    """The values between the quintiles, exact up to 10,000 customers and right to a ten-thousandth of rank beyond.

    Parameters
    ----------
    customers
        One row a customer, with the features of SCORED.
    """
    quintiles = (F.percentile_approx(_value(name), list(_QUINTILES), _ACCURACY).alias(name) for name in SCORED)
    row = customers.agg(*quintiles).collect()[0]
    return {name: tuple(row[name]) for name in SCORED}


def with_rfm(customers: DataFrame, cuts: CutPoints) -> DataFrame:
    """Customers with `rfm_place`. Scores follow from values alone: equal customers score alike, however many share a value."""
    recency = F.lit(_BEST) - _above(RECENCY_DAYS, cuts)
    value = F.floor((_above(FREQUENCY_ORDERS, cuts) + _above(MONETARY_NET, cuts) + 3) / 2)
    place = F.lit(None).cast("int")
    for number, rule in enumerate(RULES, start=1):
        place = F.when(_among(recency, rule.recency) & _among(value, rule.value), number).otherwise(place)
    return customers.withColumn(RFM_PLACE, place)


def _above(name: str, cuts: CutPoints) -> Column:
    """How many of the cut points a value lies above."""
    return sum((F.when(_value(name) > cut, 1).otherwise(0) for cut in cuts[name]), F.lit(0))


def _among(score: Column, scores: Collection[int]) -> Column:
    return score.isin(*sorted(scores))


def _value(name: str) -> Column:
    return named(name).cast("double")


def rfm_counts(customers: DataFrame) -> list[Row]:
    """Customers, net revenue and medians, by rule and segment, and by rule alone (`segment_id` null), from one look.

    Parameters
    ----------
    customers
        With `rfm_place`, `segment_id` and the features of SCORED.
    """
    medians = (F.percentile_approx(_value(name), 0.5, _ACCURACY).alias(f"{name}_median") for name in SCORED)
    sums = (F.count(F.lit(1)).alias("customers"), F.sum(MONETARY_NET).alias("revenue_net"))
    rows = customers.rollup(RFM_PLACE, SEGMENT_ID).agg(*sums, *medians).where(F.col(RFM_PLACE).isNotNull()).collect()
    return sorted(rows, key=lambda row: (row[RFM_PLACE], row[SEGMENT_ID] or 0))


def rfm_baseline(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One row for each of the ten segments that has customers: size, revenue, medians.

    Parameters
    ----------
    rows
        As `rfm_counts`.
    """
    whole = [row for row in rows if row[SEGMENT_ID] is None]
    customers, revenue = sum(row.customers for row in whole), sum(row.revenue_net for row in whole)
    return [
        {
            RFM_SEGMENT: RULES[row[RFM_PLACE] - 1].name,
            "customers": row.customers,
            "customer_share": row.customers / customers,
            "revenue_net": row.revenue_net,
            "revenue_share": float(row.revenue_net / revenue) if revenue else None,
            **{f"{name}_median": row[f"{name}_median"] for name in SCORED},
        }
        for row in whole
    ]


def rfm_overlap(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """How many customers each of our segments has in common with each RFM segment; pairs without any are left out."""
    pairs = sorted((row for row in rows if row[SEGMENT_ID] is not None), key=lambda row: (row[SEGMENT_ID], row[RFM_PLACE]))
    return [{SEGMENT_ID: row[SEGMENT_ID], RFM_SEGMENT: RULES[row[RFM_PLACE] - 1].name, "customers": row.customers} for row in pairs]


def adjusted_rand(overlap: Mapping[tuple[Any, Any], int]) -> float:
    """Adjusted Rand index of two groupings (Hubert and Arabie 1985): 1 where they are the same, about 0 by chance.

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
    beyond, most = 2 * (both * pairs - one * other), (one + other) * pairs - 2 * one * other
    return beyond / most if most else 1.0
