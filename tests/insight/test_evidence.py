"""A lift comes with a lower bound that weighs evidence and the number of looks taken."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats.contingency import relative_risk

from segmentation.insight.evidence import deviations, lift_of


def test_a_lift_is_the_share_here_beside_the_share_of_all():
    assert lift_of(30, 100, 20, 400, 1.96).lift == pytest.approx(0.3 / 0.1)


def test_the_bound_is_that_of_the_ratio_of_shares_where_counts_are_large():
    ratio = relative_risk(30_000, 100_000, 20_000, 400_000).confidence_interval(0.95).low
    assert lift_of(30_000, 100_000, 20_000, 400_000, norm.ppf(0.975)).low == pytest.approx(1 / (0.2 + 0.8 / ratio), rel=1e-4)


def test_three_lucky_customers_say_less_than_thirty_of_forty():
    few, many = lift_of(3, 3, 100, 1000, 2), lift_of(30, 40, 73, 963, 2)
    assert few.lift > many.lift
    assert few.low < many.low


def test_a_bound_exists_where_nobody_else_has_a_hit():
    assert 1 < lift_of(50, 100, 0, 100, 3).low < 2 == lift_of(50, 100, 0, 100, 3).lift


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (0, 10, 0, 10)])
def test_without_customers_or_hits_there_is_no_lift(counts):
    assert lift_of(*counts, 2) is None


def test_a_segment_of_all_customers_has_no_lift_to_speak_of():
    assert lift_of(5, 10, 0, 0, 2) == (1.0, 1.0)


def test_more_looks_ask_for_more():
    assert deviations(1) == pytest.approx(1.6449, abs=1e-4)
    assert deviations(2_500) == pytest.approx(norm.isf(0.05 / 2_500))


def test_the_bound_holds_as_often_as_it_promises():
    rng = np.random.default_rng(3)
    hits, others = rng.binomial(400, 0.2, 4_000), rng.binomial(1_600, 0.2, 4_000)
    above = [lift_of(int(a), 400, int(b), 1_600, 1.645).low > 1 for a, b in zip(hits, others, strict=True)]
    assert 0.035 < np.mean(above) < 0.065
