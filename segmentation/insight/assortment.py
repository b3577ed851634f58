"""What customers bought: lines that stand, and the products worth a look with how many bought each."""

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

NUMBER, WORD, BIT = "number", "word", "bit"
BOUGHT = "bought"

NUMBERS = T.StructType(
    [
        T.StructField(NUMBER, INT),
        T.StructField(PRODUCT_ID, STRING),
        T.StructField(DESCRIPTION, STRING),
        T.StructField(WORD, INT),
        T.StructField(BIT, BIGINT),
    ]
)
"""Products looked at: each has a number, and a place in a customer's bits."""


@dataclass(frozen=True)
class Product:
    """A product looked at: what it is called, and how many customers of each segment bought it."""

    product_id: str
    description: str | None
    customers: Mapping[int, int]

    @property
    def name(self) -> str:
        """For people."""
        return self.description or self.product_id


@dataclass(frozen=True)
class Segment:
    """Customers of a segment that are looked at, and how many of them bought from each category."""

    customers: int
    by_category: Mapping[str, int]


def bought_lines(lines: DataFrame, customers: DataFrame) -> DataFrame:
    """Purchases that stand of the customers given: customer_id, segment_id, order_id, product_id, description."""
    stands = ~F.col(IS_RETURN) & F.col(VOIDED_AT).isNull() & F.col(PRODUCT_ID).isNotNull()
    bought = lines.where(stands).select(CUSTOMER_ID, ORDER_ID, PRODUCT_ID, DESCRIPTION)
    return bought.join(customers.select(CUSTOMER_ID, SEGMENT_ID), CUSTOMER_ID, "inner")


def segments_of(customers: DataFrame, categories: Mapping[str, str]) -> dict[int, Segment]:
    """Each segment's customers, in all and by category.

    Parameters
    ----------
    customers
        With `segment_id` and a share of spend for each category.
    categories
        Name of each category by the ending of its column.
    """
    bought = [F.count_if(named(CATEGORY_SHARE_PREFIX + slug) > 0).alias(slug) for slug in categories]
    rows = customers.groupBy(SEGMENT_ID).agg(F.count(F.lit(1)), *bought).collect()
    return {row[0]: Segment(row[1], dict(zip(categories.values(), row[2:], strict=True))) for row in sorted(rows)}


def leading_products(bought: DataFrame, most: int) -> list[Product]:
    """Products that most customers bought, at most so many; ties by code. A product goes by its most frequent description."""
    customers = bought.groupBy(PRODUCT_ID, SEGMENT_ID, CUSTOMER_ID).agg(F.count(F.lit(1)).alias("lines"))
    by_segment = customers.groupBy(PRODUCT_ID, SEGMENT_ID).agg(F.count(F.lit(1)).alias("customers"))
    counts = F.map_from_entries(F.collect_list(F.struct(SEGMENT_ID, "customers"))).alias("counts")
    leading = by_segment.groupBy(PRODUCT_ID).agg(F.sum("customers").alias("customers"), counts)
    leading = leading.orderBy(F.desc("customers"), PRODUCT_ID).limit(most)
    rows = leading.join(_descriptions(bought), PRODUCT_ID, "left").orderBy(F.desc("customers"), PRODUCT_ID).collect()
    return [Product(row[PRODUCT_ID], row[DESCRIPTION], row["counts"]) for row in rows]


def _descriptions(bought: DataFrame) -> DataFrame:
    """The most frequent description of each product; of equally frequent ones, the first by text."""
    told = bought.where(F.col(DESCRIPTION).isNotNull()).groupBy(PRODUCT_ID, DESCRIPTION).agg((-F.count(F.lit(1))).alias("rarity"))
    return told.groupBy(PRODUCT_ID).agg(F.min_by(DESCRIPTION, F.struct("rarity", DESCRIPTION)).alias(DESCRIPTION))


def place_of(number: int) -> dict[str, int]:
    """Where a product stands in a customer's bits: which word, and which bit of it as a BIGINT."""
    bit = 1 << number % BITS_PER_WORD
    return {WORD: number // BITS_PER_WORD, BIT: bit - (1 << BITS_PER_WORD) if bit >> (BITS_PER_WORD - 1) else bit}


def numbered(products: Sequence[Product]) -> list[dict[str, str | int | None]]:
    """The products with their place in the list, as rows of `NUMBERS`."""
    return [
        {NUMBER: number, PRODUCT_ID: product.product_id, DESCRIPTION: product.description, **place_of(number)}
        for number, product in enumerate(products)
    ]


def with_bought_products(customers: DataFrame, bought: DataFrame, numbers: DataFrame, products: int) -> DataFrame:
    """Every customer with a bit for each product looked at, set where it was bought: customer_id, segment_id, bought (words of bits)."""
    known = bought.join(F.broadcast(numbers.select(PRODUCT_ID, WORD, BIT)), PRODUCT_ID, "inner")
    no_bits, places = F.lit(0).cast("bigint"), range(-(-products // BITS_PER_WORD))
    words = [F.bit_or(F.when(F.col(WORD) == place, F.col(BIT)).otherwise(no_bits)) for place in places]
    per_customer = known.groupBy(CUSTOMER_ID).agg(F.array(*words).alias(BOUGHT))
    everybody = customers.select(CUSTOMER_ID, SEGMENT_ID).join(per_customer, CUSTOMER_ID, "left")
    return everybody.withColumn(BOUGHT, F.coalesce(BOUGHT, F.array(*(no_bits for _ in places)).cast("array<bigint>")))
