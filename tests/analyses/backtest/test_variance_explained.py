"""Variance that groups explain, compared with SciPy and NumPy."""

import numpy as np
import pytest
from scipy.stats import f_oneway

from segmentation.analyses.backtest.variance_explained import backtest_metrics, backtest_segments, jackknife_error, variance_explained

NAMES = ("repurchase", "orders", "spend")


def sums(values, groups):
    numbers = np.unique(groups)
    by_group = [values[groups == number] for number in numbers]
    return [np.array([f(group) for group in by_group]) for f in (len, np.sum, lambda group: (group**2).sum())]


def rows(groupings, outcomes, folds):
    """As `outcome_sums`: one row for each grouping, group and fold."""
    return [
        {"grouping": name, "group": int(group), "fold": int(fold), "customers": int(mine.sum())}
        | {outcome: int(values[mine].sum()) for outcome, values in outcomes.items()}
        | {f"{outcome}_squared": int((values[mine] ** 2).sum()) for outcome, values in outcomes.items()}
        for name, groups in groupings.items()
        for group in np.unique(groups)
        for fold in np.unique(folds)
        if (mine := (groups == group) & (folds == fold)).any()
    ]


@pytest.fixture(scope="module")
def planted():
    """Customers whose group matters, with a grouping that knows it, one that knows half of it, and one that knows nothing."""
    rng = np.random.default_rng(1)
    n = 6_000
    true = rng.integers(1, 4, n)
    orders = rng.poisson(true)
    outcomes = {"repurchase": (orders > 0).astype(int), "orders": orders, "spend": orders * 200_000}
    groupings = {"segments": true, "rfm": np.where(true == 3, 3, 1 + (rng.random(n) < 0.5)), "random": rng.integers(1, 4, n)}
    return rows(groupings, outcomes, rng.integers(0, 50, n)), groupings, outcomes


def test_eta_squared_follows_from_scipys_f():
    rng = np.random.default_rng(2)
    groups, values = rng.integers(0, 4, 200), rng.normal(size=200)
    values += groups
    f = f_oneway(*(values[groups == number] for number in range(4))).statistic
    assert variance_explained(*sums(values, groups)).eta_squared == pytest.approx(f * 3 / (f * 3 + 196), abs=1e-12)


def test_epsilon_squared_is_the_adjusted_r_squared_of_a_regression_on_groups():
    rng = np.random.default_rng(3)
    groups, values = rng.integers(0, 5, 80), rng.exponential(size=80)
    dummies = (groups[:, None] == np.arange(5)).astype(float)
    residual = values - dummies @ np.linalg.lstsq(dummies, values, rcond=None)[0]
    adjusted = 1 - (residual**2).sum() / (80 - 5) / values.var(ddof=1)
    assert variance_explained(*sums(values, groups)).epsilon_squared == pytest.approx(adjusted, abs=1e-12)


def test_random_groups_explain_nothing_however_many_they_are():
    rng = np.random.default_rng(4)
    values = rng.lognormal(sigma=1.5, size=400)
    draws = [variance_explained(*sums(values, rng.integers(0, 40, 400))) for _ in range(300)]
    assert np.mean([one.eta_squared for one in draws]) == pytest.approx(39 / 399, abs=0.005)
    assert np.mean([one.epsilon_squared for one in draws]) == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize("values", [np.zeros(6), np.full(6, 2.0)], ids=["nobody came back", "all did the same"])
def test_nothing_is_explained_where_all_did_the_same(values):
    assert np.isnan(variance_explained(*sums(values, np.array([0, 0, 0, 1, 1, 1])))).all()


def test_nothing_is_corrected_where_each_customer_is_a_group():
    singles = variance_explained(*sums(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 2])))
    assert singles.eta_squared == pytest.approx(1)
    assert np.isnan(singles.epsilon_squared)


