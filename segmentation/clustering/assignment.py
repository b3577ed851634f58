"""Which segment each customer is in, how near its centre, and how well it sits there."""

from collections.abc import Mapping, Sequence

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.clustering.identity import Segments
from segmentation.clustering.measures import Array
from segmentation.schemas import PREVIOUS_SEGMENT_ID, SEGMENT_ID, VECTOR, sql_number

_VALUES = "vector_values"
_SQUARED = "squared_distances"
SILHOUETTE = "silhouette"
IS_KEPT, NEAREST_DISTANCE = "is_kept", "nearest_distance"


def with_distances(customers: DataFrame, ids: Sequence[int], centres: Array) -> DataFrame:
    """Customers with distance to their own centre, the next nearest segment, and the margin between the two.

    Parameters
    ----------
    customers
        With `segment_id` and `vector`.
    ids
        Of all segments.
    centres
        Shape (k, d); row i is the centre of the i-th of them.

    Returns
    -------
    DataFrame
        distance: Euclidean, in prepared units; next_segment_id; margin: (next - own) / (next + own), 0 on the
        border and 1 at the centre.
    """
    own = F.sqrt(F.element_at(_SQUARED, place_of(ids)))
    others = (
        F.when(F.col(SEGMENT_ID) != segment, F.struct(F.get(_SQUARED, F.lit(place)).alias("d"), F.lit(segment).alias(SEGMENT_ID)))
        for place, segment in enumerate(ids)
    )
    nearest_other = F.array_min(F.array(*others))
    measured = _with_squared_distances(customers, centres).withColumn("nearest_other", nearest_other)
    to_next = F.sqrt(F.col("nearest_other.d"))
    margin = F.greatest(F.lit(0.0), F.coalesce(F.try_divide(to_next - own, to_next + own), F.lit(0.0)))
    return measured.select(
        *customers.columns,
        own.alias("distance"),
        F.col(f"nearest_other.{SEGMENT_ID}").alias("next_segment_id"),
        margin.alias("margin"),
    )


def with_previous_kept(customers: DataFrame, ids: Sequence[int], centres: Array, switch_margin: float) -> DataFrame:
    """Customers in the segment they were in, where the nearest is hardly nearer: who lives by a border does not move back and forth.

    Parameters
    ----------
    customers
        With `segment_id`, the nearest; `previous_segment_id`, null where there is none; and `vector`.
    ids
        Of all segments.
    centres
        Shape (k, d); row i is the centre of the i-th of them.
    switch_margin
        A customer moves where (previous - nearest) / (previous + nearest), of distances, is this or more. 0: always.

    Returns
    -------
    DataFrame
        The same columns, `is_kept`: whether the nearest is another, and `nearest_distance`: Euclidean, to its centre.
    """
    to_nearest, to_previous = (F.sqrt(F.element_at(_SQUARED, place_of(ids, name))) for name in (SEGMENT_ID, PREVIOUS_SEGMENT_ID))
    drawn = F.coalesce(F.try_divide(to_previous - to_nearest, to_previous + to_nearest), F.lit(0.0))
    is_known = F.coalesce(F.col(PREVIOUS_SEGMENT_ID).isin(*ids), F.lit(False))
    is_kept = is_known & (F.col(PREVIOUS_SEGMENT_ID) != F.col(SEGMENT_ID)) & (drawn < switch_margin)
    measured = _with_squared_distances(customers, centres).withColumns({IS_KEPT: is_kept, NEAREST_DISTANCE: to_nearest})
    segment = F.when(F.col(IS_KEPT), F.col(PREVIOUS_SEGMENT_ID)).otherwise(F.col(SEGMENT_ID)).alias(SEGMENT_ID)
    return measured.select(*(segment if name == SEGMENT_ID else name for name in customers.columns), IS_KEPT, NEAREST_DISTANCE)


def with_silhouette(customers: DataFrame, segments: Segments) -> DataFrame:
    """Each customer's silhouette on squared Euclidean distances, as Spark defines it, in one pass.

    The mean squared distance from a customer to a segment is the squared distance to the segment's mean plus the
    segment's variance.

    Parameters
    ----------
    customers
        With `segment_id` and `vector`.
    segments
        Means, variances and sizes of all that have customers.
    """
    place = place_of(segments.ids)
    n = F.element_at(F.array(*(F.lit(float(size)) for size in segments.sizes)), place)
    to_segments = [F.get(_SQUARED, F.lit(at)) + F.lit(float(variance)) for at, variance in enumerate(segments.variances)]
    own = F.element_at(F.array(*to_segments), place) * n / F.greatest(n - 1, F.lit(1.0))
    other = F.array_min(F.array(*(F.when(place != at, to) for at, to in enumerate(to_segments, start=1))))
    silhouette = F.when(n > 1, F.coalesce(F.try_divide(other - own, F.greatest(other, own)), F.lit(0.0))).otherwise(0.0)
    measured = _with_squared_distances(customers, segments.means)
    return measured.select(*customers.columns, silhouette.alias(SILHOUETTE))


def place_of(ids: Sequence[int], column: str = SEGMENT_ID) -> Column:
    """The place of a customer's segment among these, from 1; null where it is none of them."""
    return F.nullif(F.array_position(F.array(*map(F.lit, ids)), F.col(column)), F.lit(0)).cast("int")


def name_of(names: Mapping[int, str]) -> Column:
    """What a customer's segment is called, by the names of all."""
    return F.element_at(F.array(*map(F.lit, names.values())), place_of(list(names)))


# No function takes another (filter, transform, zip_with) here: Spark does not compile those, and it takes twice as long.
def _with_squared_distances(customers: DataFrame, centres: Array) -> DataFrame:
    values = customers.withColumn(_VALUES, vector_to_array(F.col(VECTOR)))
    return values.withColumn(_SQUARED, F.array(*(_squared_distance(centre) for centre in centres)))


def _squared_distance(centre: Array) -> Column:
    """Spelt out value by value: the generated code is a plain sum, with no loop over arrays."""
    return F.expr(" + ".join(f"POWER({_VALUES}[{place}] - {sql_number(value)}, 2)" for place, value in enumerate(centre)))
