"""Which counts of customers to keep back, so that neither they nor a subtraction tell of fewer than a group may hold.

Counts stand in lines whose totals are known: the cells of a row, and those of a column. A count below the smallest group is kept back,
and with it so many others that what is known leaves each of them open (complementary cell suppression: Willenborg and de Waal 2001).
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

_ENDLESS = 2**30
"""More than the customers of any table."""
_MOST_REPAIRS = 200
"""A table that needs more is kept back whole."""


@dataclass(frozen=True)
class Hidden:
    """What is kept back of a table of counts: totals of rows and of columns, and cells, of shape (rows, columns)."""

    rows: Mask
    columns: Mask
    cells: Mask


def is_small(counts: Any, smallest_group: int) -> Any:
    """Whether so many customers are somebody, and fewer than a group may hold; nobody is not a small group."""
    return (counts > 0) & (counts < smallest_group)


def hidden_in_line(counts: Sequence[int], smallest_group: int, also: Sequence[bool] | Mask | None = None) -> Mask:
    """Which parts of a known total are kept back: small ones, and the fewest others that leave each of these open.

    Parameters
    ----------
    counts
        Customers of each part, 0 and more.
    smallest_group
        No part that is told holds fewer.
    also
        Further parts that must not be told.
    """
    line = np.asarray(counts, dtype=np.int64)[None, :]
    first = is_small(line, smallest_group) | (False if also is None else np.asarray(also)[None, :])
    nowhere = np.zeros(1, dtype=np.int64)
    everywhere = np.zeros(line.shape[1], dtype=np.int64)
    hidden: Mask = _Grid(line, nowhere, everywhere, smallest_group, _spare(line, smallest_group)).closed(first)[0]
    return hidden


def hidden_in_grid(
    counts: Counts, smallest_group: int, also: Mask | None = None, late: Mask | None = None, rows_are_told: bool = False
) -> Hidden:
    """Which cells and totals of a two-way table are kept back; the sum of all is known, and so are the other totals.

    Whoever knows all that is told can narrow a cell kept back down to no fewer than `smallest_group` - 1 numbers (two at least), even
    knowing which of these cells hold anybody. Where too few customers are in a table for that, every cell of it is kept back.

    Parameters
    ----------
    counts
        Customers, shape (rows, columns).
    smallest_group
        No cell and no total that is told holds fewer, but for zeros.
    also
        Further cells that must not be told, of the same shape.
    late
        Cells to keep back for others' sake only where nothing else will do.
    rows_are_told
        Whether the totals of rows stand elsewhere. One too thinly spread is then kept back cell by cell, with its zeros, and who is
        there stays open.
    """
    rows, columns = (_hidden_totals(counts, axis, smallest_group) for axis in (1, 0))
    spare = _spare(counts, smallest_group)
    # Of totals kept back no more than their sum is known, so that their lines count as one.
    row_lines, column_lines = (np.where(kept, kept.argmax(), np.arange(len(kept))) for kept in (rows, columns))
    first = is_small(counts, smallest_group) | ((rows[:, None] | columns[None, :]) & (counts > 0))
    if rows_are_told:
        first, spare = first | rows[:, None], np.where(rows[:, None], counts, spare)
        row_lines, rows = np.arange(len(rows)), np.zeros_like(rows)
    grid = _Grid(counts, row_lines, column_lines, smallest_group, spare, late)
    return Hidden(rows, columns, grid.closed(first if also is None else first | also))


def _hidden_totals(counts: Counts, axis: int, smallest_group: int) -> Mask:
    """Totals that are small, or so thinly spread that even with all their cells kept back too little would be open."""
    totals = counts.sum(axis=axis)
    thin = (totals > 0) & (_spare(counts, smallest_group).sum(axis=axis) < _width(smallest_group))
    return hidden_in_line(totals, smallest_group, thin & bool(is_small(counts, smallest_group).any()))


def _spare(counts: Counts, smallest_group: int) -> Counts:
    """What a cell could hold less, were it known that it holds somebody; of groups of two that would leave nothing open."""
    return np.maximum(counts - (1 if smallest_group > 2 else 0), 0)


def _width(smallest_group: int) -> int:
    """How far apart the least and the most must be that a cell kept back could hold."""
    return max(1, smallest_group - 2)


@dataclass(frozen=True)
class _Grid:
    """Counts, each in a line of its row and a line of its column, numbered; `spare` is what each cell could hold less."""

    counts: Counts
    row_lines: Counts
    column_lines: Counts
    smallest_group: int
    spare: Counts
    late: Mask | None = None

    @property
    def width(self) -> int:
        """What must stay open of each cell."""
        return _width(self.smallest_group)

    @cached_property
    def lines(self) -> tuple[Counts, Counts]:
        """The number of each cell's row line, and of its column line."""
        rows, columns = np.broadcast_arrays(self.row_lines[:, None], self.column_lines[None, :])
        return rows, columns

    def closed(self, hidden: Mask) -> Mask:
        """The cells given, and those that must go with them."""
        hidden, open_enough = self._lines_open(hidden), np.zeros_like(hidden)
        for _ in range(_MOST_REPAIRS):
            weak = self._weak_cell(hidden, open_enough)
            if weak is None or hidden.all():
                return hidden
            hidden = self._lines_open(hidden | self._one_more(self._beside(weak) & ~hidden, ~hidden))
        return np.ones_like(hidden)

    def _lines_open(self, hidden: Mask) -> Mask:
        """Every line keeps back no cell, or so many that their sum tells of no small group and leaves each open."""
        while lacking := [line for lines in self.lines for line in self._lacking(lines, hidden)]:
            for line in lacking:
                hidden = hidden | self._sufficient(line & hidden, line & ~hidden)
        return hidden

    def _lacking(self, lines: Counts, hidden: Mask) -> list[Mask]:
        """The lines whose cells kept back are not enough, where there are others."""
        kept, free = np.bincount(lines[hidden], minlength=lines.max() + 1), np.bincount(lines[~hidden], minlength=lines.max() + 1)
        total, spare = (np.bincount(lines[hidden], values[hidden], lines.max() + 1) for values in (self.counts, self.spare))
        is_open = (kept > 1) & (total >= self.smallest_group) & (spare >= self.width)
        return [lines == line for line in np.flatnonzero((kept > 0) & (free > 0) & ~is_open)]

    def _sufficient(self, kept: Mask, free: Mask) -> Mask:
        """The least of the free cells of a line that opens it, else the largest; none where another line's has done so meanwhile."""
        total, spare = self.counts[kept].sum(), self.spare[kept].sum()
        if kept.sum() > 1 and total >= self.smallest_group and spare >= self.width:
            return np.zeros_like(kept)
        lacks = max(self.smallest_group - total, self.width - spare + 1, 1)
        enough = free & (self.counts >= lacks)
        return self._one_more(enough, free & (self.counts == np.where(free, self.counts, -1).max()))

    def _one_more(self, wanted: Mask, otherwise: Mask) -> Mask:
        """The least cell wanted that holds anybody, those to be kept back late coming last; else any of the others."""
        chosen = np.zeros_like(wanted)
        free = wanted if wanted.any() else otherwise
        if free.any():
            late = np.zeros_like(free) if self.late is None else self.late
            order = np.lexsort((self.counts.ravel(), late.ravel(), self.counts.ravel() == 0, ~free.ravel()))
            chosen.flat[order[0]] = True
        return chosen

    def _beside(self, cell: tuple[int, int]) -> Mask:
        """The cells that share a line with one."""
        row, column = cell
        return np.asarray((self.row_lines == self.row_lines[row])[:, None] | (self.column_lines == self.column_lines[column])[None, :])

    def _weak_cell(self, hidden: Mask, open_enough: Mask) -> tuple[int, int] | None:
        """The first cell kept back that what is told leaves too little open of; whatever was open once stays so, and is marked."""
        for row, column in np.argwhere(hidden & ~open_enough):
            cell = int(row), int(column)
            if not self._swaps(cell, hidden) and self._range(cell, hidden) < self.width:
                return cell
            open_enough[cell] = True
        return None

    def _swaps(self, cell: tuple[int, int], hidden: Mask) -> bool:
        """Whether one swap with three other cells, or with one of the same lines, leaves enough open: looked at before the flow."""
        row, column = cell
        spare = np.where(hidden, self.spare, 0)
        along, across = spare[row], spare[:, column]
        same = (self.row_lines == self.row_lines[row])[:, None] & (self.column_lines == self.column_lines[column])[None, :] & hidden
        same[row, column] = False
        beside = int(np.where(same, spare, -1).max())
        other = (self.row_lines != self.row_lines[row])[:, None] & (self.column_lines != self.column_lines[column])[None, :]
        cycles = other & hidden & hidden[row][None, :] & hidden[:, column][:, None]
        widths = np.minimum(along[None, :], across[:, None]) + np.minimum(spare[row, column], spare)
        return bool(max(beside + spare[row, column] if beside >= 0 else -1, np.where(cycles, widths, -1).max()) >= self.width)

    def _range(self, cell: tuple[int, int], hidden: Mask) -> int:
        """How far apart the least and the most are that a cell could hold: as much as can flow from its row to its column and back."""
        rest = hidden.copy()
        rest[cell] = False
        row, column = self.row_lines[cell[0]], self.column_lines[cell[1]] + len(self.row_lines)
        up = self._flow(rest, np.where(rest, self.spare, 0), np.where(rest, _ENDLESS, 0), (row, column))
        down = self._flow(rest, np.where(rest, _ENDLESS, 0), np.where(rest, self.spare, 0), (row, column))
        return up + min(int(self.spare[cell]), down)

    def _flow(self, rest: Mask, ahead: Counts, back: Counts, ends: tuple[int, int]) -> int:
        rows, columns = np.nonzero(rest)
        sources, sinks = self.row_lines[rows], self.column_lines[columns] + len(self.row_lines)
        size = len(self.row_lines) + len(self.column_lines)
        amounts = np.concatenate([ahead[rest], back[rest]])
        ways = np.concatenate([sources, sinks]), np.concatenate([sinks, sources])
        graph = csr_array((amounts, ways), shape=(size, size))
        graph.data = graph.data.clip(max=_ENDLESS)
        return int(maximum_flow(graph.astype(np.int32), *map(int, ends)).flow_value)
