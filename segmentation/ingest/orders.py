"""Orders: one row per customer and order, with amounts that are sums of lines."""

from collections.abc import Sequence
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

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
    Category,
    named,
)

RETURN_LINES = "return_lines"
ORDER_ROW_KEY = (CUSTOMER_ID, ORDER_ID, VOIDED_AT)
_WORD, _BIT = "product_word", "product_bit"


def aggregate_orders(lines: DataFrame, categories: tuple[Category, ...], has_products: bool = False) -> DataFrame:
    """Aggregate accepted lines to orders.

    `lines` has `voided_at` and, where there are categories, `category` as an index into `categories`.

    Returns
    -------
    DataFrame
        Grain (customer_id, order_id, voided_at): ordered_at and last_line_at, the earliest and the latest time of a line; lines and
        return_lines; gross_e4 and returned_e4, both positive; spend_e4_<category>, gross; product_bits_<n>, a bit for each product
        bought, by its hash. Lines of voided pairs have rows of their own: they count only in the accounting.
    """
    amount, is_return = F.abs(AMOUNT_E4), F.col(IS_RETURN)
    spend = [
        F.sum(F.when(~is_return & (F.col(CATEGORY) == index), amount).otherwise(0)).alias(SPEND_E4_PREFIX + category.slug)
        for index, category in enumerate(categories)
    ]
    if has_products:
        lines = lines.transform(_with_product_bit)
    return lines.groupBy(*ORDER_ROW_KEY).agg(
        F.min(ORDERED_AT).alias(ORDERED_AT),
        F.max(ORDERED_AT).alias(LAST_LINE_AT),
        F.count(F.lit(1)).alias(LINES),
        F.sum(is_return.cast("bigint")).alias(RETURN_LINES),
        F.sum(F.when(is_return, 0).otherwise(amount)).alias(GROSS_E4),
        F.sum(F.when(is_return, amount).otherwise(0)).alias(RETURNED_E4),
        *spend,
        *(_product_bits(word).alias(name) for word, name in enumerate(PRODUCT_BITS if has_products else ())),
    )


def _with_product_bit(lines: DataFrame) -> DataFrame:
    """Lines with the word and the bit of their product; no word for products that were not bought."""
    is_bought, code = ~F.col(IS_RETURN) & F.col(PRODUCT_ID).isNotNull(), F.xxhash64(PRODUCT_ID)
    word = F.shiftrightunsigned(code, 32).bitwiseAND(F.lit(len(PRODUCT_BITS) - 1))
    position = code.bitwiseAND(F.lit(BITS_PER_WORD - 1)).cast("int")
    return lines.withColumns({_WORD: F.when(is_bought, word), _BIT: F.call_function("shiftleft", F.lit(1).cast("bigint"), position)})


def _product_bits(word: int) -> Column:
    return F.bit_or(F.when(F.col(_WORD) == word, F.col(_BIT)).otherwise(F.lit(0).cast("bigint")))


def active_orders(orders: DataFrame) -> DataFrame:
    """Orders without voided lines."""
    return orders.where(F.col(VOIDED_AT).isNull())


def orders_as_of(orders: DataFrame, day: date) -> DataFrame:
    """Active orders as of midnight of a day: lines voided later still count.

    Orders that began on this day or later are left out. An order that began earlier counts whole, with its later lines.

    `orders` are those of `aggregate_orders`. The result has the same columns without `voided_at`, and the grain (customer_id, order_id).
    """
    midnight = F.lit(day).cast("timestamp")
    active = orders.where(F.col(VOIDED_AT).isNull() | (F.col(VOIDED_AT) >= midnight))
    # Lines voided later are in a row of their own, and belong to the same order as the others.
    return _sum_rows(active.drop(VOIDED_AT), (CUSTOMER_ID, ORDER_ID)).where(F.col(ORDERED_AT) < midnight)


def sum_order_rows(parts: Sequence[DataFrame]) -> DataFrame:
    """Rows of orders from disjoint sets of lines, summed to one row per (customer_id, order_id, voided_at)."""
    return _sum_rows(reduce(DataFrame.unionByName, parts), ORDER_ROW_KEY)


def _sum_rows(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    others = {ORDERED_AT: F.min(ORDERED_AT), LAST_LINE_AT: F.max(LAST_LINE_AT), **{name: F.bit_or(name) for name in PRODUCT_BITS}}
    values = [name for name in rows.columns if name not in key]
    return rows.groupBy(*key).agg(*((others[name] if name in others else F.sum(named(name))).alias(name) for name in values))


def products_per_customer(lines: DataFrame, breadth: str) -> DataFrame:
    """Distinct products that each customer bought and did not void."""
    bought = lines.where(~F.col(IS_RETURN) & F.col(VOIDED_AT).isNull() & F.col(PRODUCT_ID).isNotNull())
    pairs = bought.groupBy(CUSTOMER_ID, PRODUCT_ID).agg(F.count(F.lit(1)).alias(LINES))
    return pairs.groupBy(CUSTOMER_ID).agg(F.count(F.lit(1)).alias(breadth))
