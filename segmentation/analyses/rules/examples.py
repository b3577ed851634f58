"""Typical customers of each segment, without their ids."""

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
    """One row per segment, rank and feature: the customers nearest to the segment's center, 1 the nearest, without ids.

    Where `min_group_size` is above 1, a rank holds the mean of so many customers, and the last one also a smaller remainder.
    A segment with fewer customers in the sample has no examples.

    Parameters
    ----------
    customers
        One row per customer of the sample, one column per feature in its own unit.
    segments
        Segment of each.
    distances
        Of each to the segment's center.
    units
        Of the features; those without one are shares.
    min_group_size
        Minimum number of customers that a row describes.
    """
    # Of equally near customers the one with lower features comes first, so that ids have no influence.
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
