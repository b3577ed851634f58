"""Purchase features: orders aggregated to recency, frequency, monetary value and more, one row per customer."""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import (
    AS_OF,
    BITS_PER_WORD,
    BREADTH_CATEGORIES,
    BREADTH_PRODUCTS,
    CATEGORY_SHARE_PREFIX,
    CUSTOMER_ID,
    E4,
    FREQUENCY_ORDERS,
    GROSS_E4,
    INTERPURCHASE_DAYS_AVG,
    LINES,
    MONETARY_GROSS,
    MONETARY_NET,
    MONTH_ORDER_SHARE_PREFIX,
    ORDER_VALUE_AVG,
    ORDERED_AT,
    PRODUCT_BITS,
    PURCHASE_DAYS,
    RECENCY_DAYS,
    RETURN_RATE,
    RETURNED_E4,
    SPEND_E4_PREFIX,
    TENURE_DAYS,
    WEEKEND_ORDER_SHARE,
    money,
    named,
)
from segmentation.settings import FeaturesSettings

MONTHS = tuple(f"{month:02d}" for month in range(1, 13))
_SATURDAY, _SUNDAY = 7, 1
_BITS = BITS_PER_WORD * len(PRODUCT_BITS)
_DAY, _ORDERS, _FIRST, _LAST, _WEEKEND = "day", "orders", "first_purchase", "last_purchase", "weekend_orders"


def counted_months(settings: FeaturesSettings) -> Sequence[str]:
    """The months of the year whose purchases are counted: all, or none where no feature uses them."""
    return MONTHS if settings.preferences.month_order_shares.use else ()


def customer_totals(orders: DataFrame, slugs: tuple[str, ...], months: Sequence[str] = MONTHS) -> DataFrame:
    """Sums and counts of each customer's orders, one row per customer with an order.

    A purchase is an order with a positive net. Orders are first aggregated by day, so that distinct days can simply be counted; one
    shuffle by customer serves both aggregations.

    `orders` are active orders, one row per customer and order. Purchases of each of the `months`, as two digits, are counted separately.
    The first and the last purchase day are null without a purchase. `breadth_products` is there if the orders have products (see
    `estimated_products`).
    """
    bits = [name for name in PRODUCT_BITS if name in orders.columns]
    sums = [LINES, GROSS_E4, RETURNED_E4, *(SPEND_E4_PREFIX + slug for slug in slugs)]
    is_purchase = F.col(GROSS_E4) > F.col(RETURNED_E4)
    days = (
        orders.repartition(CUSTOMER_ID)
        .withColumn(_DAY, F.when(is_purchase, F.to_date(ORDERED_AT)))
        .groupBy(CUSTOMER_ID, _DAY)
        .agg(F.count(F.lit(1)).alias(_ORDERS), *(F.sum(named(name)).alias(name) for name in sums), *_merged(bits))
        .withColumn(_ORDERS, F.when(F.col(_DAY).isNull(), 0).otherwise(F.col(_ORDERS)))
    )
    customers = days.groupBy(CUSTOMER_ID).agg(
        F.sum(_ORDERS).alias(FREQUENCY_ORDERS),
        F.count(_DAY).alias(PURCHASE_DAYS),
        F.min(_DAY).alias(_FIRST),
        F.max(_DAY).alias(_LAST),
        *(F.sum(named(name)).alias(name) for name in sums),
        _orders_where(F.dayofweek(_DAY).isin(_SATURDAY, _SUNDAY)).alias(_WEEKEND),
        *(_orders_where(F.month(_DAY) == int(month)).alias(_month_orders(month)) for month in months),
        *_merged(bits),
    )
    return customers.withColumn(BREADTH_PRODUCTS, estimated_products(bits)).drop(*bits) if bits else customers


def estimated_products(bits: Sequence[str]) -> Column:
    """Distinct products by linear counting (Whang, Vander-Zanden and Taylor 1990): -m ln(share of bits not set), m bits.

    Its standard error is sqrt(m (e^t - t - 1)) for m t products: with 512 bits about 3 % up to 500 products and 6 % at
    1,500. Where all bits are set, the estimate stays at 3,549.
    """
    unset = _BITS - sum((F.bit_count(name) for name in bits), F.lit(0))
    return F.rint(-_BITS * F.ln(F.greatest(unset, F.lit(0.5)) / _BITS)).cast("bigint")


def purchase_features(totals: DataFrame, as_of: date, slugs: tuple[str, ...]) -> DataFrame:
    """Features of every customer with a purchase; docs/tables.md has definitions and units.

    `totals` are those of `customer_totals`, with `breadth_products` where products are known.
    """
    months = [month for month in MONTHS if _month_orders(month) in totals.columns]
    day, net = F.lit(as_of), F.col(GROSS_E4) - F.col(RETURNED_E4)
    orders, gross = F.col(FREQUENCY_ORDERS), F.col(GROSS_E4)
    spend = {slug: named(SPEND_E4_PREFIX + slug) for slug in slugs}
    breadth = [F.coalesce(BREADTH_PRODUCTS, F.lit(0).cast("bigint")).alias(BREADTH_PRODUCTS)] if BREADTH_PRODUCTS in totals.columns else []
    bought_categories = sum((F.when(amount > 0, 1).otherwise(0) for amount in spend.values()), F.lit(0))
    return totals.where(F.col(PURCHASE_DAYS) > 0).select(
        CUSTOMER_ID,
        day.alias(AS_OF),
        F.datediff(day, _LAST).alias(RECENCY_DAYS),
        F.datediff(day, _FIRST).alias(TENURE_DAYS),
        FREQUENCY_ORDERS,
        PURCHASE_DAYS,
        money(gross).alias(MONETARY_GROSS),
        money(net).alias(MONETARY_NET),
        (net / E4 / orders).alias(ORDER_VALUE_AVG),
        F.try_divide(F.datediff(_LAST, _FIRST), F.col(PURCHASE_DAYS) - 1).alias(INTERPURCHASE_DAYS_AVG),
        *breadth,
        *([bought_categories.alias(BREADTH_CATEGORIES)] if slugs else []),
        F.least(F.col(RETURNED_E4) / gross, F.lit(1.0)).alias(RETURN_RATE),
        *((amount / gross).alias(CATEGORY_SHARE_PREFIX + slug) for slug, amount in spend.items()),
        (F.col(_WEEKEND) / orders).alias(WEEKEND_ORDER_SHARE),
        *((F.col(_month_orders(month)) / orders).alias(MONTH_ORDER_SHARE_PREFIX + month) for month in months),
    )


def customers_without_purchase(totals: DataFrame) -> DataFrame:
    """Customers whose orders all have a net of zero or less, with the reason."""
    return totals.where(F.col(PURCHASE_DAYS) == 0).select(CUSTOMER_ID, F.lit("no_purchase").alias("reason"))


def _merged(bits: Sequence[str]) -> list[Column]:
    return [F.bit_or(name).alias(name) for name in bits]


def _orders_where(condition: Column) -> Column:
    return F.sum(F.when(condition, F.col(_ORDERS)).otherwise(0))


def _month_orders(month: str) -> str:
    return f"orders_of_month_{month}"
