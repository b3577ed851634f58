"""The hinge: one row per customer and order, with amounts that only ever add up."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.ingest.categories import Category
from segmentation.schemas import (
    AMOUNT_E4,
    BITS_PER_WORD,
    CATEGORY,
    CUSTOMER_ID,
    GROSS_E4,
    IS_RETURN,
    LAST_LINE_AT,
    LINES,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_BITS,
    PRODUCT_ID,
    RETURNED_E4,
    SPEND_E4_PREFIX,
    VOIDED_AT,
    named,
)

RETURN_LINES = "return_lines"
_WORD, _BIT = "product_word", "product_bit"


def to_orders(lines: DataFrame, categories: tuple[Category, ...], has_products: bool = False) -> DataFrame:
    """Accepted lines gathered to orders.

    Parameters
    ----------
    lines
        Accepted lines with `voided_at` and, where there are categories, `category` as a place in their list.
    categories
        The categories told apart; none where the log has none.
    has_products
        Whether the log tells products.

    Returns
    -------
    DataFrame
        Grain (customer_id, order_id, voided_at): ordered_at and last_line_at, the earliest line's time and the latest's;
        lines and return_lines; gross_e4 and returned_e4, both positive; spend_e4_<category>, gross; product_bits_<n>, a
        bit for each product bought, by its hash. `voided_at` sets lines of voided pairs apart: they count in the accounting only.
    """
    amount, is_return = F.abs(AMOUNT_E4), F.col(IS_RETURN)
    spend = [
        F.sum(F.when(~is_return & (F.col(CATEGORY) == place), amount).otherwise(0)).alias(SPEND_E4_PREFIX + category.slug)
        for place, category in enumerate(categories)
    ]
    if has_products:
        lines = lines.transform(_with_product_bit)
    return lines.groupBy(CUSTOMER_ID, ORDER_ID, VOIDED_AT).agg(
        F.min(ORDERED_AT).alias(ORDERED_AT),
        F.max(ORDERED_AT).alias(LAST_LINE_AT),
        F.count(F.lit(1)).alias(LINES),
        F.sum(is_return.cast("bigint")).alias(RETURN_LINES),
        F.sum(F.when(is_return, 0).otherwise(amount)).alias(GROSS_E4),
        F.sum(F.when(is_return, amount).otherwise(0)).alias(RETURNED_E4),
        *spend,
        *(_bits_of(word).alias(name) for word, name in enumerate(PRODUCT_BITS if has_products else ())),
    )


def _with_product_bit(lines: DataFrame) -> DataFrame:
    """Which bit of which word stands for the product; none for what was not bought."""
    bought, code = ~F.col(IS_RETURN) & F.col(PRODUCT_ID).isNotNull(), F.xxhash64(PRODUCT_ID)
    word = F.shiftrightunsigned(code, 32).bitwiseAND(F.lit(len(PRODUCT_BITS) - 1))
    place = code.bitwiseAND(F.lit(BITS_PER_WORD - 1)).cast("int")
    return lines.withColumns({_WORD: F.when(bought, word), _BIT: F.call_function("shiftleft", F.lit(1).cast("bigint"), place)})


def _bits_of(word: int) -> Column:
    return F.bit_or(F.when(F.col(_WORD) == word, F.col(_BIT)).otherwise(F.lit(0).cast("bigint")))


def standing(orders: DataFrame) -> DataFrame:
    """Orders without what was voided."""
    return orders.where(F.col(VOIDED_AT).isNull())


def standing_at(orders: DataFrame, day: date) -> DataFrame:
    """Orders begun before a day, as they stood at its midnight: what was voided from then on counts still.

    Parameters
    ----------
    orders
        As `to_orders`.
    day
        Nothing begun on it or later counts. An order begun before it counts whole, with lines that came later.

    Returns
    -------
    DataFrame
        Grain (customer_id, order_id): the columns of `to_orders` without `voided_at`.
    """
    midnight = F.lit(day).cast("timestamp")
    stood = orders.where(F.col(VOIDED_AT).isNull() | (F.col(VOIDED_AT) >= midnight))
    # Lines voided later lie in a row of their own, and make one order with the others.
    added = [name for name in orders.columns if name not in (CUSTOMER_ID, ORDER_ID, VOIDED_AT, ORDERED_AT, LAST_LINE_AT, *PRODUCT_BITS)]
    whole = stood.groupBy(CUSTOMER_ID, ORDER_ID).agg(
        F.min(ORDERED_AT).alias(ORDERED_AT),
        F.max(LAST_LINE_AT).alias(LAST_LINE_AT),
        *(F.sum(named(name)).alias(name) for name in added),
        *(F.bit_or(name).alias(name) for name in PRODUCT_BITS if name in orders.columns),
    )
    return whole.where(F.col(ORDERED_AT) < midnight)


def products_per_customer(lines: DataFrame, breadth: str) -> DataFrame:
    """Distinct products each customer bought and did not void."""
    bought = lines.where(~F.col(IS_RETURN) & F.col(VOIDED_AT).isNull() & F.col(PRODUCT_ID).isNotNull())
    pairs = bought.groupBy(CUSTOMER_ID, PRODUCT_ID).agg(F.count(F.lit(1)).alias(LINES))
    return pairs.groupBy(CUSTOMER_ID).agg(F.count(F.lit(1)).alias(breadth))
