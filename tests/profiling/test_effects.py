"""Effects are Hedges' g, with an interval, of a segment against all other customers."""

import math

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import Row
from scipy.special import gammaln

from segmentation.profiling.effects import Moments, hedges_g, pooled_moments, with_effects


def _moments(values):
    values = np.asarray(values, dtype=float)
    return Moments(len(values), float(values.mean()), float(((values - values.mean()) ** 2).sum()))


def _row(segment, **features):
    """As `gathered` gives it, from the values themselves; None is a missing one."""
    cells = {}
    for name, values in features.items():
        known = pd.Series(values, dtype=float).dropna()
        variance = None if len(known) < 2 else float(known.var())
        cells[name] = Row(count=len(known), level=None if known.empty else float(known.mean()), variance=variance)
    return Row(segment_id=segment, **cells)


def _effects(*rows):
    features = [name for name in rows[0].asDict() if name != "segment_id"]
    return with_effects([{"segment_id": row.segment_id, "feature": name} for row in rows for name in features], rows)


def test_an_effect_is_hedges_g_as_pandas_and_scipy_make_it():
    rng = np.random.default_rng(1)
    one, two = pd.Series(rng.normal(3, 2, 30)), pd.Series(rng.normal(2, 1, 200))
    freedom = 228
    pooled = math.sqrt((29 * one.var() + 199 * two.var()) / freedom)
    # Hedges 1981: the exact correction, which the usual 1 - 3 / (4 df - 1) comes near to.
    correction = math.exp(gammaln(freedom / 2) - gammaln((freedom - 1) / 2)) / math.sqrt(freedom / 2)
    effect = hedges_g(_moments(one), _moments(two))
    assert effect.size == pytest.approx(correction * (one.mean() - two.mean()) / pooled, rel=1e-5)


def test_the_interval_holds_the_true_difference_in_about_95_of_100():
    rng, covered = np.random.default_rng(2), 0
    for _ in range(2_000):
        effect = hedges_g(_moments(rng.normal(0.5, 1, 40)), _moments(rng.normal(0, 1, 80)))
        covered += effect.low <= 0.5 <= effect.high
    assert 0.935 <= covered / 2_000 <= 0.965


def test_a_small_effect_is_as_worked_out_by_hand():
    effect = hedges_g(Moments(2, 3.0, 2.0), Moments(2, 1.0, 2.0))
    # Pooled variance (2 + 2) / 2 = 2, so d is the square root of 2, and the correction 1 - 3 / 7.
    error = 4 / 7 * math.sqrt(4 / 4 + 2 / 8)
    assert effect == pytest.approx((4 / 7 * math.sqrt(2), 4 / 7 * math.sqrt(2) - 1.96 * error, 4 / 7 * math.sqrt(2) + 1.96 * error))
    assert not effect.is_sure


def test_groups_together_have_the_moments_of_all_their_customers():
    parts = [np.array([1.0, 2.0, 9.0]), np.array([4.0]), np.array([7.0, 7.5])]
    assert pooled_moments([_moments(part) for part in parts]) == pytest.approx(_moments(np.concatenate(parts)))
    assert pooled_moments([Moments(0, 0.0, 0.0)]) == (0, 0.0, 0.0)


def test_of_two_segments_each_is_the_others_mirror():
    first, second = _effects(_row(1, orders=[1.0, 2.0, 3.0, 4.0]), _row(2, orders=[8.0, 9.0, 11.0]))
    assert first["hedges_g"] == pytest.approx(-second["hedges_g"])
    assert (first["hedges_g_ci_low"], first["hedges_g_ci_high"]) == pytest.approx((-second["hedges_g_ci_high"], -second["hedges_g_ci_low"]))


def test_a_segment_is_compared_with_all_others_together():
    rng = np.random.default_rng(3)
    values = [rng.normal(middle, 1, 20) for middle in (0, 1, 5)]
    effects = _effects(*(_row(segment, days=part) for segment, part in enumerate(values, start=1)))
    assert effects[2]["hedges_g"] == pytest.approx(hedges_g(_moments(values[2]), _moments(np.concatenate(values[:2]))).size)


def test_effects_are_ranked_by_size_where_their_direction_is_sure():
    rng = np.random.default_rng(4)
    noise = rng.normal(size=40)
    rows = (
        _row(1, weak=noise[:20] + 1.5, none=noise[:20], strong=noise[:20] - 5),
        _row(2, weak=noise[20:], none=noise[20:], strong=noise[20:]),
    )
    assert [row["rank"] for row in _effects(*rows)] == [2, None, 1] * 2


def test_equal_effects_are_ranked_in_the_order_of_features():
    one, two = [1.0, 2.0, 3.0], [7.0, 8.0, 9.0]
    assert [row["rank"] for row in _effects(_row(1, b=one, a=one), _row(2, b=two, a=two))] == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([5.0, 5.0, 5.0], [5.0, 5.0]),  # all alike
        ([1.0, 1.0], [2.0, 2.0]),  # alike within either
        ([4.0], [1.0, 2.0, 3.0]),  # a segment of one customer
        ([None, None], [1.0, 2.0]),  # no value
        ([0.1] * 7, [0.1] * 3),  # alike but for the last bit of the mean
    ],
)
def test_what_has_no_variance_has_no_effect_and_no_rank(one, two):
    effects = _effects(_row(1, days=one), _row(2, days=two))
    assert [[row[name] for name in ("hedges_g", "hedges_g_ci_low", "hedges_g_ci_high", "rank")] for row in effects] == [[None] * 4] * 2
