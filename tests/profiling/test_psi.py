"""PSI and deciles: against numpy, against the formula, and where values repeat or are missing."""

from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from segmentation.profiling.psi import (
    ALL_CUSTOMERS,
    MAJOR,
    MODERATE,
    STABLE,
    Deciles,
    FeatureDrift,
    bin_counts,
    bin_edges,
    population_stability_index,
    psi_table,
    segment_deciles,
)

DRAW = np.random.default_rng(5)


def _customers(n, shift=0.0, bought=0.3):
    segment = DRAW.choice([3, 7], n, p=[0.7, 0.3])
    spend = np.exp(DRAW.normal(0, 1, n) + shift + segment / 10)
    share = np.where(DRAW.random(n) < bought, DRAW.random(n), 0.0)
    gap = np.where(DRAW.random(n) < 0.2, np.nan, DRAW.random(n))
    return pd.DataFrame({"segment_id": segment.astype("int32"), "spend": spend, "share": share, "gap": gap})


def _frame(spark, customers):
    return spark.createDataFrame(
        customers.astype(object).where(customers.notna(), None), "segment_id int, spend double, share double, gap double"
    )


def _with_deciles(frame, *features):
    return frame, segment_deciles(frame, list(features))


def _numpy_psi(reference, current, edges):
    """The index of one feature in one group, by numpy."""
    shares = []
    for values in (reference, current):
        counts = [*np.bincount(np.searchsorted(edges, values.dropna().to_numpy(), side="left"), minlength=len(edges) + 1)]
        if reference.isna().any() or current.isna().any():
            counts.append(values.isna().sum())
        shares.append((np.array(counts) + 0.5) / (len(values) + 0.5 * len(counts)))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


@pytest.fixture(scope="module")
def reference():
    return _customers(3_000)


@pytest.fixture(scope="module")
def current():
    return _customers(2_500, shift=0.5, bought=0.6)


def test_each_feature_agrees_with_numpy_for_all_customers_and_in_each_segment(spark, reference, current):
    features = ["gap", "share", "spend"]
    rows = psi_table(*(_with_deciles(_frame(spark, customers), *features) for customers in (reference, current)))
    assert [(row.segment, row.feature) for row in rows] == [(s, f) for s in (None, 3, 7) for f in features]
    for row in rows:
        sides = [frame if row.segment is None else frame[frame["segment_id"] == row.segment] for frame in (reference, current)]
        assert row.psi == pytest.approx(_numpy_psi(*(side[row.feature] for side in sides), bin_edges(row.reference)), abs=1e-9)
        assert row.customers == tuple(map(len, sides))
        for level in (0.1, 0.5, 0.9):
            assert row.current.quantile(level) == pytest.approx(sides[1][row.feature].quantile(level), rel=0.03, abs=0.02)
    overall = {row.feature: row.verdict(0.25) for row in rows if row.segment is None}
    assert overall == {"gap": STABLE, "share": MAJOR, "spend": MODERATE}


def test_the_same_customers_have_no_drift(spark, reference):
    same = _with_deciles(_frame(spark, reference), "gap", "share", "spend")
    assert {round(row.psi, 12) for row in psi_table(same, same)} == {0.0}


def test_a_segment_of_only_one_run_is_left_out(spark, reference):
    frame = _frame(spark, reference)
    rows = psi_table(_with_deciles(frame, "spend"), _with_deciles(frame.where("segment_id = 3"), "spend"))
    assert {row.segment for row in rows} == {None, 3}


def test_a_value_shared_by_many_has_its_own_bin():
    edges = bin_edges(Deciles((0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0)))
    assert len(edges) == 8
    bins = [sum(edge < value for edge in edges) for value in (-1.0, 0.0, 0.05, 0.1, 1.0, 2.0)]
    assert bins == [0, 1, 2, 2, 7, 8]


