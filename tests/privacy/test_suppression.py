"""No count that is told is of a small group, and nobody who knows all that is told can work one out: an attacker tries."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from segmentation.privacy.suppression import hidden_in_grid, hidden_in_line


def attacked(counts, hidden, weights=None, knows_who_is_there=True):
    """The least and the most that each cell kept back can hold, or the sum of some: a linear program over all that is told."""
    counts, cells = np.asarray(counts), np.argwhere(hidden.cells)
    place = {tuple(cell): number for number, cell in enumerate(cells)}
    lines, totals = [], []

    def known(line, total):
        lines.append([float(tuple(cell) in line) for cell in cells])
        totals.append(total - sum(counts[cell] for cell in line if not hidden.cells[cell]))

    rows, columns = ([tuple(cell) for cell in np.argwhere(np.ones_like(counts))], range(counts.shape[1]))
    for row in np.flatnonzero(~hidden.rows):
        known({cell for cell in rows if cell[0] == row}, counts[row].sum())
    for column in columns:
        if not hidden.columns[column]:
            known({cell for cell in rows if cell[1] == column}, counts[:, column].sum())
    known(set(rows), counts.sum())
    bounds = [(1.0 if knows_who_is_there and counts[tuple(cell)] else 0.0, None) for cell in cells]
    asked = np.eye(len(cells)) if weights is None else np.array([[float(w[tuple(cell)]) for cell in cells] for w in weights])

    def end(direction, sign):
        found = linprog(sign * direction, A_eq=np.array(lines), b_eq=np.array(totals), bounds=bounds)
        assert found.status == 0, found.message
        return sign * found.fun

    assert len(place) == len(cells)
    return [(end(direction, 1), end(direction, -1)) for direction in asked]


def told_are_large(counts, hidden, smallest_group):
    told = [counts[~hidden.cells], counts.sum(axis=1)[~hidden.rows], counts.sum(axis=0)[~hidden.columns]]
    return all(((part == 0) | (part >= smallest_group)).all() for part in told)


def widths(ranges):
    return [round(high - low) for low, high in ranges]


tables = st.tuples(st.integers(2, 5), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.one_of(st.just(0), st.integers(1, 6), st.integers(0, 60)))
)


@settings(max_examples=150, deadline=None)
@given(counts=tables, smallest_group=st.integers(3, 12))
def test_an_attacker_who_knows_all_that_is_told_cannot_narrow_a_cell_further_than_promised(counts, smallest_group):
    assume(counts.sum() >= 2 * smallest_group)
    hidden = hidden_in_grid(counts, smallest_group)
    assert told_are_large(counts, hidden, smallest_group)
    if hidden.cells.any() and not hidden.cells.all():
        assert min(widths(attacked(counts, hidden))) >= smallest_group - 2


@settings(max_examples=60, deadline=None)
@given(counts=tables)
def test_where_groups_of_one_are_kept_back_two_numbers_at_least_stay_open(counts):
    assume(counts.sum() >= 4)
    hidden = hidden_in_grid(counts, 2)
    assert told_are_large(counts, hidden, 2)
    if hidden.cells.any() and not hidden.cells.all():
        assert min(widths(attacked(counts, hidden, knows_who_is_there=False))) >= 1


@settings(max_examples=60, deadline=None)
@given(counts=tables, smallest_group=st.integers(3, 12))
def test_a_total_kept_back_stays_open_too(counts, smallest_group):
    assume(counts.sum() >= 2 * smallest_group)
    hidden = hidden_in_grid(counts, smallest_group)
    lines = [np.zeros_like(counts) for _ in range(hidden.rows.sum())]
    for line, row in zip(lines, np.flatnonzero(hidden.rows), strict=True):
        line[row] = 1
    if lines and not hidden.cells.all():
        assert min(widths(attacked(counts, hidden, lines))) >= 1


@settings(max_examples=200, deadline=None)
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
