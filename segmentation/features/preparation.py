"""From features to the vector that customers are compared by, as stages of the saved pipeline.

Missing values become the median (a nominal attribute's most frequent level), heavy tails are tamed (log1p or caps), and one
weight per column makes blocks weigh alike: after it, the variances within a block add up to the block's weight squared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pyspark.ml import PipelineModel
from pyspark.ml.feature import ElementwiseProduct, SQLTransformer, VectorAssembler
from pyspark.ml.linalg import Vectors
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.selection import Feature
from segmentation.schemas import VECTOR, named, sql_number
from segmentation.settings.model import BlockWeights

_READY = "ready_"
_UNWEIGHTED = "unweighted"
_NO_VARIANCE = 1e-18
_QUANTILE_ACCURACY = 10_000
"""Quantiles are exact up to this many customers, and right to a ten-thousandth of rank beyond."""


@dataclass(frozen=True)
class PreparedFeature:
    """A feature with all that was learnt about it.

    Parameters
    ----------
    feature
        Which, and its settings.
    missing
        Customers without a value.
    median
        What stands in for a missing value, in the feature's own unit; for a level of a nominal attribute 1 or 0.
    low, high
        Caps, in the feature's own unit, which the transform cap uses.
    scale
        Factor on the transformed value; 0 for a constant feature, which tells no one apart.
    """

    feature: Feature
    missing: int
    median: float
    low: float
    high: float
    scale: float = 0.0

    @property
    def is_constant(self) -> bool:
        """Whether all customers are alike in it."""
        return self.scale == 0

    def expression(self, quote: str = "`") -> str:
        """The transformed value in plain SQL, before scaling; `quote` encloses the column's name."""
        name = quote + self.feature.name.replace(quote, quote * 2) + quote
        value = f"COALESCE(CAST({name} AS DOUBLE), {sql_number(self.median)})"
        if self.feature.settings.transform == "cap":
            value = f"LEAST(GREATEST({value}, {sql_number(self.low)}), {sql_number(self.high)})"
        if self.feature.settings.transform == "log1p":
            value = f"(SIGN({value}) * LN(1 + ABS({value})))"
        return value


def learn_preparation(customers: DataFrame, features: Sequence[Feature], weights: BlockWeights) -> tuple[PreparedFeature, ...]:
    """Medians, caps and scales from all customers, in two passes of aggregates.

    Parameters
    ----------
    customers
        customer_features, one row a customer.
    features
        Those to prepare.
    weights
        Weight of each block.
    """
    learnt = _with_quantiles(customers, features)
    row = customers.agg(*(F.var_pop(F.expr(f.expression())).alias(str(place)) for place, f in enumerate(learnt))).first()
    variances = {feature.name: float(variance or 0.0) for feature, variance in zip(features, row or (), strict=True)}
    scales = scales_of(features, variances, weights)
    return tuple(replace(f, scale=scales[f.feature.name]) for f in learnt)


def scales_of(features: Sequence[Feature], variances: Mapping[str, float], weights: BlockWeights) -> dict[str, float]:
    """Factor of each feature: its family gets unit variance, families share their block evenly, weights on top.

    Parameters
    ----------
    features
        With block, family and weight.
    variances
        Population variance of each transformed feature.
    weights
        Weight of each block.
    """
    families: dict[str, float] = {}
    for feature in features:
        families[feature.family] = families.get(feature.family, 0.0) + variances[feature.name]
    alive = {(f.block, f.family): f.settings.weight for f in features if families[f.family] > _NO_VARIANCE}
    totals = {block: sum(w * w for (b, _), w in alive.items() if b == block) for block, _ in alive}
    return {
        f.name: 0.0
        if variances[f.name] <= _NO_VARIANCE or (f.block, f.family) not in alive
        else getattr(weights, f.block) * f.settings.weight / (families[f.family] * totals[f.block]) ** 0.5
        for f in features
    }


def preparation_pipeline(prepared: Sequence[PreparedFeature]) -> PipelineModel:
    """The stages that turn customer_features into `vector`; they are saved with the model."""
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
    asked = [_missing_and_quantiles(feature).alias(str(place)) for place, feature in enumerate(features)]
    row = customers.agg(*asked).first()
    found = [
        PreparedFeature(feature, cell["missing"], *(cell["quantiles"] or (0.0, 0.0, 0.0)))
        for feature, cell in zip(features, row or (), strict=True)
    ]
    return _with_most_frequent(found, [cell["mean"] or 0.0 for cell in row or ()])


def _with_most_frequent(prepared: Sequence[PreparedFeature], means: Sequence[float]) -> list[PreparedFeature]:
    """For a missing level stands the most frequent of its attribute, the first of those that are equally so."""
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
