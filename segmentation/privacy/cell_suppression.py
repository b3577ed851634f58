"""Complementary cell suppression: which counts of customers not to publish, so that no subtraction reveals a small group either.

Counts lie in lines whose totals are known: the cells of a row, and those of a column. A count below the threshold is suppressed, and so
many others with it that the published ones leave each of them uncertain (Willenborg and de Waal 2001).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

_UNBOUNDED = 2**30
"""More than the customers of any table."""
_MAX_REPAIRS = 200
"""A table that needs more is suppressed as a whole."""


@dataclass(frozen=True)
class SuppressedGrid:
    """What is suppressed of a two-way table: totals of rows and of columns, and cells, of shape (rows, columns)."""

    rows: Mask
    columns: Mask
    cells: Mask


def is_below_threshold(counts: Any, min_group_size: int) -> Any:
    """Whether there are customers, and fewer than a group must hold; an empty group is not small."""
    return (counts > 0) & (counts < min_group_size)


def suppressed_in_line(counts: Sequence[int], min_group_size: int, also: Sequence[bool] | Mask | None = None) -> Mask:
    """Which parts of a known total are suppressed: small ones, and the fewest others that leave each of these uncertain.

    `counts` are the customers of each part. No published part holds fewer than `min_group_size`, except for empty ones. `also` marks
    further parts to suppress.
    """
    line = np.asarray(counts, dtype=np.int64)[None, :]
    first = is_below_threshold(line, min_group_size) | (False if also is None else np.asarray(also)[None, :])
    one_row = np.zeros(1, dtype=np.int64)
    one_column = np.zeros(line.shape[1], dtype=np.int64)
    suppressed: Mask = _Grid(line, one_row, one_column, min_group_size, _slack(line, min_group_size)).completed(first)[0]
    return suppressed


def suppressed_in_grid(
    counts: Counts, min_group_size: int, also: Mask | None = None, last_resort: Mask | None = None, row_totals_are_known: bool = False
) -> SuppressedGrid:
    """Which cells and totals of a two-way table are suppressed; the sum of all is known, and so are the totals not suppressed.

    Even who knows all that is published, and which of the suppressed cells hold anybody, can narrow none of them down to fewer than
    `min_group_size` - 1 numbers (two at least). Where a table holds too few customers for that, all of its cells are suppressed.

    All arrays have shape (rows, columns). No published cell or total holds fewer than `min_group_size` customers, except for zeros. `also`
    marks further cells to suppress. Cells of `last_resort` are suppressed for the sake of others only where no other cell will do.

    With `row_totals_are_known` the totals of rows are published elsewhere. A row with too few customers is then suppressed cell by cell,
    with its zeros, and it stays uncertain which of them hold anybody.
    """
    rows, columns = (_suppressed_totals(counts, axis, min_group_size) for axis in (1, 0))
    slack = _slack(counts, min_group_size)
    # Of suppressed totals no more than their sum is known, so that their lines count as one.
    row_lines, column_lines = (np.where(totals, totals.argmax(), np.arange(len(totals))) for totals in (rows, columns))
    first = is_below_threshold(counts, min_group_size) | ((rows[:, None] | columns[None, :]) & (counts > 0))
    if row_totals_are_known:
        first, slack = first | rows[:, None], np.where(rows[:, None], counts, slack)
        row_lines, rows = np.arange(len(rows)), np.zeros_like(rows)
    grid = _Grid(counts, row_lines, column_lines, min_group_size, slack, last_resort)
    return SuppressedGrid(rows, columns, grid.completed(first if also is None else first | also))


def _suppressed_totals(counts: Counts, axis: int, min_group_size: int) -> Mask:
    """Totals that are small, or of so few customers that suppressing all of their cells would leave too little uncertain."""
    totals = counts.sum(axis=axis)
    is_thin = (totals > 0) & (_slack(counts, min_group_size).sum(axis=axis) < _min_width(min_group_size))
    return suppressed_in_line(totals, min_group_size, is_thin & bool(is_below_threshold(counts, min_group_size).any()))


def _slack(counts: Counts, min_group_size: int) -> Counts:
    """How many fewer a cell could hold if it is known to hold somebody; with groups of two that would leave nothing uncertain."""
    return np.maximum(counts - (1 if min_group_size > 2 else 0), 0)


def _min_width(min_group_size: int) -> int:
    """How far apart the smallest and the largest possible value of a suppressed cell must be."""
    return max(1, min_group_size - 2)


@dataclass(frozen=True)
class _Grid:
    """Counts, each in the line of its row and in that of its column, both numbered; `slack` as of `_slack`."""

    counts: Counts
    row_lines: Counts
    column_lines: Counts
    min_group_size: int
    slack: Counts
    last_resort: Mask | None = None

    @property
    def min_width(self) -> int:
        """Smallest permitted range of a suppressed cell."""
        return _min_width(self.min_group_size)

    @cached_property
    def lines(self) -> tuple[Counts, Counts]:
        """The number of each cell's row line, and of its column line."""
        rows, columns = np.broadcast_arrays(self.row_lines[:, None], self.column_lines[None, :])
        return rows, columns

    def completed(self, suppressed: Mask) -> Mask:
        """The cells given, and those that must be suppressed with them."""
        suppressed, is_safe = self._with_safe_lines(suppressed), np.zeros_like(suppressed)
        for _ in range(_MAX_REPAIRS):
            exposed = self._exposed_cell(suppressed, is_safe)
            if exposed is None or suppressed.all():
                return suppressed
            suppressed = self._with_safe_lines(suppressed | self._smallest(self._neighbours(exposed) & ~suppressed, ~suppressed))
        return np.ones_like(suppressed)

    def _with_safe_lines(self, suppressed: Mask) -> Mask:
        """With so many more cells that each line has none suppressed, or enough that their sum is no small group and each is uncertain."""
        while unsafe := [line for lines in self.lines for line in self._unsafe(lines, suppressed)]:
            for line in unsafe:
                suppressed = suppressed | self._complement(line & suppressed, line & ~suppressed)
        return suppressed

    def _unsafe(self, lines: Counts, suppressed: Mask) -> list[Mask]:
        """Lines with too little suppressed, and with cells left to suppress."""
        size = lines.max() + 1
        n_suppressed, n_free = np.bincount(lines[suppressed], minlength=size), np.bincount(lines[~suppressed], minlength=size)
        total, slack = (np.bincount(lines[suppressed], values[suppressed], size) for values in (self.counts, self.slack))
        is_safe = (n_suppressed > 1) & (total >= self.min_group_size) & (slack >= self.min_width)
        return [lines == line for line in np.flatnonzero((n_suppressed > 0) & (n_free > 0) & ~is_safe)]

    def _complement(self, suppressed: Mask, free: Mask) -> Mask:
        """The smallest free cell that makes a line safe, or the largest; none where another line's complement has made it safe."""
        total, slack = self.counts[suppressed].sum(), self.slack[suppressed].sum()
        if suppressed.sum() > 1 and total >= self.min_group_size and slack >= self.min_width:
            return np.zeros_like(suppressed)
        lacking = max(self.min_group_size - total, self.min_width - slack + 1, 1)
        sufficient = free & (self.counts >= lacking)
        return self._smallest(sufficient, free & (self.counts == np.where(free, self.counts, -1).max()))

    def _smallest(self, preferred: Mask, otherwise: Mask) -> Mask:
        """The smallest preferred cell that holds anybody, or one of the others; those of last resort come last."""
        chosen = np.zeros_like(preferred)
        candidates = preferred if preferred.any() else otherwise
        if candidates.any():
            last_resort = np.zeros_like(candidates) if self.last_resort is None else self.last_resort
            order = np.lexsort((self.counts.ravel(), last_resort.ravel(), self.counts.ravel() == 0, ~candidates.ravel()))
            chosen.flat[order[0]] = True
        return chosen

    def _neighbours(self, cell: tuple[int, int]) -> Mask:
        """The cells that share a line with one."""
        row, column = cell
        return np.asarray((self.row_lines == self.row_lines[row])[:, None] | (self.column_lines == self.column_lines[column])[None, :])

    def _exposed_cell(self, suppressed: Mask, is_safe: Mask) -> tuple[int, int] | None:
        """The first suppressed cell whose range is too narrow. Cells found safe are noted in `is_safe`: they stay so."""
        for row, column in np.argwhere(suppressed & ~is_safe):
            cell = int(row), int(column)
            if not self._has_wide_swap(cell, suppressed) and self._range(cell, suppressed) < self.min_width:
                return cell
            is_safe[cell] = True
        return None

    def _has_wide_swap(self, cell: tuple[int, int], suppressed: Mask) -> bool:
        """Whether a swap with three other cells, or with one in the same lines, is wide enough: cheaper than the flow, and tried first."""
        row, column = cell
        slack = np.where(suppressed, self.slack, 0)
        in_row, in_column = slack[row], slack[:, column]
        same = (self.row_lines == self.row_lines[row])[:, None] & (self.column_lines == self.column_lines[column])[None, :] & suppressed
        same[row, column] = False
        twin = int(np.where(same, slack, -1).max())
        other = (self.row_lines != self.row_lines[row])[:, None] & (self.column_lines != self.column_lines[column])[None, :]
        cycles = other & suppressed & suppressed[row][None, :] & suppressed[:, column][:, None]
        widths = np.minimum(in_row[None, :], in_column[:, None]) + np.minimum(slack[row, column], slack)
        return bool(max(twin + slack[row, column] if twin >= 0 else -1, np.where(cycles, widths, -1).max()) >= self.min_width)

    def _range(self, cell: tuple[int, int], suppressed: Mask) -> int:
        """The largest minus the smallest value that a cell could hold: the maximum flow from its row to its column and back."""
        others = suppressed.copy()
        others[cell] = False
        row, column = self.row_lines[cell[0]], self.column_lines[cell[1]] + len(self.row_lines)
        slack, unbounded = np.where(others, self.slack, 0), np.where(others, _UNBOUNDED, 0)
        up = self._flow(others, slack, unbounded, (row, column))
        down = self._flow(others, unbounded, slack, (row, column))
        return up + min(int(self.slack[cell]), down)

    def _flow(self, cells: Mask, forward: Counts, backward: Counts, ends: tuple[int, int]) -> int:
        rows, columns = np.nonzero(cells)
        sources, sinks = self.row_lines[rows], self.column_lines[columns] + len(self.row_lines)
        size = len(self.row_lines) + len(self.column_lines)
        capacities = np.concatenate([forward[cells], backward[cells]])
        edges = np.concatenate([sources, sinks]), np.concatenate([sinks, sources])
        graph = csr_array((capacities, edges), shape=(size, size))
        graph.data = graph.data.clip(max=_UNBOUNDED)
        return int(maximum_flow(graph.astype(np.int32), *map(int, ends)).flow_value)
