"""Preparation of features for clustering: impute, transform and scale, as stages of the saved pipeline.

Missing values become the median (for a nominal attribute, the most frequent level), heavy tails are reduced (log1p or caps), and one
weight per column balances the blocks: after it, the variances within a block sum to the square of the block's weight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.ml import PipelineModel
from pyspark.ml.feature import ElementwiseProduct, SQLTransformer, VectorAssembler
from pyspark.ml.linalg import Vectors
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.selection import Feature
from segmentation.schemas import VECTOR, named, sql_number
from segmentation.settings import BlockWeights

_READY = "ready_"
_UNWEIGHTED = "unweighted"
_NO_VARIANCE = 1e-18
_QUANTILE_ACCURACY = 10_000
"""Quantiles are exact for up to this many customers, and accurate to a ten-thousandth of the rank for more."""


@dataclass(frozen=True)
class PreparedFeature:
    """A feature and its fitted parameters; values are in the feature's own unit."""

    feature: Feature
    missing: int  # customers without a value
    median: float  # replaces a missing value; for a level of a nominal attribute 1 or 0
    low: float  # caps of the transform `cap`
    high: float
    scale: float = 0.0  # factor on the transformed value; 0 for a constant feature

    @property
    def is_constant(self) -> bool:
        """Whether all customers have the same value."""
        return self.scale == 0

    def expression(self, quote: str = "`") -> str:
        """SQL of the transformed value before scaling; `quote` encloses the column's name."""
        name = quote + self.feature.name.replace(quote, quote * 2) + quote
        value = f"COALESCE(CAST({name} AS DOUBLE), {sql_number(self.median)})"
        if self.feature.settings.transform == "cap":
            value = f"LEAST(GREATEST({value}, {sql_number(self.low)}), {sql_number(self.high)})"
        if self.feature.settings.transform == "log1p":
            value = f"(SIGN({value}) * LN(1 + ABS({value})))"
        return value


def learn_preparation(customers: DataFrame, features: Sequence[Feature], weights: BlockWeights) -> tuple[PreparedFeature, ...]:
    """Fit medians, caps and scales on all customers, in two aggregations."""
    learnt = _with_quantiles(customers, features)
    row = customers.agg(*(F.var_pop(F.expr(f.expression())).alias(str(index)) for index, f in enumerate(learnt))).first()
    variances = {feature.name: float(variance or 0.0) for feature, variance in zip(features, row or (), strict=True)}
    scales = feature_scales(features, variances, weights)
    return tuple(replace(f, scale=scales[f.feature.name]) for f in learnt)


def feature_scales(features: Sequence[Feature], variances: Mapping[str, float], weights: BlockWeights) -> dict[str, float]:
    """Factor of each feature: each family gets unit variance, families share their block evenly, and weights multiply that.

    `variances` are the population variances of the transformed features.
    """
    families: dict[str, float] = {}
    for feature in features:
        families[feature.family] = families.get(feature.family, 0.0) + variances[feature.name]
    varying = {(f.block, f.family): f.settings.weight for f in features if families[f.family] > _NO_VARIANCE}
    totals = {block: sum(w * w for (b, _), w in varying.items() if b == block) for block, _ in varying}
    return {
        f.name: 0.0
        if variances[f.name] <= _NO_VARIANCE or (f.block, f.family) not in varying
        else getattr(weights, f.block) * f.settings.weight / (families[f.family] * totals[f.block]) ** 0.5
        for f in features
    }


def preparation_pipeline(prepared: Sequence[PreparedFeature]) -> PipelineModel:
    """The pipeline stages that turn customer_features into `vector`; they are saved with the model."""
    ready = [f"{_READY}{number}" for number in range(len(prepared))]
    columns = ", ".join(f"{f.expression()} AS {name}" for f, name in zip(prepared, ready, strict=True))
    return PipelineModel(
        [
            SQLTransformer(statement=f"SELECT *, {columns} FROM __THIS__"),
            VectorAssembler(inputCols=ready, outputCol=_UNWEIGHTED),
            ElementwiseProduct(scalingVec=Vectors.dense([f.scale for f in prepared]), inputCol=_UNWEIGHTED, outputCol=VECTOR),
        ]
    )


def _with_quantiles(customers: DataFrame, features: Sequence[Feature]) -> list[PreparedFeature]:
    aggregates = [_missing_and_quantiles(feature).alias(str(index)) for index, feature in enumerate(features)]
    row = customers.agg(*aggregates).first()
    prepared = [
        PreparedFeature(feature, cell["missing"], *(cell["quantiles"] or (0.0, 0.0, 0.0)))
        for feature, cell in zip(features, row or (), strict=True)
    ]
    return _with_most_frequent(prepared, [cell["mean"] or 0.0 for cell in row or ()])


def _with_most_frequent(prepared: Sequence[PreparedFeature], means: Sequence[float]) -> list[PreparedFeature]:
    """A missing nominal attribute is replaced by its most frequent level, the first of equally frequent ones."""
    frequent: dict[str, tuple[float, str]] = {}
    for f, mean in zip(prepared, means, strict=True):
        if f.feature.is_level and mean > frequent.get(f.feature.family, (-1.0, ""))[0]:
            frequent[f.feature.family] = (mean, f.feature.name)
    return [replace(f, median=float(frequent[f.feature.family][1] == f.feature.name)) if f.feature.is_level else f for f in prepared]


def _missing_and_quantiles(feature: Feature) -> Column:
    low, high = feature.settings.cap_quantiles
    value = named(feature.name).cast("double")
    quantiles = F.percentile_approx(value, [0.5, low, high], _QUANTILE_ACCURACY)
    return F.struct(F.count_if(value.isNull()).alias("missing"), F.mean(value).alias("mean"), quantiles.alias("quantiles"))


_DECIMALS = 7
"""Rounding errors of the transformation and its inverse are beyond these decimals; amounts have four."""


def inverse_transform(points: NDArray[np.float64], prepared: Sequence[PreparedFeature]) -> pd.DataFrame:
    """Features of customers whose vectors are on the driver, without another Spark job.

    `points` has shape (n, d): one row per customer, one column per prepared feature. The result has one column for each feature that is
    not constant, in its own unit. A missing value is returned as the median that replaced it, a capped value as the cap.
    """
    columns = zip(prepared, np.asarray(points, dtype=np.float64).T, strict=True)
    return pd.DataFrame({feature.feature.name: _inverse(values, feature) for feature, values in columns if not feature.is_constant})


def _inverse(values: NDArray[np.float64], prepared: PreparedFeature) -> NDArray[np.float64]:
    unscaled = values / prepared.scale
    if prepared.feature.settings.transform == "log1p":
        unscaled = np.sign(unscaled) * np.expm1(np.abs(unscaled))
    return np.round(unscaled, _DECIMALS) + 0.0