def test_empty_groups_do_not_count():
    full = variance_explained(np.array([2.0, 2.0]), np.array([1.0, 5.0]), np.array([1.0, 13.0]))
    assert variance_explained(np.array([2.0, 0.0, 2.0]), np.array([1.0, 0.0, 5.0]), np.array([1.0, 0.0, 13.0])) == full


def test_the_jackknife_gives_the_standard_error_of_a_mean():
    rng = np.random.default_rng(5)
    folds = rng.normal(size=(50, 400)).mean(axis=1)
    replicates = (folds.sum() - folds) / 49
    assert jackknife_error(replicates) == pytest.approx(folds.std(ddof=1) / np.sqrt(50), rel=1e-9)


def test_the_standard_error_is_about_that_of_a_bootstrap(planted):
    planted_sums, groupings, outcomes = planted
    (row,) = (r for r in backtest_metrics(planted_sums, list(groupings)) if (r["grouping"], r["outcome"]) == ("segments", "orders"))
    rng, n = np.random.default_rng(6), len(outcomes["orders"])
    draws = [rng.integers(0, n, n) for _ in range(400)]
    bootstraps = [variance_explained(*sums(outcomes["orders"][draw], groupings["segments"][draw])).epsilon_squared for draw in draws]
    assert row["standard_error"] == pytest.approx(np.std(bootstraps), rel=0.25)


def test_segments_that_matter_are_ahead_and_random_groups_explain_nothing(planted):
    by_key = {(row["grouping"], row["outcome"]): row for row in backtest_metrics(planted[0], ["segments", "rfm", "random"])}
    assert set(by_key) == {(grouping, outcome) for grouping in ("segments", "rfm", "random") for outcome in NAMES}
    for outcome in NAMES:
        ours, rfm, random = (by_key[grouping, outcome] for grouping in ("segments", "rfm", "random"))
        assert ours["segments_ahead"] is ours["segments_ahead_error"] is None
        assert rfm["segments_ahead"] > 3 * rfm["segments_ahead_error"] > 0
        assert random["segments_ahead"] > 3 * random["segments_ahead_error"] > 0
        assert abs(random["epsilon_squared"]) < 3 * random["standard_error"]
    # Poisson of mean 1, 2 or 3: variance 2 within the groups, 2/3 between them.
    assert by_key["segments", "orders"]["epsilon_squared"] == pytest.approx(0.25, abs=0.02)


def test_a_grouping_is_not_ahead_of_itself(planted):
    rows_twice = [row | {"grouping": name} for row in planted[0] if row["grouping"] == "segments" for name in ("segments", "rfm")]
    twin = next(row for row in backtest_metrics(rows_twice, ["segments", "rfm"]) if row["grouping"] == "rfm")
    assert (twin["segments_ahead"], twin["segments_ahead_error"]) == (0, 0)


def test_lift_is_the_groups_mean_over_all_customers_mean(planted):
    planted_sums, groupings, outcomes = planted
    names = {"segments": {1: "Low", 2: "Middle", 3: "High"}}
    high = next(r for r in backtest_segments(planted_sums, names) if (r["group_name"], r["outcome"]) == ("High", "spend"))
    spend, mine = outcomes["spend"] / 10_000, groupings["segments"] == 3
    assert (high["group_id"], high["customers"]) == (3, mine.sum())
    assert high["mean"] == pytest.approx(spend[mine].mean())
    assert high["lift"] == pytest.approx(spend[mine].mean() / spend.mean())


def test_there_is_no_lift_where_nobody_came_back():
    nothing = np.zeros(6, dtype=int)
    no_sums = rows({"segments": np.array([1, 1, 1, 2, 2, 2])}, dict.fromkeys(NAMES, nothing), np.arange(6))
    assert {row["lift"] for row in backtest_segments(no_sums, {"segments": {1: "A", 2: "B"}})} == {None}
    assert {row["epsilon_squared"] for row in backtest_metrics(no_sums, ["segments"])} == {None}
