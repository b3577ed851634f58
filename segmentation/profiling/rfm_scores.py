"""RFM scores and the ten segments that most RFM tools derive from them.

Each customer is scored 1 to 5 by quintile in recency, frequency and monetary value, 5 the best. The ten segments follow from the recency
score and from the mean of the other two.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import FREQUENCY_ORDERS, MONETARY_NET, RECENCY_DAYS, named

SCORED = (RECENCY_DAYS, FREQUENCY_ORDERS, MONETARY_NET)
RFM_RULE = "rfm_rule"
"""Number of a customer's rule in RULES, from 1."""

_QUINTILES = (0.2, 0.4, 0.6, 0.8)
ACCURACY = 10_000
_BEST = len(_QUINTILES) + 1

CutPoints = Mapping[str, Sequence[float]]
"""By scored feature, the four values between its quintiles."""


class RfmRule(NamedTuple):
    """The name of a segment, and the scores that belong to it: of recency, and the mean of frequency and monetary value."""

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
"""Every pair of scores from 1 to 5 belongs to exactly one of them."""


def holds(rule: RfmRule, recency: int, frequency: int, monetary: int) -> bool:
    """Whether a customer with these scores, 1 to 5, is in the rule's segment; half a point of the mean is rounded up."""
    return recency in rule.recency and (frequency + monetary + 1) // 2 in rule.value


def cut_points(customers: DataFrame) -> dict[str, tuple[float, ...]]:
    """The values between the quintiles, exact up to 10,000 customers and right to a ten-thousandth of rank beyond."""
    quintiles = (F.percentile_approx(as_double(name), list(_QUINTILES), ACCURACY).alias(name) for name in SCORED)
    row = customers.agg(*quintiles).collect()[0]
    return {name: tuple(row[name]) for name in SCORED}


def rfm_score(cuts: CutPoints) -> Column:
    """Sum of a customer's three scores, 3 to 15."""
    return F.lit(_BEST + 2) - _above(RECENCY_DAYS, cuts) + _above(FREQUENCY_ORDERS, cuts) + _above(MONETARY_NET, cuts)


def with_rfm(customers: DataFrame, cuts: CutPoints) -> DataFrame:
    """Customers with `rfm_rule`. Scores depend on values alone, so that equal customers score alike however many share a value."""
    recency = F.lit(_BEST) - _above(RECENCY_DAYS, cuts)
    value = F.floor((_above(FREQUENCY_ORDERS, cuts) + _above(MONETARY_NET, cuts) + 3) / 2)
    matched = F.lit(None).cast("int")
    for number, rule in enumerate(RULES, start=1):
        matched = F.when(_among(recency, rule.recency) & _among(value, rule.value), number).otherwise(matched)
    return customers.withColumn(RFM_RULE, matched)


def _above(name: str, cuts: CutPoints) -> Column:
    return n_above(as_double(name), cuts[name])


def n_above(value: Column, cuts: Sequence[float]) -> Column:
    """How many of the cut points a value lies above."""
    return sum((F.when(value > cut, 1).otherwise(0) for cut in cuts), F.lit(0))


def _among(score: Column, scores: Collection[int]) -> Column:
    return score.isin(*sorted(scores))


def as_double(name: str) -> Column:
    """A feature as DOUBLE."""
    return named(name).cast("double")
