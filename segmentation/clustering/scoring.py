"""The same assignment as plain SQL, for engines that have no Spark."""

from collections.abc import Sequence

from segmentation.clustering.measures import Array
from segmentation.schemas import sql_number


def scoring_sql(prepared: Sequence[tuple[str, float]], ids: Sequence[int], centres: Array, table: str = "customer_features") -> str:
    """A query that gives every customer of `customer_features` the segment of the nearest centre.

    Parameters
    ----------
    prepared
        Each feature's transformed value as SQL, and the factor on it.
    ids
        Of all segments.
    centres
        Shape (k, d); row i is the centre of the i-th of them.
    table
        Where the features are.
    """
    vector = ",\n        ".join(f"{expression} * {sql_number(scale)} AS x{place}" for place, (expression, scale) in enumerate(prepared))
    distances = ",\n        ".join(f"{_squared_distance(centre)} AS d{segment}" for segment, centre in zip(ids, centres, strict=True))
    names = [f"d{segment}" for segment in ids]
    nearest = f"LEAST({', '.join(names)})"
    cases = "\n        ".join(f"WHEN {name} = {nearest} THEN {segment}" for segment, name in zip(ids, names, strict=True))
    return f"""-- Segment of every customer: the nearest centre in the space the segmentation compares customers in.
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


def _squared_distance(centre: Array) -> str:
    return " + ".join(f"(x{place} - ({sql_number(value)})) * (x{place} - ({sql_number(value)}))" for place, value in enumerate(centre))
