"""Single figures: which are told, and how finely."""

import pytest

from segmentation.privacy.figures import kept_back, quantile_told, tells_of_few


@pytest.mark.parametrize(
    ("level", "customers", "is_told"),
    [(0.5, 19, False), (0.5, 20, True), (0.1, 99, False), (0.1, 100, True), (0.9, 99, False), (0.9, 100, True)],
)
def test_a_quantile_is_told_where_a_group_lies_on_either_side(level, customers, is_told):
    assert (quantile_told(12.0, level, customers, 10) is not None) == is_told


@pytest.mark.parametrize(
    ("value", "told"), [(674.23, 674.0), (1234.5, 1230.0), (0.123456, 0.123), (-0.98765, -0.988), (0.0, 0.0), (37, 37.0), (None, None)]
)
def test_a_quantile_is_told_to_three_figures(value, told):
    assert quantile_told(value, 0.5, 1_000, 10) == told


@pytest.mark.parametrize(("part", "is_few"), [(0, False), (1, True), (9, True), (10, False), (90, False), (91, True), (100, False)])
def test_few_are_few_on_either_side_and_nobody_is_not(part, is_few):
    assert tells_of_few(part, 100, 10) == is_few


def test_what_is_kept_back_are_the_values_that_were_there():
    assert kept_back([{"a": 1, "b": None}], [{"a": None, "b": None}, {"a": 2, "b": None}]) == 2
