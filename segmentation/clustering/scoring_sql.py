"""The assignment to segments as plain SQL, for engines other than Spark."""

from collections.abc import Sequence

from segmentation.clustering.metrics import Array
from segmentation.schemas import sql_number


def scoring_sql(features: Sequence[tuple[str, float]], ids: Sequence[int], centers: Array, table: str = "customer_features") -> str:
    """A query that assigns every customer of `load_customer_features` to the segment of the nearest center.

    `features` are each feature's transformed value as SQL, and its scale factor. Row i of `centers`, shape (k, d), is the center of the
    i-th segment.
    """
    vector = ",\n        ".join(f"{expression} * {sql_number(scale)} AS x{index}" for index, (expression, scale) in enumerate(features))
    distances = ",\n        ".join(f"{_squared_distance(center)} AS d{segment}" for segment, center in zip(ids, centers, strict=True))
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


def _squared_distance(center: Array) -> str:
    return " + ".join(f"(x{index} - ({sql_number(value)})) * (x{index} - ({sql_number(value)}))" for index, value in enumerate(center))
