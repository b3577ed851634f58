"""Assigns customers to segments, in Spark and as SQL, and measures each assignment: distance, margin, silhouette."""

from collections.abc import Mapping, Sequence

from pyspark.ml import PipelineModel
from pyspark.ml.clustering import KMeansModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.clustering.metrics import Array
from segmentation.clustering.segments import Segments, segment_id_stage
from segmentation.schemas import CLUSTER, PREVIOUS_SEGMENT_ID, SEGMENT_ID, VECTOR, sql_number

SILHOUETTE = "silhouette"
HYSTERESIS_APPLIED, NEAREST_DISTANCE = "hysteresis_applied", "nearest_distance"
_VALUES = "vector_values"
_SQUARED = "squared_distances"


def assign_segments(vectors: DataFrame, model: KMeansModel, segments: Segments) -> tuple[DataFrame, PipelineModel]:
    """Customers with their segment, distances, margin and silhouette; and the stages from `vector` to `segment_id`."""
    fit = PipelineModel([model, segment_id_stage(segments)])
    measured = with_distances(fit.transform(vectors), segments.ids, segments.centers)
    return with_silhouette(measured, segments).drop(VECTOR, CLUSTER), fit


def with_distances(customers: DataFrame, ids: Sequence[int], centers: Array) -> DataFrame:
    """Customers with the distance to their own center, the next nearest segment, and the margin between the two.

    `customers` has `segment_id` and `vector`. `ids` are those of all segments; row i of `centers`, shape (k, d), is the center of the
    i-th segment.

    Adds `distance` (Euclidean, in prepared units), `next_segment_id` and `margin`. The margin is (next - own) / (next + own) of the
    distances: 0 on the border and 1 at the center.
    """
    own = F.sqrt(F.element_at(_SQUARED, segment_position(ids)))
    others = (
        F.when(F.col(SEGMENT_ID) != segment, F.struct(F.get(_SQUARED, F.lit(index)).alias("d"), F.lit(segment).alias(SEGMENT_ID)))
        for index, segment in enumerate(ids)
    )
    measured = _with_squared_distances(customers, centers).withColumn("nearest_other", F.array_min(F.array(*others)))
    to_next = F.sqrt(F.col("nearest_other.d"))
    margin = F.greatest(F.lit(0.0), F.coalesce(F.try_divide(to_next - own, to_next + own), F.lit(0.0)))
    return measured.select(
        *customers.columns,
        own.alias("distance"),
        F.col(f"nearest_other.{SEGMENT_ID}").alias("next_segment_id"),
        margin.alias("margin"),
    )


def apply_switch_hysteresis(customers: DataFrame, ids: Sequence[int], centers: Array, switch_margin: float) -> DataFrame:
    """Leave customers in their previous segment while another is only slightly nearer, so that they do not flip between segments.

    A customer switches if (previous - nearest) / (previous + nearest), of distances, is `switch_margin` or more. With a margin of 0,
    customers always switch.

    `customers` has `vector`, `segment_id` of the nearest segment, and `previous_segment_id`, null where there is none. `ids` and `centers`
    are as in `with_distances`.

    Adds `hysteresis_applied`, true where customers stay although another segment is nearer, and `nearest_distance`, the Euclidean
    distance to the nearest center.
    """
    to_nearest, to_previous = (F.sqrt(F.element_at(_SQUARED, segment_position(ids, name))) for name in (SEGMENT_ID, PREVIOUS_SEGMENT_ID))
    difference = F.coalesce(F.try_divide(to_previous - to_nearest, to_previous + to_nearest), F.lit(0.0))
    is_known = F.coalesce(F.col(PREVIOUS_SEGMENT_ID).isin(*ids), F.lit(False))
    stays = is_known & (F.col(PREVIOUS_SEGMENT_ID) != F.col(SEGMENT_ID)) & (difference < switch_margin)
    measured = _with_squared_distances(customers, centers).withColumns({HYSTERESIS_APPLIED: stays, NEAREST_DISTANCE: to_nearest})
    segment = F.when(F.col(HYSTERESIS_APPLIED), F.col(PREVIOUS_SEGMENT_ID)).otherwise(F.col(SEGMENT_ID)).alias(SEGMENT_ID)
    columns = (segment if name == SEGMENT_ID else name for name in customers.columns)
    return measured.select(*columns, HYSTERESIS_APPLIED, NEAREST_DISTANCE)


