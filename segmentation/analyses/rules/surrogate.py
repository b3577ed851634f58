"""Surrogate of the model: each segment as plain conditions from shallow decision trees, with their precision and recall.

One tree for all segments measures how well plain conditions work. The conditions of a segment come from trees that know only that
segment and the rest: at the same depth they fit it far better than its leaf in the common tree.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import floor, log10
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from segmentation.schemas import SEGMENT_ID, UNITS

Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]

MOST_CONDITIONS = 3
_LEARNT_FROM = 5_000
"""Maximum number of customers that a tree is fitted on; three conditions need no more."""

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Condition:
    """One bound on one feature, in its own unit."""

    feature: str
    # Whether values are above the bound; otherwise they are at most the bound.
    is_above: bool
    # Rounded according to its unit.
    bound: float
    # Whether customers without a value meet it: the model takes the median for them.
    or_unknown: bool = False

    @property
    def sql(self) -> str:
        """As SQL over customer_features."""
        name = self.feature if _PLAIN_NAME.fullmatch(self.feature) else '"' + self.feature.replace('"', '""') + '"'
        bounded = f"{name} {'>' if self.is_above else '<='} {self.bound:.15g}"
        return f"({bounded} OR {name} IS NULL)" if self.or_unknown else bounded

    def holds(self, customers: pd.DataFrame) -> Mask:
        """For each customer."""
        values = customers[self.feature].to_numpy()
        return np.asarray(values > self.bound if self.is_above else values <= self.bound)


@dataclass(frozen=True)
class SegmentRule:
    """A segment described by conditions, all of which must hold."""

    segment: int
    # At most three.
    conditions: tuple[Condition, ...]
    # Share of the customers who meet the conditions that are in the segment.
    precision: float
    # Share of the segment's customers who meet the conditions.
    recall: float
    # Customers of the sample who meet the conditions.
    customers: int

    @property
    def sql(self) -> str:
        """As SQL over customer_features."""
        return " AND ".join(condition.sql for condition in self.conditions) or "TRUE"

    @property
    def score(self) -> float:
        """Harmonic mean of precision and recall (F1)."""
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision and self.recall else 0.0


@dataclass(frozen=True)
class Surrogate:
    """Rules that approximate the model, and how closely they do."""

    # Share of the sample's customers that one tree for all segments puts in the model's own segment.
    fidelity: float
    depth: int
    # Share of the sample's customers for whom the most precise rule that holds names the model's own segment.
    rules_fidelity: float
    # One for each segment, in the order of ids.
    rules: tuple[SegmentRule, ...]


def surrogate_of(customers: pd.DataFrame, segments: Labels, imputed: Mapping[str, float], units: Mapping[str, str] = UNITS) -> Surrogate:
    """Fit shallow trees to the model's segments, and derive a rule for each segment.

    `customers` has one row per customer of the sample, and one column per feature in its own unit. `segments` has the model's segment of
    each, 1 upwards. `imputed` gives the value that the model uses for a missing one, for each feature that may be missing. Features without
    an entry in `units` are shares.
    """
    sample = _Sample(customers, segments, imputed, units)
    ids = [int(segment) for segment in np.unique(segments)]
    some = slice(None, None, -(-len(customers) // _LEARNT_FROM))
    depth = max(MOST_CONDITIONS, (len(ids) - 1).bit_length())
    tree = _tree(customers[some], segments[some], depth)
    rules = tuple(_rule(sample, segment, some) for segment in ids)
    return Surrogate(
        fidelity=float((tree.predict(customers.to_numpy()) == segments).mean()),
        depth=int(tree.get_depth()),
        rules_fidelity=rules_fidelity(rules, customers, segments),
        rules=rules,
    )


def rules_fidelity(rules: Sequence[SegmentRule], customers: pd.DataFrame, segments: Labels) -> float:
    """Share of customers whom the rules put in their own segment, by the most precise rule that holds; wrong where none does."""
    predicted = np.zeros(len(customers), dtype=np.int64)
    for rule in sorted(rules, key=lambda rule: (rule.precision, -rule.segment)):
        predicted[_holds(rule.conditions, customers)] = rule.segment
    return float((predicted == segments).mean())


def segment_rules(surrogate: Surrogate) -> list[dict[str, Any]]:
    """Rows of the table of that name."""
    return [
        {
            SEGMENT_ID: rule.segment,
            "conditions": rule.sql,
            "precision": rule.precision,
            "recall": rule.recall,
            "sample_customers": rule.customers,
        }
        for rule in surrogate.rules
    ]


class _Sample(NamedTuple):
    """The parameters of `surrogate_of`."""

    customers: pd.DataFrame
    segments: Labels
    imputed: Mapping[str, float]
    units: Mapping[str, str]


def _rule(sample: _Sample, segment: int, some: slice) -> SegmentRule:
    """The best leaf of two trees: one weights all customers equally, the other weights the segment as much as all other customers."""
    customers, own = sample.customers, sample.segments == segment
    trees = (_tree(customers[some], own[some], MOST_CONDITIONS, weight) for weight in (None, "balanced"))
    candidates = (_measured(segment, _rounded(leaf, sample), customers, own) for tree in trees for leaf in _leaves(tree, customers))
    best = _without_idle(max(candidates, key=lambda rule: (rule.score, -len(rule.conditions))), customers, own)
    return replace(best, conditions=tuple(_with_unknown(condition, sample.imputed) for condition in best.conditions))


def _tree(customers: pd.DataFrame, labels: NDArray[Any], depth: int, weight: str | None = None) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(max_depth=depth, class_weight=weight, random_state=0).fit(customers.to_numpy(), labels)


def _leaves(model: DecisionTreeClassifier, customers: pd.DataFrame) -> Iterator[tuple[Condition, ...]]:
    """The conditions of each leaf, with the tightest bound where a feature is bounded twice from one side."""
    tree, names = model.tree_, list(customers.columns)

    def ways(node: int, way: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
        if tree.children_left[node] < 0:
            yield way
            return
        feature, bound = names[tree.feature[node]], float(tree.threshold[node])
        for child, is_above in ((tree.children_left[node], False), (tree.children_right[node], True)):
            looser = tuple(c for c in way if (c.feature, c.is_above) != (feature, is_above))
            yield from ways(child, (*looser, Condition(feature, is_above, bound)))

    return ways(0, ())


def _rounded(conditions: Sequence[Condition], sample: _Sample) -> tuple[Condition, ...]:
    return tuple(replace(c, bound=rounded(sample.units.get(c.feature, "share"), c.bound, sample.customers[c.feature])) for c in conditions)


def rounded(unit: str, bound: float, values: pd.Series) -> float:
    """A bound rounded to whole days, orders or percents, or amounts of two figures; finer where the rounded bound would split nobody."""
    low, high = values.min(), values.max()
    return next((value for value in _roundings(unit, bound) if low <= value < high), bound)


def _roundings(unit: str, bound: float) -> Iterator[float]:
    if unit == "share":
        yield from (round(bound, places) for places in (2, 3, 4))
    elif unit in ("currency", "number"):
        yield from (_to_figures(bound, figures) for figures in (2, 3, 4))
    else:
        yield float(floor(bound))


def _to_figures(value: float, figures: int) -> float:
    return round(value, figures - 1 - floor(log10(abs(value)))) if value else 0.0


def _without_idle(rule: SegmentRule, customers: pd.DataFrame, own: Mask) -> SegmentRule:
    """The rule without conditions that do not improve its score."""

    def lighter(best: SegmentRule, condition: Condition) -> SegmentRule:
        rest = tuple(other for other in best.conditions if other is not condition)
        tried = _measured(rule.segment, rest, customers, own)
        return tried if tried.score >= best.score else best

    return reduce(lighter, rule.conditions, rule)


def _measured(segment: int, conditions: tuple[Condition, ...], customers: pd.DataFrame, own: Mask) -> SegmentRule:
    is_met = _holds(conditions, customers)
    right, n_customers = int((is_met & own).sum()), int(is_met.sum())
    return SegmentRule(segment, conditions, right / max(n_customers, 1), right / int(own.sum()), n_customers)


def _holds(conditions: Sequence[Condition], customers: pd.DataFrame) -> Mask:
    return reduce(lambda is_met, condition: is_met & condition.holds(customers), conditions, np.ones(len(customers), dtype=np.bool_))


def _with_unknown(condition: Condition, imputed: Mapping[str, float]) -> Condition:
    if condition.feature not in imputed:
        return condition
    met = bool(condition.holds(pd.DataFrame({condition.feature: [imputed[condition.feature]]}))[0])
    return replace(condition, or_unknown=met)
