"""How well groups predict an attribute: planted tables, SciPy, and the published formulas."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from segmentation.analyses.fairness.leakage import CHANCE, LITTLE, SOME, STRONGLY, cramers_v, proxy_leakage

NO_LIMIT = 1
INDEPENDENT = np.outer([100, 200, 300], [3, 1]) // 2
DETERMINED = np.diag([120, 80, 40])
SOMEWHAT = np.array([[90, 40, 20], [30, 80, 40], [25, 45, 75]])


def bergsma(counts):
    """As published: W. Bergsma, A bias-correction for Cramér's V and Tschuprow's T, 2013."""
    n, (r, c) = counts.sum(), counts.shape
    phi2 = association(counts, method="cramer") ** 2 * min(r - 1, c - 1)
    corrected = max(0, phi2 - (r - 1) * (c - 1) / (n - 1))
    return np.sqrt(corrected / min(r - (r - 1) ** 2 / (n - 1) - 1, c - (c - 1) ** 2 / (n - 1) - 1))


@pytest.mark.parametrize("counts", [INDEPENDENT, DETERMINED, SOMEWHAT, SOMEWHAT[:, :2], SOMEWHAT * 50])
def test_cramers_v_is_bergsmas(counts):
    assert cramers_v(counts) == pytest.approx(bergsma(counts), abs=1e-12)


def test_many_random_groups_have_no_leakage():
    rng = np.random.default_rng(5)
    draws = [rng.multinomial(300, np.full(40, 1 / 40)).reshape(10, 4) for _ in range(200)]
    corrected, plain = ([measure(draw) for draw in draws] for measure in (cramers_v, association))
    assert np.mean(corrected) < 0.05
    assert np.mean(plain) > 0.15


def test_an_independent_level_is_predicted_no_better_than_by_chance():
    leakage = proxy_leakage(INDEPENDENT, NO_LIMIT)
    assert (leakage.cramers_v, leakage.verdict) == (0, CHANCE)
    assert (leakage.accuracy, leakage.accuracy_without, leakage.goodman_kruskal_lambda) == (0.75, 0.75, 0)
    assert (leakage.balanced_accuracy, leakage.balanced_accuracy_without) == (0.5, 0.5)


def test_a_determined_level_is_predicted_always():
    leakage = proxy_leakage(DETERMINED, NO_LIMIT)
    assert (leakage.cramers_v, leakage.verdict) == (1, STRONGLY)
    assert (leakage.accuracy, leakage.balanced_accuracy, leakage.goodman_kruskal_lambda) == (1, 1, 1)
    assert (leakage.accuracy_without, leakage.balanced_accuracy_without) == (0.5, 0.333)


def test_a_guess_from_the_group_is_the_most_frequent_level():
    leakage = proxy_leakage(SOMEWHAT, NO_LIMIT)
    known, unknown, n = 90 + 80 + 75, 165, 445
    assert (leakage.accuracy, leakage.accuracy_without) == (round(known / n, 3), round(unknown / n, 3))
    assert leakage.goodman_kruskal_lambda == round((known - unknown) / (n - unknown), 3)
    assert leakage.balanced_accuracy == round((90 / 145 + 80 / 165 + 75 / 135) / 3, 3)


def test_a_rare_level_weighs_like_any_other():
    rare = np.array([[500, 0], [480, 20]])
    leakage = proxy_leakage(rare, NO_LIMIT)
    assert (leakage.accuracy, leakage.goodman_kruskal_lambda) == (leakage.accuracy_without, 0)
    assert leakage.balanced_accuracy == round((500 / 980 + 1) / 2, 3)


def test_the_p_value_is_scipys():
    leakage = proxy_leakage(SOMEWHAT[:, :2], NO_LIMIT)
    assert leakage.p_value == round(chi2_contingency(SOMEWHAT[:, :2], correction=False).pvalue, 3)


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([[12, 8], [8, 12]], CHANCE),
        ([[1200, 1000], [1000, 1200]], LITTLE),
        ([[70, 30], [30, 70]], SOME),
        ([[90, 10], [10, 90]], STRONGLY),
    ],
)
def test_verdicts_follow_cohens_convention(counts, verdict):
    assert proxy_leakage(np.array(counts), NO_LIMIT).verdict == verdict


def test_small_levels_are_merged():
    counts = np.array([[50, 30, 4, 0], [20, 60, 3, 5]])
    leakage = proxy_leakage(counts, 10)
    assert (leakage.levels, leakage.customers) == (3, 172)
    assert leakage == proxy_leakage(np.array([[50, 30, 4], [20, 60, 8]]), NO_LIMIT)


def test_small_levels_are_left_out_where_they_are_small_even_together():
    leakage = proxy_leakage(np.array([[50, 30, 4], [20, 60, 3]]), 10)
    assert (leakage.levels, leakage.customers) == (2, 160)


@pytest.mark.parametrize("counts", [[[50, 3], [40, 2]], [[50, 40]], [[50], [40]]])
def test_a_single_level_or_group_has_no_leakage(counts):
    assert proxy_leakage(np.array(counts), 10) is None


def test_measures_are_rounded_so_that_no_count_follows_from_them():
    measures = proxy_leakage(SOMEWHAT, NO_LIMIT)._asdict()
    assert all(value == round(value, 3) for value in measures.values())