def with_silhouette(customers: DataFrame, segments: Segments) -> DataFrame:
    """Customers with their silhouette on squared Euclidean distances, as Spark defines it, in one pass.

    The mean squared distance from a customer to a segment is the squared distance to the segment's mean plus the
    segment's variance.

    `customers` has `segment_id` and `vector`. `segments` are all that have customers.
    """
    position = segment_position(segments.ids)
    n = F.element_at(F.array(*(F.lit(float(size)) for size in segments.sizes)), position)
    to_segments = [F.get(_SQUARED, F.lit(index)) + F.lit(float(variance)) for index, variance in enumerate(segments.variances)]
    own = F.element_at(F.array(*to_segments), position) * n / F.greatest(n - 1, F.lit(1.0))
    other = F.array_min(F.array(*(F.when(position != index, to) for index, to in enumerate(to_segments, start=1))))
    silhouette = F.when(n > 1, F.coalesce(F.try_divide(other - own, F.greatest(other, own)), F.lit(0.0))).otherwise(0.0)
    measured = _with_squared_distances(customers, segments.means)
    return measured.select(*customers.columns, silhouette.alias(SILHOUETTE))


def segment_position(ids: Sequence[int], column: str = SEGMENT_ID) -> Column:
    """Position of a customer's segment in `ids`, from 1; null if it is none of them."""
    return F.nullif(F.array_position(F.array(*map(F.lit, ids)), F.col(column)), F.lit(0)).cast("int")


def segment_name(names: Mapping[int, str]) -> Column:
    """Name of a customer's segment, by the names of all ids."""
    return F.element_at(F.array(*map(F.lit, names.values())), segment_position(list(names)))


# No higher-order functions (filter, transform, zip_with) here: Spark does not compile them, and they take twice as long.
def _with_squared_distances(customers: DataFrame, centers: Array) -> DataFrame:
    values = customers.withColumn(_VALUES, vector_to_array(F.col(VECTOR)))
    return values.withColumn(_SQUARED, F.array(*(_squared_distance(center) for center in centers)))


def _squared_distance(center: Array) -> Column:
    """Written out value by value: the generated code is a plain sum, with no loop over arrays."""
    return F.expr(" + ".join(f"POWER({_VALUES}[{index}] - {sql_number(value)}, 2)" for index, value in enumerate(center)))


def scoring_sql(features: Sequence[tuple[str, float]], ids: Sequence[int], centers: Array, table: str = "customer_features") -> str:
    """A query that assigns every customer of `load_customer_features` to the segment of the nearest center.

    `features` are each feature's transformed value as SQL, and its scale factor. Row i of `centers`, shape (k, d), is the center of the
    i-th segment.
    """
    vector = ",\n        ".join(f"{expression} * {sql_number(scale)} AS x{index}" for index, (expression, scale) in enumerate(features))
    distances = ",\n        ".join(f"{_squared_distance_sql(center)} AS d{segment}" for segment, center in zip(ids, centers, strict=True))
    names = [f"d{segment}" for segment in ids]
    nearest = f"LEAST({', '.join(names)})"
    cases = "\n        ".join(f"WHEN {name} = {nearest} THEN {segment}" for segment, name in zip(ids, names, strict=True))
    return f"""-- Segment of every customer: the nearest center in the space of prepared features.
WITH vectors AS (
    SELECT
        customer_id,
        {vector}
    FROM {table}
),
distances AS (
    SELECT
        customer_id,
        {distances}
    FROM vectors
)
SELECT
    customer_id,
    CASE
        {cases}
    END AS segment_id,
    SQRT({nearest}) AS distance
FROM distances
"""


def _squared_distance_sql(center: Array) -> str:
    return " + ".join(f"(x{index} - ({sql_number(value)})) * (x{index} - ({sql_number(value)}))" for index, value in enumerate(center))
