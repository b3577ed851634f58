"""Somebody who has all that is published of a table of counts, and wants to know what was kept back."""

import numpy as np
from scipy.optimize import linprog


def ranges(cells, rows, columns, whole, least=None, asked=None):
    """The least and the most that each cell kept back can hold: linear programs over all that is told.

    Parameters
    ----------
    cells, rows, columns
        Counts, totals of rows and totals of columns; NaN where they were kept back.
    whole
        Of all.
    least
        What each cell holds at least, as far as it is known; 0 without.
    asked
        Sums of cells to find the range of, each as 1 and 0 of the cells' shape; every cell kept back without.
    """
    cells = np.asarray(cells, dtype=float)
    hidden = np.isnan(cells)
    lines = [(_line(cells, row=row), total) for row, total in enumerate(rows)]
    lines += [(_line(cells, column=column), total) for column, total in enumerate(columns)]
    known = [(line, total) for line, total in [*lines, (np.ones_like(hidden), whole)] if not np.isnan(total)]
    sums = np.array([line[hidden] for line, _ in known], dtype=float)
    left = np.array([total - np.nansum(cells[line]) for line, total in known])
    lower = np.zeros_like(cells) if least is None else np.asarray(least, dtype=float)
    wanted = np.eye(int(hidden.sum())) if asked is None else np.array([part[hidden] for part in asked], dtype=float)
    return [(_end(w, 1, sums, left, lower[hidden]), _end(w, -1, sums, left, lower[hidden])) for w in wanted]


def widths(found):
    """How far apart the ends of ranges are."""
    return [round(high - low) for low, high in found]


def _line(cells, row=None, column=None):
    line = np.zeros(cells.shape, dtype=bool)
    line[slice(None) if row is None else row, slice(None) if column is None else column] = True
    return line


def _end(wanted, sign, sums, left, lower):
    found = linprog(sign * wanted, A_eq=sums, b_eq=left, bounds=[(low, None) for low in lower])
    assert found.status == 0, found.message
    return sign * found.fun