def test_a_constant_feature_that_moves_up_or_down_is_a_major_shift(spark):
    def constant(value):
        frame = spark.range(100).selectExpr("CAST(1 AS INT) AS segment_id", f"CAST({value} AS DOUBLE) AS x")
        return _with_deciles(frame, "x")

    reference = constant(5)
    for value, expected in ((5, STABLE), (4, MAJOR), (6, MAJOR)):
        assert {row.verdict(0.25) for row in psi_table(reference, constant(value))} == {expected}


def test_values_that_vanish_are_a_shift(spark):
    full, empty = (
        _with_deciles(spark.range(200).selectExpr("CAST(1 AS INT) AS segment_id", f"CAST({value} AS DOUBLE) AS x"), "x")
        for value in ("id", "NULL")
    )
    rows = psi_table(full, empty)
    assert {row.verdict(0.25) for row in rows} == {MAJOR}
    assert rows[0].current.quantile(0.5) is None
    assert {round(row.psi, 9) for row in psi_table(empty, empty)} == {0.0}


def test_a_customer_counts_once_overall_and_once_in_the_segment(spark, reference):
    edges = {(ALL_CUSTOMERS, "spend"): [1.0, 2.0], (3, "spend"): [], (7, "spend"): [1.0]}
    counts = bin_counts(_frame(spark, reference), ["spend"], edges)
    assert sum(counts[ALL_CUSTOMERS, "spend"].values()) == len(reference)
    assert counts[3, "spend"] == {0: int((reference["segment_id"] == 3).sum())}
    assert counts[ALL_CUSTOMERS, "spend"][0] == int((reference["spend"] <= 1).sum())


def test_the_formula_by_hand():
    psi, _ = population_stability_index({0: 60, 1: 40}, {0: 40, 1: 60}, 1)
    a, b = 60.5 / 101, 40.5 / 101
    assert psi == pytest.approx(2 * (a - b) * log(a / b))


def test_an_empty_bin_gives_a_finite_index():
    assert population_stability_index({0: 100}, {1: 100}, 1)[0] == pytest.approx(2 * (100 / 101) * log(201), rel=1e-9)
    assert population_stability_index({}, {0: 5}, 1) == (0.0, 0.0)


def test_the_null_quantile_is_that_of_chi_squared():
    null_quantile = population_stability_index({0: 300, 1: 200}, {0: 10, 1: 90}, 3)[1]
    assert null_quantile == pytest.approx((1 / 500 + 1 / 100) * chi2.ppf(0.999, 3))


def test_without_change_the_index_stays_below_its_null_quantile():
    n_exceeding = 0
    for _ in range(2_000):
        counts = [dict(enumerate(DRAW.multinomial(size, [0.1] * 10))) for size in (400, 250)]
        psi, null_quantile = population_stability_index(*counts, 9)
        n_exceeding += psi > null_quantile
    assert n_exceeding <= 10


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12), st.lists(st.integers(0, 1000), min_size=12, max_size=12))
def test_the_index_is_never_negative_and_symmetric(one, other):
    counts = dict(enumerate(one)), dict(enumerate(other[: len(one)]))
    psi, _ = population_stability_index(*counts, len(one) - 1)
    assert psi >= -1e-12
    assert psi == pytest.approx(population_stability_index(counts[1], counts[0], len(one) - 1)[0], abs=1e-9)


@pytest.mark.parametrize(
    ("psi", "null_quantile", "verdict"),
    [(0.09, 0, STABLE), (0.11, 0, MODERATE), (0.26, 0, MAJOR), (0.26, 0.3, STABLE), (0.31, 0.3, MAJOR), (0.2, 0.15, MODERATE)],
)
def test_what_sampling_alone_gives_is_stable(psi, null_quantile, verdict):
    drift = FeatureDrift(1, "x", psi, null_quantile, Deciles(None), Deciles(None), (1, 1))
    assert drift.verdict(0.25) == verdict
