"""Lines of a log as ingestion types them, for what matches returns with purchases."""

from datetime import datetime
from typing import NamedTuple

_SCHEMA = """customer_id STRING, product_id STRING, quantity DOUBLE, unit_price_e4 DOUBLE, ordered_at TIMESTAMP_NTZ,
             is_return BOOLEAN, order_id STRING, category INT, amount_e4 BIGINT"""


class Line(NamedTuple):
    """Times are UTC."""

    customer_id: str
    product_id: str | None
    quantity: float
    unit_price_e4: float
    ordered_at: datetime
    is_return: bool
    order_id: str
    category: int = 0
    amount_e4: int = 10_000


def lines_frame(spark, lines):
    """The lines as a frame."""
    frame = spark.createDataFrame(lines, _SCHEMA)
    return frame.withColumn("ordered_at", frame.ordered_at.cast("timestamp"))


def uncached(frame):
    """In the place of a function that caches a frame."""
    return frame
