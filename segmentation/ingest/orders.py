"""The hinge: one row per customer and order, with amounts that only ever add up."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.ingest.categories import Category
from segmentation.schemas import (
    AMOUNT_E4,
    CATEGORY,
    CUSTOMER_ID,
    GROSS_E4,
    IS_RETURN,
    LINES,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_ID,
    RETURNED_E4,
    SPEND_E4_PREFIX,
    VOIDED_AT,
)

RETURN_LINES = "return_lines"


def to_orders(lines: DataFrame, categories: tuple[Category, ...]) -> DataFrame:
    """Accepted lines gathered to orders.

    Parameters
    ----------
    lines
        Accepted lines with `voided_at` and, where there are categories, `category` as a place in their list.
    categories
        The categories told apart; none where the log has none.

    Returns
    -------
    DataFrame
        Grain (customer_id, order_id, voided_at): ordered_at, the earliest line's; lines and return_lines; gross_e4 and
        returned_e4, both positive; spend_e4_<category>, gross. `voided_at` sets lines of voided pairs apart, so that an
        earlier day can still see the purchase before it was undone.
    """
    amount, is_return = F.abs(AMOUNT_E4), F.col(IS_RETURN)
    spend = [
        F.sum(F.when(~is_return & (F.col(CATEGORY) == place), amount).otherwise(0)).alias(SPEND_E4_PREFIX + category.slug)
        for place, category in enumerate(categories)
    ]
    return lines.groupBy(CUSTOMER_ID, ORDER_ID, VOIDED_AT).agg(
        F.min(ORDERED_AT).alias(ORDERED_AT),
        F.count(F.lit(1)).alias(LINES),
        F.sum(is_return.cast("bigint")).alias(RETURN_LINES),
        F.sum(F.when(is_return, 0).otherwise(amount)).alias(GROSS_E4),
        F.sum(F.when(is_return, amount).otherwise(0)).alias(RETURNED_E4),
        *spend,
    )


def known_by(orders: DataFrame, as_of: date) -> DataFrame:
    """Orders as they stood when the day `as_of` began: nothing later counts, not even a later cancellation."""
    midnight = F.lit(f"{as_of} 00:00:00").cast("timestamp")
    standing = F.col(VOIDED_AT).isNull() | (F.col(VOIDED_AT) >= midnight)
    return orders.where((F.col(ORDERED_AT) < midnight) & standing)


def products_per_customer(lines: DataFrame, breadth: str) -> DataFrame:
    """Distinct products each customer bought and did not void."""
    bought = lines.where(~F.col(IS_RETURN) & F.col(VOIDED_AT).isNull() & F.col(PRODUCT_ID).isNotNull())
    pairs = bought.groupBy(CUSTOMER_ID, PRODUCT_ID).agg(F.count(F.lit(1)).alias(LINES))
    return pairs.groupBy(CUSTOMER_ID).agg(F.count(F.lit(1)).alias(breadth))
