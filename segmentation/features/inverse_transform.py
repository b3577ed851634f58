"""Inverse of the preparation: features in their own units, computed from vectors."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.features.preparation import PreparedFeature

_DECIMALS = 7
"""Rounding errors of the transformation and its inverse are beyond these decimals; amounts have four."""


def inverse_transform(points: NDArray[np.float64], prepared: Sequence[PreparedFeature]) -> pd.DataFrame:
    """Features of customers whose vectors are on the driver, without another Spark job.

    `points` has shape (n, d): one row per customer, one column per prepared feature.

    Returns
    -------
    DataFrame
        One column for each feature that is not constant, in its own unit. A missing value is returned as the median that replaced it,
        a capped value as the cap.
    """
    columns = zip(prepared, np.asarray(points, dtype=np.float64).T, strict=True)
    return pd.DataFrame({feature.feature.name: _inverse(values, feature) for feature, values in columns if not feature.is_constant})


def _inverse(values: NDArray[np.float64], prepared: PreparedFeature) -> NDArray[np.float64]:
    unscaled = values / prepared.scale
    if prepared.feature.settings.transform == "log1p":
        unscaled = np.sign(unscaled) * np.expm1(np.abs(unscaled))
    return np.round(unscaled, _DECIMALS) + 0.0
