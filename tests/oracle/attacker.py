"""An attacker who knows all published counts of a table, and derives the possible values of the suppressed ones."""

import numpy as np
from scipy.optimize import linprog


def ranges(cells, rows, columns, total, lower=None, sums_of=None):
    """The smallest and the largest possible value of each suppressed cell, by linear programs over everything published.

    Parameters
    ----------
    cells, rows, columns
        Counts, totals of rows and totals of columns; NaN where they are suppressed.
    total
        The sum of all.
    lower
        A known lower bound of each cell; 0 by default.
    sums_of
        Sums of cells to find the range of, each as 1 and 0 of the cells' shape; every suppressed cell by default.
    """
    cells = np.asarray(cells, dtype=float)
    suppressed = np.isnan(cells)
    lines = [(_line(cells, row=row), value) for row, value in enumerate(rows)]
    lines += [(_line(cells, column=column), value) for column, value in enumerate(columns)]
    known = [(line, value) for line, value in [*lines, (np.ones_like(suppressed), total)] if not np.isnan(value)]
    sums = np.array([line[suppressed] for line, _ in known], dtype=float)
    rest = np.array([value - np.nansum(cells[line]) for line, value in known])
    bounds = np.zeros_like(cells) if lower is None else np.asarray(lower, dtype=float)
    wanted = np.eye(int(suppressed.sum())) if sums_of is None else np.array([part[suppressed] for part in sums_of], dtype=float)
    return [(_end(w, 1, sums, rest, bounds[suppressed]), _end(w, -1, sums, rest, bounds[suppressed])) for w in wanted]


def widths(cell_ranges):
    """How far apart the ends of ranges are."""
    return [round(high - low) for low, high in cell_ranges]


def _line(cells, row=None, column=None):
    line = np.zeros(cells.shape, dtype=bool)
    line[slice(None) if row is None else row, slice(None) if column is None else column] = True
    return line


def _end(wanted, sign, sums, rest, bounds):
    result = linprog(sign * wanted, A_eq=sums, b_eq=rest, bounds=[(low, None) for low in bounds])
    assert result.status == 0, result.message
    return sign * result.fun
