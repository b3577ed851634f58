"""How far features have moved: against numpy, against the formula, and where values repeat or are missing."""

from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from segmentation.monitor.drift import (
    EVERYBODY,
    MAJOR,
    MODERATE,
    STABLE,
    Drift,
    Spread,
    bin_counts,
    drifts,
    edges_of,
    psi,
    spreads,
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


def _by_hand(then, after, edges):
    """The index with numpy, for one feature of one group."""
    shares = []
    for values in (then, after):
        known = values.dropna().to_numpy()
        counts = [*np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)]
        if then.isna().any() or after.isna().any():
            counts.append(values.isna().sum())
        shares.append((np.array(counts) + 0.5) / (len(values) + 0.5 * len(counts)))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


@pytest.fixture(scope="module")
def then():
    return _customers(3_000)


@pytest.fixture(scope="module")
def after():
    return _customers(2_500, shift=0.5, bought=0.6)


def test_every_feature_of_all_and_of_each_segment_is_what_numpy_says(spark, then, after):
    frames = _frame(spark, then), _frame(spark, after)
    features = ["gap", "share", "spend"]
    before, now = (spreads(frame, features) for frame in frames)
    found = drifts((frames[0], before), (frames[1], now))
    assert [(one.segment, one.feature) for one in found] == [(s, f) for s in (None, 3, 7) for f in features]
    for one in found:
        sides = [frame if one.segment is None else frame[frame["segment_id"] == one.segment] for frame in (then, after)]
        assert one.psi == pytest.approx(_by_hand(*(side[one.feature] for side in sides), edges_of(one.before)), abs=1e-9)
        assert one.customers == tuple(map(len, sides))
        for level in (0.1, 0.5, 0.9):
            assert one.after.quantile(level) == pytest.approx(sides[1][one.feature].quantile(level), rel=0.03, abs=0.02)
    overall = {one.feature: one.verdict(0.25) for one in found if one.segment is None}
    assert overall == {"gap": STABLE, "share": MAJOR, "spend": MODERATE}


def test_the_same_customers_have_not_moved_at_all(spark, then):
    frame = _frame(spark, then)
    one = frame, spreads(frame, ["gap", "share", "spend"])
    assert {round(drift.psi, 12) for drift in drifts(one, one)} == {0.0}


def test_a_segment_of_only_one_of_the_runs_is_left_out(spark, then):
    frame = _frame(spark, then)
    other = frame.where("segment_id = 3")
    found = drifts((frame, spreads(frame, ["spend"])), (other, spreads(other, ["spend"])))
    assert {drift.segment for drift in found} == {None, 3}


def test_a_value_that_many_share_has_a_bin_of_its_own():
    edges = edges_of(Spread((0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0)))
    assert len(edges) == 8
    places = [sum(edge < value for edge in edges) for value in (-1.0, 0.0, 0.05, 0.1, 1.0, 2.0)]
    assert places == [0, 1, 2, 2, 7, 8]


def test_a_constant_feature_that_moves_either_way_is_seen(spark):
    def frame(value):
        return spark.range(100).selectExpr("CAST(1 AS INT) AS segment_id", f"CAST({value} AS DOUBLE) AS x")

    then = spreads(frame(5), ["x"])
    for value, moved in ((5, False), (4, True), (6, True)):
        found = drifts((frame(5), then), (frame(value), spreads(frame(value), ["x"])))
        assert {one.verdict(0.25) for one in found} == {MAJOR if moved else STABLE}


def test_values_that_vanish_are_a_shift(spark):
    full = spark.range(200).selectExpr("CAST(1 AS INT) AS segment_id", "CAST(id AS DOUBLE) AS x")
    none = spark.range(200).selectExpr("CAST(1 AS INT) AS segment_id", "CAST(NULL AS DOUBLE) AS x")
    found = drifts((full, spreads(full, ["x"])), (none, spreads(none, ["x"])))
    assert {one.verdict(0.25) for one in found} == {MAJOR}
    assert found[0].after.quantile(0.5) is None
    assert {round(one.psi, 9) for one in drifts((none, spreads(none, ["x"])), (none, spreads(none, ["x"])))} == {0.0}


def test_a_customer_counts_once_among_everybody_and_once_in_the_segment(spark, then):
    edges = {(EVERYBODY, "spend"): [1.0, 2.0], (3, "spend"): [], (7, "spend"): [1.0]}
    counts = bin_counts(_frame(spark, then), ["spend"], edges)
    assert sum(counts[EVERYBODY, "spend"].values()) == len(then)
    assert counts[3, "spend"] == {0: int((then["segment_id"] == 3).sum())}
    assert counts[EVERYBODY, "spend"][0] == int((then["spend"] <= 1).sum())


def test_the_formula_by_hand():
    index, _ = psi({0: 60, 1: 40}, {0: 40, 1: 60}, 1)
    a, b = 60.5 / 101, 40.5 / 101
    assert index == pytest.approx(2 * (a - b) * log(a / b))


def test_an_empty_bin_is_no_infinite_shift():
    assert psi({0: 100}, {1: 100}, 1)[0] == pytest.approx(2 * (100 / 101) * log(201), rel=1e-9)
    assert psi({}, {0: 5}, 1) == (0.0, 0.0)


def test_by_chance_is_the_quantile_of_chi_squared():
    assert psi({0: 300, 1: 200}, {0: 10, 1: 90}, 3)[1] == pytest.approx((1 / 500 + 1 / 100) * chi2.ppf(0.999, 3))


def test_chance_stays_below_it_and_seldom_far():
    edges, over, n, m = 9, 0, 400, 250
    for _ in range(2_000):
        counts = [dict(enumerate(DRAW.multinomial(size, [0.1] * 10))) for size in (n, m)]
        index, by_chance = psi(*counts, edges)
        over += index > by_chance
    assert over <= 10


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12), st.lists(st.integers(0, 1000), min_size=12, max_size=12))
def test_it_is_never_below_nothing_and_the_same_both_ways(one, other):
    counts = dict(enumerate(one)), dict(enumerate(other[: len(one)]))
    index, _ = psi(*counts, len(one) - 1)
    assert index >= -1e-12
    assert index == pytest.approx(psi(counts[1], counts[0], len(one) - 1)[0], abs=1e-9)


@pytest.mark.parametrize(
    ("index", "by_chance", "verdict"),
    [(0.09, 0, STABLE), (0.11, 0, MODERATE), (0.26, 0, MAJOR), (0.26, 0.3, STABLE), (0.31, 0.3, MAJOR), (0.2, 0.15, MODERATE)],
)
def test_what_chance_gives_is_stable(index, by_chance, verdict):
    drift = Drift(1, "x", index, by_chance, Spread(None), Spread(None), (1, 1))
    assert drift.verdict(0.25) == verdict
