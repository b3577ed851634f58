"""No published count is of a small group, and an attacker who knows all that is published cannot derive one."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle.attacker import ranges, widths

from segmentation.privacy.cell_suppression import suppressed_in_grid, suppressed_in_line


def derived(counts, suppressed, sums_of=None, knows_who_is_there=True):
    """Ranges of the cells that can be derived from what is published."""
    cells, rows, columns = (
        np.where(mask, np.nan, values)
        for mask, values in ((suppressed.cells, counts), (suppressed.rows, counts.sum(axis=1)), (suppressed.columns, counts.sum(axis=0)))
    )
    return ranges(cells, rows, columns, counts.sum(), (counts > 0) & knows_who_is_there, sums_of)


def published_are_large(counts, suppressed, min_group_size):
    published = [counts[~suppressed.cells], counts.sum(axis=1)[~suppressed.rows], counts.sum(axis=0)[~suppressed.columns]]
    return all(((part == 0) | (part >= min_group_size)).all() for part in published)


tables = st.tuples(st.integers(2, 5), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.one_of(st.just(0), st.integers(1, 6), st.integers(0, 60)))
)


@settings(max_examples=80, deadline=None)
@given(counts=tables, min_group_size=st.integers(3, 12))
def test_the_range_of_a_suppressed_cell_that_can_be_derived_is_as_wide_as_documented(counts, min_group_size):
    assume(counts.sum() >= 2 * min_group_size)
    suppressed = suppressed_in_grid(counts, min_group_size)
    assert published_are_large(counts, suppressed, min_group_size)
    if suppressed.cells.any() and not suppressed.cells.all():
        assert min(widths(derived(counts, suppressed))) >= min_group_size - 2


@settings(max_examples=40, deadline=None)
@given(counts=tables)
def test_a_suppressed_group_of_one_leaves_two_possible_numbers_at_least(counts):
    assume(counts.sum() >= 4)
    suppressed = suppressed_in_grid(counts, 2)
    assert published_are_large(counts, suppressed, 2)
    if suppressed.cells.any() and not suppressed.cells.all():
        assert min(widths(derived(counts, suppressed, knows_who_is_there=False))) >= 1


@settings(max_examples=40, deadline=None)
@given(counts=tables, min_group_size=st.integers(3, 12))
def test_a_suppressed_total_cannot_be_derived(counts, min_group_size):
    assume(counts.sum() >= 2 * min_group_size)
    suppressed = suppressed_in_grid(counts, min_group_size)
    lines = [np.arange(len(counts))[:, None] + np.zeros_like(counts) == row for row in np.flatnonzero(suppressed.rows)]
    if lines and not suppressed.cells.all():
        assert min(widths(derived(counts, suppressed, lines))) >= 1


@settings(max_examples=100, deadline=None)
@given(counts=st.lists(st.integers(0, 40), min_size=1, max_size=8), min_group_size=st.integers(3, 12))
def test_the_sum_of_suppressed_parts_is_no_small_group(counts, min_group_size):
    suppressed, line = suppressed_in_line(counts, min_group_size), np.array(counts)
    assert ((line[~suppressed] == 0) | (line[~suppressed] >= min_group_size)).all()
    assert suppressed.all() or not suppressed.any() or line[suppressed].sum() >= min_group_size


@given(counts=tables)
def test_nothing_is_suppressed_where_groups_may_be_of_one(counts):
    suppressed = suppressed_in_grid(counts, 1)
    assert [part.any() for part in (suppressed.cells, suppressed.rows, suppressed.columns)] == [False, False, False]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([50, 3, 20, 12], [False, True, False, True]),
        ([50, 3, 9, 12], [False, True, True, False]),
        ([50, 3, 0, 12], [False, True, False, True]),
        ([50, 12], [False, False]),
        ([4, 4, 30, 2, 400], [True, True, True, True, False]),
    ],
)
def test_the_smallest_sufficient_part_is_suppressed_with_a_small_one(counts, expected):
    assert suppressed_in_line(counts, 10).tolist() == expected


def test_a_small_cell_is_suppressed_with_three_others():
    counts = np.array([[3, 40, 60], [80, 15, 70], [90, 50, 100]])
    assert suppressed_in_grid(counts, 10).cells.tolist() == [[True, True, False], [True, True, False], [False, False, False]]


def test_a_cell_of_last_resort_is_published_where_another_will_do():
    counts, last_resort = np.array([[3, 40, 60], [80, 15, 70], [90, 50, 100]]), np.zeros((3, 3), dtype=bool)
    last_resort[0, 1] = True
    suppressed = suppressed_in_grid(counts, 10, last_resort=last_resort).cells
    assert (suppressed[0].tolist(), suppressed[0, 1]) == ([True, False, True], False)


def test_a_zero_is_suppressed_where_a_row_has_no_other_cell():
    counts = np.array([[40, 0, 0], [3, 30, 50], [20, 60, 20]])
    suppressed = suppressed_in_grid(counts, 10)
    assert min(widths(derived(counts, suppressed))) >= 8


@settings(max_examples=40, deadline=None)
@given(counts=tables, min_group_size=st.integers(3, 12))
def test_with_row_totals_known_cells_cannot_be_derived_either(counts, min_group_size):
    assume((counts.sum(axis=1) >= min_group_size).all())
    suppressed = suppressed_in_grid(counts, min_group_size, row_totals_are_known=True)
    assert published_are_large(counts, suppressed, min_group_size)
    assert not suppressed.rows.any()
    whole_rows = suppressed.cells.all(axis=1)
    if suppressed.cells.any() and not suppressed.cells.all():
        cells = np.where(suppressed.cells, np.nan, counts)
        columns = np.where(suppressed.columns, np.nan, counts.sum(axis=0))
        cell_ranges = ranges(cells, counts.sum(axis=1), columns, counts.sum(), (counts > 0) & ~whole_rows[:, None])
        assert min(widths(cell_ranges)) >= min_group_size - 2
