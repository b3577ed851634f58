"""Back from vectors to the features they were made of, in their own units, for vectors at hand."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.features.preparation import PreparedFeature

_PLACES = 7
"""What the way to the vector and back takes away lies beyond these decimals; amounts have four."""


def original_features(points: NDArray[np.float64], prepared: Sequence[PreparedFeature]) -> pd.DataFrame:
    """Features of customers whose vectors are known, without asking Spark for them again.

    Parameters
    ----------
    points
        Shape (n, d): a row a customer, a column a prepared feature.
    prepared
        What was learnt about each feature, in the order of the columns.

    Returns
    -------
    DataFrame
        A column for each feature that is not constant, in its own unit. A missing value is the median that stands for it, one
        beyond a cap is the cap.
    """
    columns = zip(prepared, np.asarray(points, dtype=np.float64).T, strict=True)
    return pd.DataFrame({feature.feature.name: _original(values, feature) for feature, values in columns if not feature.is_constant})


def _original(values: NDArray[np.float64], prepared: PreparedFeature) -> NDArray[np.float64]:
    level = values / prepared.scale
    if prepared.feature.settings.transform == "log1p":
        level = np.sign(level) * np.expm1(np.abs(level))
    return np.round(level, _PLACES) + 0.0
