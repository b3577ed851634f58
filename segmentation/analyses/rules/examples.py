"""Customers who are most like their segment, without who they are."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.schemas import SEGMENT_ID, UNITS

PLACES = 3


def segment_examples(
    customers: pd.DataFrame,
    segments: NDArray[np.int64],
    distances: NDArray[np.float64],
    units: Mapping[str, str] = UNITS,
    min_group_size: int = 1,
) -> list[dict[str, Any]]:
    """A row for each segment, place and feature: the customers nearest to its center, 1 the nearest, with nothing that names them.

    Where a group must be larger than one, a place holds the mean of so many, and the last one those that would be left over too few.
    A segment of fewer in the sample has no examples.

    Parameters
    ----------
    customers
        A row a customer of the sample, a column a feature in its own unit.
    segments
        Segment of each.
    distances
        Of each to the segment's center.
    units
        Of the features; those without one are shares.
    min_group_size
        How many customers a place stands for, at least.
    """
    # Of customers equally near, the one of lower features comes first: never the one of lower id.
    order = np.lexsort((*reversed([customers[name] for name in customers.columns]), distances, segments))
    ranked = customers.iloc[order].assign(**{SEGMENT_ID: segments[order]})
    sizes = ranked.groupby(SEGMENT_ID)[SEGMENT_ID].transform("size")
    places = ranked.groupby(SEGMENT_ID).cumcount() // min_group_size + 1
    left_over = (sizes > PLACES * min_group_size) & (sizes - PLACES * min_group_size < min_group_size)
    last = np.where(left_over, PLACES, sizes // min_group_size)
    nearest = ranked.assign(rank=np.where(left_over | (sizes < PLACES * min_group_size), np.minimum(places, last), places))
    means = nearest[nearest["rank"].between(1, PLACES)].groupby([SEGMENT_ID, "rank"])[list(customers.columns)].mean().reset_index()
    return [
        {
            SEGMENT_ID: int(row[SEGMENT_ID]),
            "rank": int(row["rank"]),
            "feature": name,
            "unit": units.get(name, "share"),
            "value": row[name],
        }
        for row in means.to_dict("records")
        for name in customers.columns
    ]
