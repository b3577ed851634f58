"""Customers who are most like their segment, without who they are."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.schemas import SEGMENT_ID, UNITS

PLACES = 3


def segment_examples(
    customers: pd.DataFrame, segments: NDArray[np.int64], distances: NDArray[np.float64], units: Mapping[str, str] = UNITS
) -> list[dict[str, Any]]:
    """A row for each segment, place and feature: the customers nearest to its centre, 1 the nearest, with nothing that names them.

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
    """
    # Of customers equally near, the one of lower features comes first: never the one of lower id.
    order = np.lexsort((*reversed([customers[name] for name in customers.columns]), distances, segments))
    ranked = customers.iloc[order].assign(**{SEGMENT_ID: segments[order]})
    nearest = ranked.assign(place=ranked.groupby(SEGMENT_ID).cumcount() + 1).query("place <= @PLACES")
    return [
        {
            SEGMENT_ID: int(row[SEGMENT_ID]),
            "place": int(row["place"]),
            "feature": name,
            "unit": units.get(name, "share"),
            "value": row[name],
        }
        for row in nearest.to_dict("records")
        for name in customers.columns
    ]
