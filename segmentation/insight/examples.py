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
    smallest_group: int = 1,
) -> list[dict[str, Any]]:
    """A row for each segment, place and feature: the customers nearest to its centre, 1 the nearest, with nothing that names them.

    Where a group must be larger than one, a place holds the mean of so many, and the last one those that would be left over too few.
    A segment of fewer in the sample has no examples.

    Parameters
    ----------
    customers
        A row a customer of the sample, a column a feature in its own unit.
    segments
        Segment of each.
    distances
        Of each to the segment's centre.
    units
        Of the features; those without one are shares.
    smallest_group
        How many customers a place stands for, at least.
    """
    # Of customers equally near, the one of lower features comes first: never the one of lower id.
    order = np.lexsort((*reversed([customers[name] for name in customers.columns]), distances, segments))
    ranked = customers.iloc[order].assign(**{SEGMENT_ID: segments[order]})
    sizes = ranked.groupby(SEGMENT_ID)[SEGMENT_ID].transform("size")
    places = ranked.groupby(SEGMENT_ID).cumcount() // smallest_group + 1
    left_over = (sizes > PLACES * smallest_group) & (sizes - PLACES * smallest_group < smallest_group)
    last = np.where(left_over, PLACES, sizes // smallest_group)
    nearest = ranked.assign(place=np.where(left_over | (sizes < PLACES * smallest_group), np.minimum(places, last), places))
    means = nearest[nearest["place"].between(1, PLACES)].groupby([SEGMENT_ID, "place"])[list(customers.columns)].mean().reset_index()
    return [
        {
            SEGMENT_ID: int(row[SEGMENT_ID]),
            "place": int(row["place"]),
            "feature": name,
            "unit": units.get(name, "share"),
            "value": row[name],
        }
        for row in means.to_dict("records")
        for name in customers.columns
    ]
