"""Customers in a picture, in groups that lie close together: no mark stands for one of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata


def marks_of(points: pd.DataFrame, axes: Sequence[str], group: str, least: int) -> pd.DataFrame:
    """One row for each group of at least so many customers of a segment that lie close together: the means of the columns.

    Customers are parted at the middle of the axis in which their ranks spread further, again and again (Mondrian: LeFevre and others
    2006). A segment of fewer than `least` customers among the points has no mark.

    Parameters
    ----------
    points
        A row a customer.
    axes
        The columns by which customers are close.
    group
        The column of segments; a mark stands for customers of one.
    least
        How many customers a mark stands for, at least, and less than twice as many; 1 gives the points themselves.
    """
    if least <= 1:
        return points
    parts = []
    for _, mine in points.groupby(group, sort=True):
        ranks = np.stack([rankdata(mine[axis]) for axis in axes], axis=1)
        numbers = _parted(ranks, least)
        parts.append(mine[numbers >= 0].groupby(numbers[numbers >= 0]).mean())
    return pd.concat(parts, ignore_index=True).astype({group: points[group].dtype}) if parts else points


def _parted(ranks: NDArray[np.float64], least: int) -> NDArray[np.int64]:
    """The part of each row, from 0; -1 where there are too few rows for any."""
    numbers, found, open_parts = np.full(len(ranks), -1), 0, [np.arange(len(ranks))]
    while open_parts:
        part = open_parts.pop()
        if len(part) >= 2 * least:
            axis = int(np.ptp(ranks[part], axis=0).argmax())
            # Equal customers are told apart by their other axis: never by the order of rows.
            order = part[np.lexsort((*ranks[part].T, ranks[part, axis]))]
            open_parts += [order[len(order) // 2 :], order[: len(order) // 2]]
        elif len(part) >= least:
            numbers[part] = found
            found += 1
    return numbers
