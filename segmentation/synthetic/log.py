"""The transaction log: one row per line, in the order of time, each row a function of its position and the seed."""

from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.synthetic.baskets import with_contents
from segmentation.synthetic.customers import country, customer_id, type_name
from segmentation.synthetic.draws import uniform
from segmentation.synthetic.orders import with_order
from segmentation.synthetic.retailer import LINES_PER_ORDER, Retailer
from segmentation.synthetic.returns import mirrored_position, with_returns

_FIRST_ORDER = 500_000
_LINES_PER_PARTITION = 500_000


def transaction_log(spark: SparkSession, retailer: Retailer, partitions: int | None = None) -> DataFrame:
    """Generate the log of a retailer, without a shuffle and in constant memory.

    Parameters
    ----------
    spark : SparkSession
    retailer : Retailer
    partitions : int, optional
        Partitions of the result, in the order of time; by default one per 500,000 lines. The rows don't depend on it.

    Returns
    -------
    DataFrame
        Exactly `retailer.lines` rows in the order of time: order_id (a return's begins with C), product_id ("POST" is
        postage), description, category (null for postage), quantity (negative for returns), ordered_at, unit_price
        (currency, two decimals; a product always costs the same, or nothing), customer_id (null for guests), country.
    """
    parts = partitions or max(1, -(-retailer.lines // _LINES_PER_PARTITION))
    return (
        spark.range(0, retailer.orders, 1, parts)
        .withColumnRenamed("id", "order")
        .transform(with_order, retailer, "order")
        .transform(with_returns, retailer)
        .transform(_lines, retailer)
        .transform(with_contents, retailer)
        .transform(_as_logged, retailer)
    )


def _lines(orders: DataFrame, retailer: Retailer) -> DataFrame:
    """One row per line: the returned lines first, then the purchase, whose last line may be special."""
    is_last = F.col("nth") == F.col("size") - 1
    bought_position = F.col("nth") - (is_last & F.col("repeats")).cast("int")
    return (
        orders.withColumn("repeats", (F.col("size") > 1) & _for_share(retailer, "duplicate", retailer.duplicate_share))
        .withColumn("charged", ~F.col("repeats") & _for_share(retailer, "postage", retailer.postage_share))
        .withColumn("nth", F.explode(F.sequence(F.lit(0), F.col("size") - 1)))
        .withColumn("is_return", F.col("nth") < F.col("returned"))
        .select(
            "order",
            "is_return",
            (is_last & F.col("charged")).alias("is_postage"),
            _either(F.col("source"), F.col("order")).alias("origin"),
            _either(F.col("source_type"), F.col("type")).alias("type"),
            _either(F.col("source_customer"), F.col("customer")).alias("customer"),
            _either(F.col("return_moment"), F.col("moment")).alias("moment"),
            _either(mirrored_position(F.col("nth")), bought_position).alias("position"),
        )
        # A guest has no number; the complement of the order's number is one that no customer has.
        .withColumn("person", F.coalesce("customer", -1 - F.col("origin")))
    )


def _either(of_return: Column, of_purchase: Column) -> Column:
    return F.when(F.col("is_return"), of_return).otherwise(of_purchase)


def _for_share(retailer: Retailer, what: str, share: float) -> Column:
    """Whether an order is chosen; one line of each chosen order makes up that share of all lines."""
    return uniform(retailer.seed, what, F.col("order")) < share * LINES_PER_ORDER


def _as_logged(lines: DataFrame, retailer: Retailer) -> DataFrame:
    is_return = F.col("is_return")
    number = (F.col("order") + _FIRST_ORDER).cast("string")
    return lines.select(
        F.concat(F.when(is_return, "C").otherwise(""), number).alias("order_id"),
        "product_id",
        "description",
        "category",
        F.when(is_return, -F.col("units")).otherwise(F.col("units")).alias("quantity"),
        F.timestamp_seconds(F.col("moment") + _epoch_seconds(retailer.first_day)).alias("ordered_at"),
        "unit_price",
        customer_id(retailer, F.col("customer")).alias("customer_id"),
        country(retailer, F.col("person")).alias("country"),
    )


def _epoch_seconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400


def planted_types(spark: SparkSession, retailer: Retailer) -> DataFrame:
    """Every customer's planted type, to compare segments with.

    Returns
    -------
    DataFrame
        customer_id (unique) and planted_type, a row for each of `retailer.customers`; a few of them never order and
        aren't in the log.
    """
    number = F.col("id")
    return spark.range(retailer.customers).select(
        customer_id(retailer, number).alias("customer_id"),
        type_name(retailer, number).alias("planted_type"),
    )
