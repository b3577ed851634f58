"""No count that is told is of a small group, and nobody who knows all that is told can work one out: an attacker tries."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle.attacker import ranges, widths

from segmentation.privacy.suppression import hidden_in_grid, hidden_in_line


def attacked(counts, hidden, asked=None, knows_who_is_there=True):
    """What can be worked out of what is told."""
    cells, rows, columns = (
        np.where(kept, np.nan, told)
        for kept, told in ((hidden.cells, counts), (hidden.rows, counts.sum(axis=1)), (hidden.columns, counts.sum(axis=0)))
    )
    return ranges(cells, rows, columns, counts.sum(), (counts > 0) & knows_who_is_there, asked)


def told_are_large(counts, hidden, smallest_group):
    told = [counts[~hidden.cells], counts.sum(axis=1)[~hidden.rows], counts.sum(axis=0)[~hidden.columns]]
    return all(((part == 0) | (part >= smallest_group)).all() for part in told)


tables = st.tuples(st.integers(2, 5), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.one_of(st.just(0), st.integers(1, 6), st.integers(0, 60)))
)


@settings(max_examples=80, deadline=None)
@given(counts=tables, smallest_group=st.integers(3, 12))
def test_an_attacker_who_knows_all_that_is_told_cannot_narrow_a_cell_further_than_promised(counts, smallest_group):
    assume(counts.sum() >= 2 * smallest_group)
    hidden = hidden_in_grid(counts, smallest_group)
    assert told_are_large(counts, hidden, smallest_group)
    if hidden.cells.any() and not hidden.cells.all():
        assert min(widths(attacked(counts, hidden))) >= smallest_group - 2


@settings(max_examples=40, deadline=None)
@given(counts=tables)
def test_where_groups_of_one_are_kept_back_two_numbers_at_least_stay_open(counts):
    assume(counts.sum() >= 4)
    hidden = hidden_in_grid(counts, 2)
    assert told_are_large(counts, hidden, 2)
    if hidden.cells.any() and not hidden.cells.all():
        assert min(widths(attacked(counts, hidden, knows_who_is_there=False))) >= 1


@settings(max_examples=40, deadline=None)
@given(counts=tables, smallest_group=st.integers(3, 12))
def test_a_total_kept_back_stays_open_too(counts, smallest_group):
    assume(counts.sum() >= 2 * smallest_group)
    hidden = hidden_in_grid(counts, smallest_group)
    lines = [np.arange(len(counts))[:, None] + np.zeros_like(counts) == row for row in np.flatnonzero(hidden.rows)]
    if lines and not hidden.cells.all():
        assert min(widths(attacked(counts, hidden, lines))) >= 1


@settings(max_examples=100, deadline=None)
@given(counts=st.lists(st.integers(0, 40), min_size=1, max_size=8), smallest_group=st.integers(3, 12))
def test_the_sum_of_the_parts_kept_back_is_no_small_group(counts, smallest_group):
    hidden, line = hidden_in_line(counts, smallest_group), np.array(counts)
    assert ((line[~hidden] == 0) | (line[~hidden] >= smallest_group)).all()
    assert hidden.all() or not hidden.any() or line[hidden].sum() >= smallest_group


@given(counts=tables)
def test_groups_of_one_are_told_where_one_is_enough(counts):
    hidden = hidden_in_grid(counts, 1)
    assert [part.any() for part in (hidden.cells, hidden.rows, hidden.columns)] == [False, False, False]


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
def test_the_least_part_that_suffices_goes_with_a_small_one(counts, expected):
    assert hidden_in_line(counts, 10).tolist() == expected


def test_a_small_cell_takes_three_others_with_it():
    counts = np.array([[3, 40, 60], [80, 15, 70], [90, 50, 100]])
    assert hidden_in_grid(counts, 10).cells.tolist() == [[True, True, False], [True, True, False], [False, False, False]]


def test_what_should_be_kept_back_late_stays_where_another_cell_will_do():
    counts, late = np.array([[3, 40, 60], [80, 15, 70], [90, 50, 100]]), np.zeros((3, 3), dtype=bool)
    late[0, 1] = True
    hidden = hidden_in_grid(counts, 10, late=late).cells
    assert (hidden[0].tolist(), hidden[0, 1]) == ([True, False, True], False)


def test_where_no_one_else_is_in_a_row_a_zero_goes_too():
    counts = np.array([[40, 0, 0], [3, 30, 50], [20, 60, 20]])
    hidden = hidden_in_grid(counts, 10)
    assert min(widths(attacked(counts, hidden))) >= 8


@settings(max_examples=40, deadline=None)
@given(counts=tables, smallest_group=st.integers(3, 12))
def test_where_the_totals_of_rows_are_known_from_elsewhere_cells_stay_open_too(counts, smallest_group):
    assume((counts.sum(axis=1) >= smallest_group).all())
    hidden = hidden_in_grid(counts, smallest_group, rows_are_told=True)
    assert told_are_large(counts, hidden, smallest_group)
    assert not hidden.rows.any()
    whole_rows = hidden.cells.all(axis=1)
    if hidden.cells.any() and not hidden.cells.all():
        cells = np.where(hidden.cells, np.nan, counts)
        columns = np.where(hidden.columns, np.nan, counts.sum(axis=0))
        found = ranges(cells, counts.sum(axis=1), columns, counts.sum(), (counts > 0) & ~whole_rows[:, None])
        assert min(widths(found)) >= smallest_group - 2
