"""Lift with a lower bound that depends on the evidence and on the number of comparisons."""

import numpy as np
import pytest
from scipy.stats import binomtest

from segmentation.analyses.recommendations.association_rules import bonferroni_alpha, lift_of


def test_a_lift_is_the_groups_share_over_the_share_of_all():
    assert lift_of(30, 100, 50, 500, 0.025).lift == pytest.approx(0.3 / 0.1)


def test_the_bound_is_that_of_an_exact_test():
    exact = binomtest(30, 50, alternative="greater").proportion_ci(0.975, "exact").low
    assert lift_of(30, 100, 50, 500, 0.025).ci_low == pytest.approx(exact / 0.2)


def test_three_of_three_customers_are_weaker_evidence_than_thirty_of_forty():
    three, thirty = lift_of(3, 3, 103, 1003, 0.025), lift_of(30, 40, 103, 1003, 0.025)
    assert three.lift > thirty.lift
    assert three.ci_low < thirty.ci_low


def test_a_bound_exists_where_nobody_else_has_a_hit():
    lift = lift_of(50, 100, 50, 200, 0.001)
    assert 1 < lift.ci_low < lift.lift == 2


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (0, 10, 0, 10)])
def test_without_customers_or_hits_there_is_no_lift(counts):
    assert lift_of(*counts, 0.05) is None


def test_without_a_hit_the_bound_is_zero():
    assert lift_of(0, 10, 5, 100, 0.05) == (0.0, 0.0)


def test_a_segment_of_all_customers_has_a_lift_of_one():
    lift = lift_of(5, 10, 5, 10, 0.05)
    assert lift.ci_low < lift.lift == 1


def test_comparisons_share_the_error():
    assert (bonferroni_alpha(1), bonferroni_alpha(2_500), bonferroni_alpha(0)) == (0.05, 0.05 / 2_500, 0.05)


def test_the_bound_is_above_the_truth_no_more_often_than_its_error_level():
    rng = np.random.default_rng(3)
    hits, others = rng.binomial(400, 0.02, 4_000), rng.binomial(1_600, 0.02, 4_000)
    above = [lift_of(int(a), 400, int(a + b), 2_000, 0.05).ci_low > 1 for a, b in zip(hits, others, strict=True)]
    assert 0.01 < np.mean(above) < 0.055
