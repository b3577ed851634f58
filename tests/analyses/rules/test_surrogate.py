"""Conditions stand in for the model: plain, rounded, measured as rounded, and valid SQL."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_score, recall_score
from sklearn.tree import DecisionTreeClassifier

from segmentation.analyses.rules.surrogate import Condition, SegmentRule, rounded, rules_fidelity, segment_rules, surrogate_of


def _customers(seed=1, n=900):
    rng = np.random.default_rng(seed)
    customers = pd.DataFrame(
        {
            "recency_days": rng.integers(1, 300, n).astype(float),
            "monetary_net": np.round(rng.lognormal(6, 1, n), 4),
            "category_share_bags": np.round(rng.uniform(size=n), 6),
        }
    )
    spends, is_lately_here = customers["monetary_net"] > 812.34, customers["recency_days"] <= 61
    return customers, np.where(spends & is_lately_here, 1, np.where(spends, 2, 3)).astype(np.int64)


CUSTOMERS, SEGMENTS = _customers()
SURROGATE = surrogate_of(CUSTOMERS, SEGMENTS, {})


def test_segments_that_are_made_of_conditions_are_described_by_them():
    assert [rule.sql for rule in SURROGATE.rules] == [
        "recency_days <= 61 AND monetary_net > 810",
        "monetary_net > 810 AND recency_days > 62",
        "monetary_net <= 810",
    ]
    assert (SURROGATE.depth, SURROGATE.fidelity) == (2, 1.0)
    assert SURROGATE.rules_fidelity > 0.99


def test_precision_recall_and_fidelity_are_what_duckdb_and_scikit_learn_find_with_the_rules_as_written():
    customers, segments = _customers(2)
    segments[::7] = 1 + segments[::7] % 3
    surrogate, table = surrogate_of(customers, segments, {}), duckdb.from_df(customers)
    assigned = np.zeros(len(table), dtype=int)
    for row in sorted(segment_rules(surrogate), key=lambda row: row["precision"]):
        matches = table.project(f"{row['conditions']} AS held").df()["held"].to_numpy()
        own = segments == row["segment_id"]
        assert (row["precision"], row["recall"]) == pytest.approx((precision_score(own, matches), recall_score(own, matches)))
        assert row["sample_customers"] == matches.sum()
        assigned[matches] = row["segment_id"]
    assert surrogate.rules_fidelity == pytest.approx((assigned == segments).mean())
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(customers.to_numpy(), segments)
    assert surrogate.fidelity == pytest.approx(tree.score(customers.to_numpy(), segments))


@pytest.mark.parametrize("seed", range(5))
def test_no_rule_has_more_than_three_conditions_and_none_it_is_as_good_without(seed):
    customers, _ = _customers(seed)
    segments = np.random.default_rng(seed).integers(1, 9, len(customers))
    for rule in surrogate_of(customers, segments, {}).rules:
        assert 1 <= len(rule.conditions) <= 3
        assert len({(c.feature, c.is_above) for c in rule.conditions}) == len(rule.conditions)


def test_nine_segments_take_a_tree_that_has_room_for_them():
    customers = pd.DataFrame({"frequency_orders": np.repeat(np.arange(1.0, 10.0), 10)})
    surrogate = surrogate_of(customers, customers["frequency_orders"].to_numpy().astype(np.int64), {})
    assert (surrogate.depth, len(surrogate.rules)) == (4, 9)


def test_two_segments_mirror_each_other():
    customers = pd.DataFrame({"recency_days": np.arange(1.0, 101.0)})
    surrogate = surrogate_of(customers, np.where(customers["recency_days"] <= 40, 1, 2), {})
    assert [rule.sql for rule in surrogate.rules] == ["recency_days <= 40", "recency_days > 40"]


def test_a_segment_of_one_customer_has_a_rule_of_its_own():
    customers = pd.DataFrame({"monetary_net": [10.0] * 50 + [9_000.0]})
    (_, one) = surrogate_of(customers, np.array([1] * 50 + [2]), {}).rules
    assert (one.sql, one.precision, one.recall, one.customers) == ("monetary_net > 4500", 1.0, 1.0, 1)


def test_customers_all_alike_cannot_be_distinguished_and_the_rule_says_so():
    customers = pd.DataFrame({"recency_days": [7.0] * 10})
    surrogate = surrogate_of(customers, np.array([1] * 6 + [2] * 4), {})
    assert [(rule.sql, rule.precision, rule.recall) for rule in surrogate.rules] == [("TRUE", 0.6, 1.0), ("TRUE", 0.4, 1.0)]
    assert (surrogate.depth, surrogate.fidelity, surrogate.rules_fidelity) == (0, 0.6, 0.6)


@pytest.mark.parametrize(
    ("unit", "bound", "expected"),
    [
        ("days", 48.5, 48),
        ("orders", 1.5, 1),
        ("currency", 1_234.56, 1_200),
        ("currency", 0.1234, 0.12),
        ("currency", -87.6, -88),
        ("share", 0.0876, 0.09),
        ("share", 0.003, 0.0),
    ],
)
def test_bounds_are_rounded_as_their_unit_is_shown(unit, bound, expected):
    assert rounded(unit, bound, pd.Series([-1e6, 0.0, 1e6])) == expected


@pytest.mark.parametrize(
    ("unit", "bound", "values", "expected"),
    [
        ("currency", 1_234.56, [1_210.0, 1_300.0], 1_230),
        ("currency", 1_234.567, [1_234.5669, 1_234.5671], 1_234.567),
        ("share", 0.0034, [0.001, 0.9], 0.003),
        ("days", 0.5, [0.25, 0.75], 0.5),
    ],
)
def test_a_bound_that_would_part_no_one_when_rounded_is_shown_finer(unit, bound, values, expected):
    assert rounded(unit, bound, pd.Series(values)) == expected


def test_names_that_are_no_plain_words_are_quoted():
    table = duckdb.from_df(pd.DataFrame({'Annual "k" income': [10.0, 90.0]}))
    condition = Condition('Annual "k" income', True, 60.0)
    assert condition.sql == '"Annual ""k"" income" > 60'
    assert table.filter(condition.sql).fetchall() == [(90.0,)]


def test_customers_without_a_value_go_where_the_median_goes():
    customers = pd.DataFrame({"interpurchase_days_avg": np.repeat([10.0, 30.0, 60.0], 20)})
    rules = surrogate_of(customers, np.repeat([1, 1, 2], 20), {"interpurchase_days_avg": 30.0}).rules
    assert [rule.sql for rule in rules] == [
        "(interpurchase_days_avg <= 45 OR interpurchase_days_avg IS NULL)",
        "interpurchase_days_avg > 45",
    ]


def test_where_two_rules_hold_the_more_precise_decides_and_where_none_does_the_customer_is_lost():
    customers = pd.DataFrame({"recency_days": [1.0, 5.0, 9.0]})
    wide = SegmentRule(1, (Condition("recency_days", False, 5.0),), 0.5, 1.0, 2)
    narrow = SegmentRule(2, (Condition("recency_days", False, 1.0),), 0.9, 1.0, 1)
    assert rules_fidelity((wide, narrow), customers, np.array([2, 1, 1])) == pytest.approx(2 / 3)
