"""The same assignment as plain SQL, for engines that have no Spark."""

from collections.abc import Sequence

from segmentation.clustering.measures import Array
from segmentation.schemas import sql_number


def scoring_sql(prepared: Sequence[tuple[str, float]], centres: Array, table: str = "customer_features") -> str:
    """A query that gives every customer of `customer_features` the segment of the nearest centre.

    Parameters
    ----------
    prepared
        Each feature's transformed value as SQL, and the factor on it.
    centres
        Shape (k, d); row i is the centre of segment i + 1.
    table
        Where the features are.
    """
    vector = ",\n        ".join(f"{expression} * {sql_number(scale)} AS x{place}" for place, (expression, scale) in enumerate(prepared))
    distances = ",\n        ".join(f"{_squared_distance(centre)} AS d{segment}" for segment, centre in enumerate(centres, start=1))
    names = [f"d{segment}" for segment in range(1, len(centres) + 1)]
    nearest = f"LEAST({', '.join(names)})"
    cases = "\n        ".join(f"WHEN {name} = {nearest} THEN {segment}" for segment, name in enumerate(names, start=1))
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
