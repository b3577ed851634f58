"""Microaggregation of scatter plots: each point is the mean of a group of customers that lie close together."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata


def microaggregated(points: pd.DataFrame, axes: Sequence[str], group: str, min_group_size: int) -> pd.DataFrame:
    """One row for each group of close customers of a segment, with the means of all columns.

    Customers are split at the median of the axis in which their ranks spread more, again and again (Mondrian: LeFevre and others 2006).
    A segment with fewer than `min_group_size` customers among the points has no row.

    `points` has a row for each customer, and `group` names its column of segments. Customers of a group are in one segment and close in the
    columns `axes`. A group has at least `min_group_size` customers, and less than twice as many. With 1 the points themselves are returned.
    """
    if min_group_size <= 1:
        return points
    parts = []
    for _, members in points.groupby(group, sort=True):
        ranks = np.stack([rankdata(members[axis]) for axis in axes], axis=1)
        numbers = _partition_numbers(ranks, min_group_size)
        parts.append(members[numbers >= 0].groupby(numbers[numbers >= 0]).mean())
    return pd.concat(parts, ignore_index=True).astype({group: points[group].dtype}) if parts else points


def _partition_numbers(ranks: NDArray[np.float64], min_size: int) -> NDArray[np.int64]:
    """The part of each row, from 0; -1 for all where there are too few rows for one part."""
    numbers, n_parts, open_parts = np.full(len(ranks), -1), 0, [np.arange(len(ranks))]
    while open_parts:
        part = open_parts.pop()
        if len(part) >= 2 * min_size:
            axis = int(np.ptp(ranks[part], axis=0).argmax())
            # Ties are broken by the other axis, never by the order of rows.
            order = part[np.lexsort((*ranks[part].T, ranks[part, axis]))]
            open_parts += [order[len(order) // 2 :], order[: len(order) // 2]]
        elif len(part) >= min_size:
            numbers[part] = n_parts
            n_parts += 1
    return numbers
