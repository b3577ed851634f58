"""A segment's customers as a campaign tool takes them: safe to open in a spreadsheet, with some held out by lot."""

import math
import re

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.schemas import CUSTOMER_ID, PRODUCT_ID, SEGMENT_ID, SEGMENT_NAME
from segmentation.settings import ExportSettings

HOLD_OUT = "hold_out"

_FORMULA = r"^[\s\p{Z}\p{C}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\p{Z}]*[\t\r\n]"
"""What a spreadsheet takes for a formula (OWASP, CSV injection): these signs, their full-width forms, a tab or a line's end in front."""


def safe_text(text: Column) -> Column:
    """Text that no spreadsheet runs: what would begin a formula gets an apostrophe in front, ids such as -5 and +44 too."""
    return F.when(text.rlike(_FORMULA), F.concat(F.lit("'"), text)).otherwise(text)


def held_out(customers: int, share: float) -> int:
    """How many of so many customers are held out: the share of them, rounded, and at least one where there are two."""
    rounded = math.floor(customers * share + 0.5)
    return max(rounded, 1) if share > 0 and customers > 1 else rounded


def with_hold_out(customers: DataFrame, count: int, settings: ExportSettings) -> DataFrame:
    """One segment's customers with `hold_out`: exactly so many, drawn by a hash of seed, campaign and customer id.

    The lot depends on nothing else: neither the order of rows nor partitions nor who else is in the segment move a customer's hash,
    and another campaign draws anew.

    Parameters
    ----------
    customers
        With `customer_id`, one row each, of one segment.
    count
        How many to hold out.
    settings
        Seed and name of the campaign.
    """
    lot = F.xxhash64(F.lit(settings.seed), F.lit(settings.campaign), CUSTOMER_ID)
    in_order = Window.partitionBy(SEGMENT_ID).orderBy(lot, CUSTOMER_ID)
    return customers.withColumn(HOLD_OUT, F.row_number().over(in_order) <= count)


def with_suggestions(customers: DataFrame, next_products: DataFrame, most: int) -> DataFrame:
    """Customers with code and description of each product suggested, in columns of their own."""
    wide = [
        F.max(F.when(F.col("place") == place, F.col(source))).alias(f"{name}_{place}")
        for place in range(1, most + 1)
        for source, name in ((PRODUCT_ID, "next_product_id"), ("description", "next_product"))
    ]
    return customers.join(next_products.groupBy(CUSTOMER_ID).agg(*wide), CUSTOMER_ID, "left")


def campaign_rows(customers: DataFrame) -> DataFrame:
    """The file's columns, customer first, every text made safe."""
    first = [CUSTOMER_ID, SEGMENT_ID, SEGMENT_NAME, "goal", "offer", HOLD_OUT]
    kinds = {field.name: field.dataType for field in customers.schema.fields}
    columns = [*first, *(name for name in customers.columns if name not in first)]
    return customers.select(*(safe_text(F.col(name)).alias(name) if kinds[name] == T.StringType() else F.col(name) for name in columns))


def file_name(segment: int, name: str) -> str:
    """By number and name: segment-1-best-customers.csv."""
    return "-".join(["segment", str(segment), *re.findall(r"[a-z0-9]+", name.lower())])[:80] + ".csv"
