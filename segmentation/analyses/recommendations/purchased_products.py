"""Purchases of segmented customers: the products that most customers bought, and which customers bought them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.schemas import (
    BIGINT,
    BITS_PER_WORD,
    CATEGORY_SHARE_PREFIX,
    CUSTOMER_ID,
    DESCRIPTION,
    INT,
    IS_RETURN,
    ORDER_ID,
    PRODUCT_ID,
    SEGMENT_ID,
    STRING,
    VOIDED_AT,
    named,
)

PRODUCT_INDEX, WORD, BIT = "product_index", "word", "bit"
PRODUCT_BITS = "product_bits"
"""Words of bits: bit n of a customer is set where product n was bought."""

INDEX_SCHEMA = T.StructType(
    [
        T.StructField(PRODUCT_INDEX, INT),
        T.StructField(PRODUCT_ID, STRING),
        T.StructField(DESCRIPTION, STRING),
        T.StructField(WORD, INT),
        T.StructField(BIT, BIGINT),
    ]
)


@dataclass(frozen=True)
class PurchasedProduct:
    """A product, and how many customers of each segment bought it."""

    product_id: str
    description: str | None
    customers: Mapping[int, int]

    @property
    def label(self) -> str:
        """The description, or else the code."""
        return self.description or self.product_id


@dataclass(frozen=True)
class SegmentBuyers:
    """Customers of a segment, and how many of them bought from each category."""

    customers: int
    by_category: Mapping[str, int]


def purchase_lines(lines: DataFrame, customers: DataFrame) -> DataFrame:
    """Purchases of these customers that were not voided: customer_id, segment_id, order_id, product_id, description."""
    is_purchase = ~F.col(IS_RETURN) & F.col(VOIDED_AT).isNull() & F.col(PRODUCT_ID).isNotNull()
    purchases = lines.where(is_purchase).select(CUSTOMER_ID, ORDER_ID, PRODUCT_ID, DESCRIPTION)
    return purchases.join(customers.select(CUSTOMER_ID, SEGMENT_ID), CUSTOMER_ID, "inner")


def buyers_by_segment(customers: DataFrame, categories: Mapping[str, str]) -> dict[int, SegmentBuyers]:
    """Customers of each segment, in all and by category.

    `customers` has `segment_id` and a share of spend for each category; `categories` are names by the suffix of the column.
    """
    buyers = [F.count_if(named(CATEGORY_SHARE_PREFIX + slug) > 0).alias(slug) for slug in categories]
    rows = customers.groupBy(SEGMENT_ID).agg(F.count(F.lit(1)), *buyers).collect()
    return {row[0]: SegmentBuyers(row[1], dict(zip(categories.values(), row[2:], strict=True))) for row in sorted(rows)}


def top_products(purchases: DataFrame, max_products: int) -> list[PurchasedProduct]:
    """The products that most customers bought, each with its most frequent description; ties are broken by product code."""
    customers = purchases.groupBy(PRODUCT_ID, SEGMENT_ID, CUSTOMER_ID).agg(F.count(F.lit(1)).alias("lines"))
    by_segment = customers.groupBy(PRODUCT_ID, SEGMENT_ID).agg(F.count(F.lit(1)).alias("customers"))
    counts = F.map_from_entries(F.collect_list(F.struct(SEGMENT_ID, "customers"))).alias("counts")
    top = by_segment.groupBy(PRODUCT_ID).agg(F.sum("customers").alias("customers"), counts)
    top = top.orderBy(F.desc("customers"), PRODUCT_ID).limit(max_products)
    rows = top.join(_descriptions(purchases), PRODUCT_ID, "left").orderBy(F.desc("customers"), PRODUCT_ID).collect()
    return [PurchasedProduct(row[PRODUCT_ID], row[DESCRIPTION], row["counts"]) for row in rows]


def _descriptions(purchases: DataFrame) -> DataFrame:
    """The most frequent description of each product; of equally frequent ones, the first by text."""
    described = purchases.where(F.col(DESCRIPTION).isNotNull())
    counts = described.groupBy(PRODUCT_ID, DESCRIPTION).agg((-F.count(F.lit(1))).alias("rarity"))
    return counts.groupBy(PRODUCT_ID).agg(F.min_by(DESCRIPTION, F.struct("rarity", DESCRIPTION)).alias(DESCRIPTION))


def bit_position(index: int) -> dict[str, int]:
    """The word of a product in a customer's bits, and its bit in that word as a BIGINT."""
    bit = 1 << index % BITS_PER_WORD
    return {WORD: index // BITS_PER_WORD, BIT: bit - (1 << BITS_PER_WORD) if bit >> (BITS_PER_WORD - 1) else bit}


def product_index(products: Sequence[PurchasedProduct]) -> list[dict[str, str | int | None]]:
    """The products with their position in the list, as rows of INDEX_SCHEMA."""
    return [
        {PRODUCT_INDEX: index, PRODUCT_ID: product.product_id, DESCRIPTION: product.description, **bit_position(index)}
        for index, product in enumerate(products)
    ]


def with_product_bits(customers: DataFrame, purchases: DataFrame, index: DataFrame, n_products: int) -> DataFrame:
    """All customers, each with a bit for every indexed product that they bought: customer_id, segment_id, product_bits."""
    indexed = purchases.join(F.broadcast(index.select(PRODUCT_ID, WORD, BIT)), PRODUCT_ID, "inner")
    no_bits, word_numbers = F.lit(0).cast("bigint"), range(-(-n_products // BITS_PER_WORD))
    words = [F.bit_or(F.when(F.col(WORD) == number, F.col(BIT)).otherwise(no_bits)) for number in word_numbers]
    per_customer = indexed.groupBy(CUSTOMER_ID).agg(F.array(*words).alias(PRODUCT_BITS))
    everybody = customers.select(CUSTOMER_ID, SEGMENT_ID).join(per_customer, CUSTOMER_ID, "left")
    return everybody.withColumn(PRODUCT_BITS, F.coalesce(PRODUCT_BITS, F.array(*(no_bits for _ in word_numbers)).cast("array<bigint>")))
