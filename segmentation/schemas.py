"""Column names as constants with their units, and the published tables as contracts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

Record = Mapping[str, Any]
"""A row of a small table on the driver, by column."""
Records = list[dict[str, Any]]

CUSTOMER_ID = "customer_id"
ORDER_ID = "order_id"
PRODUCT_ID = "product_id"
CATEGORY = "category"
DESCRIPTION = "description"
ORDERED_AT = "ordered_at"
QUANTITY = "quantity"
UNIT_PRICE = "unit_price"
UNIT_PRICE_E4 = "unit_price_e4"
DISCOUNT_E4 = "discount_e4"
AMOUNT_E4 = "amount_e4"
IS_RETURN = "is_return"
HAS_UNREADABLE_ID = "has_unreadable_id"
PLAIN_IDS = "plain_ids"
SOURCE = "source"
RECORD = "record"
VOIDED_AT = "voided_at"
IS_ERASED = "is_erased"
LINE_AMOUNT = "line_amount"
LINE_NAME = "line_name"
LINE_KEY = "line_key"
MESSAGE = "message"
ARRIVED_AT = "arrived_at"
LATE_BEFORE = "late_before"
STREAM_COLUMNS = (LINE_NAME, LINE_KEY, MESSAGE, ARRIVED_AT, LATE_BEFORE)
"""Columns that a stream adds to those of the log."""

LINES = "lines"
LAST_LINE_AT = "last_line_at"
GROSS_E4 = "gross_e4"
RETURNED_E4 = "returned_e4"
SPEND_E4 = "spend_e4"
SPEND_E4_PREFIX = "spend_e4_"
PRODUCT_BITS = tuple(f"product_bits_{word}" for word in range(8))
"""Words of bits: of each product bought, one bit of one word is set. A power of two."""
BITS_PER_WORD = 64

AS_OF = "as_of"
RECENCY_DAYS = "recency_days"
TENURE_DAYS = "tenure_days"
FREQUENCY_ORDERS = "frequency_orders"
PURCHASE_DAYS = "purchase_days"
MONETARY_GROSS = "monetary_gross"
MONETARY_NET = "monetary_net"
ORDER_VALUE_AVG = "order_value_avg"
INTERPURCHASE_DAYS_AVG = "interpurchase_days_avg"
BREADTH_PRODUCTS = "breadth_products"
BREADTH_CATEGORIES = "breadth_categories"
RETURN_RATE = "return_rate"
CATEGORY_SHARE_PREFIX = "category_share_"
WEEKEND_ORDER_SHARE = "weekend_order_share"
MONTH_ORDER_SHARE_PREFIX = "month_order_share_"

VECTOR = "vector"
CLUSTER = "cluster"
SEGMENT_ID = "segment_id"
PREVIOUS_SEGMENT_ID = "previous_segment_id"
SEGMENT_NAME = "segment_name"
RUN_ID = "run_id"
RFM_SEGMENT = "rfm_segment"

E4 = 10_000
"""Amounts inside are BIGINT ten-thousandths of the currency: their sums are exact in any order."""

MONEY = T.DecimalType(18, 4)
"""Amounts in published tables."""

MAX_TOTAL_E4 = 10**18
"""Above what fits into these, in ten-thousandths."""

UNITS = {
    RECENCY_DAYS: "days",
    TENURE_DAYS: "days",
    FREQUENCY_ORDERS: "orders",
    PURCHASE_DAYS: "days",
    MONETARY_GROSS: "currency",
    MONETARY_NET: "currency",
    ORDER_VALUE_AVG: "currency",
    INTERPURCHASE_DAYS_AVG: "days",
    BREADTH_PRODUCTS: "products",
    BREADTH_CATEGORIES: "categories",
}
"""Units of features of the log; every other one of them is a share between 0 and 1."""


def money(amount_e4: Column) -> Column:
    """Ten-thousandths as an exact DECIMAL(18,4) amount."""
    return (amount_e4.cast("decimal(19,0)") * F.lit("0.0001").cast("decimal(5,4)")).cast(MONEY)


def whole_microseconds(nanoseconds: Column) -> Column:
    """Nanoseconds cut to microseconds, downwards and without a detour over DOUBLE."""
    return F.call_function("div", nanoseconds - F.pmod(nanoseconds, F.lit(1000)), F.lit(1000))


def named(name: str) -> Column:
    """A column by its literal name, whatever characters the name has."""
    return F.col(quoted(name))


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever characters it has."""
    return "`" + name.replace("`", "``") + "`"


def missing_flag(attribute: str) -> str:
    """The column that tells where an attribute is missing."""
    return f"{attribute}_missing"


@dataclass(frozen=True)
class Category:
    """A product category: its name, and the slug that ends its column names."""

    name: str
    slug: str


def column_slug(text: str) -> str:
    """Any text as a part of a column's name: lower case, words joined by underscores."""
    return re.sub(r"\W+", "_", text.lower()).strip("_") or "unnamed"


def sql_number(value: float) -> str:
    """A DOUBLE literal in any SQL dialect, exact to the last bit."""
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


STRING, DOUBLE, BIGINT, INT, DATE, BOOLEAN = (
    T.StringType(),
    T.DoubleType(),
    T.LongType(),
    T.IntegerType(),
    T.DateType(),
    T.BooleanType(),
)
