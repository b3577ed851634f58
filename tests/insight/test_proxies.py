"""How far groups give away an attribute: against planted tables, SciPy, and the formulas as published."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from segmentation.insight.proxies import CHANCE, LITTLE, SOME, STRONGLY, cramers_v, giveaway

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


def test_chance_shows_nothing_though_there_are_many_groups():
    rng = np.random.default_rng(5)
    draws = [rng.multinomial(300, np.full(40, 1 / 40)).reshape(10, 4) for _ in range(200)]
    corrected, plain = ([measure(draw) for draw in draws] for measure in (cramers_v, association))
    assert np.mean(corrected) < 0.05
    assert np.mean(plain) > 0.15


def test_independent_is_no_more_than_chance():
    found = giveaway(INDEPENDENT, NO_LIMIT)
    assert (found.cramers_v, found.verdict) == (0, CHANCE)
    assert (found.accuracy, found.accuracy_without, found.goodman_kruskal_lambda) == (0.75, 0.75, 0)
    assert (found.balanced_accuracy, found.balanced_accuracy_without) == (0.5, 0.5)


def test_wholly_determined_is_all():
    found = giveaway(DETERMINED, NO_LIMIT)
    assert (found.cramers_v, found.verdict) == (1, STRONGLY)
    assert (found.accuracy, found.balanced_accuracy, found.goodman_kruskal_lambda) == (1, 1, 1)
    assert (found.accuracy_without, found.balanced_accuracy_without) == (0.5, 0.333)


def test_a_guess_from_the_group_is_the_most_frequent_level():
    found = giveaway(SOMEWHAT, NO_LIMIT)
    known, unknown, n = 90 + 80 + 75, 165, 445
    assert (found.accuracy, found.accuracy_without) == (round(known / n, 3), round(unknown / n, 3))
    assert found.goodman_kruskal_lambda == round((known - unknown) / (n - unknown), 3)
    assert found.balanced_accuracy == round((90 / 145 + 80 / 165 + 75 / 135) / 3, 3)


def test_a_rare_level_weighs_like_any_other():
    rare = np.array([[500, 0], [480, 20]])
    found = giveaway(rare, NO_LIMIT)
    assert (found.accuracy, found.goodman_kruskal_lambda) == (found.accuracy_without, 0)
    assert found.balanced_accuracy == round((500 / 980 + 1) / 2, 3)


def test_the_p_value_is_scipys():
    found = giveaway(SOMEWHAT[:, :2], NO_LIMIT)
    assert found.p_value == round(chi2_contingency(SOMEWHAT[:, :2], correction=False).pvalue, 3)


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([[12, 8], [8, 12]], CHANCE),
        ([[1200, 1000], [1000, 1200]], LITTLE),
        ([[70, 30], [30, 70]], SOME),
        ([[90, 10], [10, 90]], STRONGLY),
    ],
)
def test_words_follow_cohens_convention(counts, verdict):
    assert giveaway(np.array(counts), NO_LIMIT).verdict == verdict


def test_levels_of_too_few_customers_are_taken_together():
    counts = np.array([[50, 30, 4, 0], [20, 60, 3, 5]])
    found = giveaway(counts, 10)
    assert (found.levels, found.customers) == (3, 172)
    assert found == giveaway(np.array([[50, 30, 4], [20, 60, 8]]), NO_LIMIT)


def test_and_left_out_where_even_so_they_are_too_few():
    found = giveaway(np.array([[50, 30, 4], [20, 60, 3]]), 10)
    assert (found.levels, found.customers) == (2, 160)


@pytest.mark.parametrize("counts", [[[50, 3], [40, 2]], [[50, 40]], [[50], [40]]])
def test_nothing_is_told_of_a_single_level_or_group(counts):
    assert giveaway(np.array(counts), 10) is None


def test_no_count_can_be_worked_back_from_what_is_told():
    told = giveaway(SOMEWHAT, NO_LIMIT)._asdict()
    assert all(value == round(value, 3) for value in told.values())
