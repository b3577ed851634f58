"""A lift comes with a lower bound that weighs evidence and the number of looks taken."""

import numpy as np
import pytest
from scipy.stats import binomtest

from segmentation.insight.evidence import error_of_one, lift_of


def test_a_lift_is_the_share_here_beside_the_share_of_all():
    assert lift_of(30, 100, 50, 500, 0.025).lift == pytest.approx(0.3 / 0.1)


def test_the_bound_is_that_of_an_exact_test():
    exact = binomtest(30, 50, alternative="greater").proportion_ci(0.975, "exact").low
    assert lift_of(30, 100, 50, 500, 0.025).low == pytest.approx(exact / 0.2)


def test_three_lucky_customers_say_less_than_thirty_of_forty():
    few, many = lift_of(3, 3, 103, 1003, 0.025), lift_of(30, 40, 103, 1003, 0.025)
    assert few.lift > many.lift
    assert few.low < many.low


def test_a_bound_exists_where_nobody_else_has_a_hit():
    found = lift_of(50, 100, 50, 200, 0.001)
    assert 1 < found.low < found.lift == 2


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (0, 10, 0, 10)])
def test_without_customers_or_hits_there_is_no_lift(counts):
    assert lift_of(*counts, 0.05) is None


def test_without_a_hit_the_bound_is_nothing():
    assert lift_of(0, 10, 5, 100, 0.05) == (0.0, 0.0)


def test_a_segment_of_all_customers_has_no_lift_to_speak_of():
    found = lift_of(5, 10, 5, 10, 0.05)
    assert found.low < found.lift == 1


def test_looks_share_out_the_error():
    assert (error_of_one(1), error_of_one(2_500), error_of_one(0)) == (0.05, 0.05 / 2_500, 0.05)


def test_the_bound_is_above_the_truth_no_more_often_than_promised():
    rng = np.random.default_rng(3)
    hits, others = rng.binomial(400, 0.02, 4_000), rng.binomial(1_600, 0.02, 4_000)
    above = [lift_of(int(a), 400, int(a + b), 2_000, 0.05).low > 1 for a, b in zip(hits, others, strict=True)]
    assert 0.01 < np.mean(above) < 0.055
