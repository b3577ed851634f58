"""Returns: an order may start with lines that mirror those of an earlier order."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.draws import looked_up, pick, uniform
from segmentation.synthetic.orders import with_order
from segmentation.synthetic.retailer import TYPES, Retailer
from segmentation.synthetic.season import quietest_day

_MOST_RETURNED = 3
_ONE_LINE_IN = 4
_LATE_FROM_DAYS, _LATE_WINDOW_DAYS = 5, 20
_VOID_SECONDS = 20 * 3600
# Of the quietest day's orders: twice this window spans less than _VOID_SECONDS, even over a night.
_VOID_WINDOW = 0.15


def with_returns(orders: DataFrame, retailer: Retailer) -> DataFrame:
    """Add `source`, the earlier order mirrored, `returned`, the number of its lines coming back, and `return_moment`.

    `is_void` marks returns within hours. `source_size`, `source_type` and `source_customer` describe the earlier
    order; they are null where the source is negative, that is, before the log's first order.
    """
    order = F.col("order")
    return (
        orders.withColumn("is_void", uniform(retailer.seed, "void", order) < retailer.void_share)
        .withColumn("source", order - _orders_back(retailer))
        .transform(with_order, retailer, "source", "source_")
        .withColumn("comes_back", (F.col("source") >= 0) & _comes_back(retailer))
        .withColumn("returned", F.when(F.col("comes_back"), _returned_lines(retailer)).otherwise(0))
        .withColumn("return_moment", _return_moment())
        .drop("comes_back", "source_moment")
    )


def mirrored_position(returned_line: Column) -> Column:
    """The line of the earlier order that a return's nth line mirrors, so that no line comes back twice.

    Voids go backwards from the last line but one, as the last may be a duplicate; late returns start before all
    lines that voids can take. The first lines of the earlier order are never reached: they may be returns themselves.
    """
    reserved_for_voids = F.when(F.col("is_void"), 0).otherwise(_most_returned(F.col("source_size")))
    return (F.col("source_size") - 2 - reserved_for_voids - returned_line).cast("int")


def _orders_back(retailer: Retailer) -> Column:
    """As far before its window's start as the order is after it: no two orders of a kind share their source."""
    per_day = retailer.orders / retailer.days
    void = 1 + 2 * (F.col("order") % max(1, int(_VOID_WINDOW * quietest_day(retailer))))
    late = 1 + 2 * (F.col("order") % max(1, int(_LATE_WINDOW_DAYS * per_day))) + int(_LATE_FROM_DAYS * per_day)
    return F.when(F.col("is_void"), void).otherwise(late)


def _comes_back(retailer: Retailer) -> Column:
    chance = looked_up([planted.return_chance for planted in TYPES], F.col("source_type"))
    return uniform(retailer.seed, "return", F.col("order")) < chance


def _returned_lines(retailer: Retailer) -> Column:
    wanted = pick(uniform(retailer.seed, "returned lines", F.col("order")), _MOST_RETURNED) + 1
    return F.least(wanted, _most_returned(F.col("size")), _most_returned(F.col("source_size")))


def _most_returned(size: Column) -> Column:
    # A quarter for voids, a quarter for late returns; the rest of an order holds its own returns, and something bought.
    return F.least(F.floor(size / _ONE_LINE_IN), F.lit(_MOST_RETURNED))


def _return_moment() -> Column:
    # In a log with hardly an order a day, the next order may come days later; a void doesn't.
    soon = F.least(F.col("moment"), F.col("source_moment") + _VOID_SECONDS)
    return F.when(F.col("is_void"), soon).otherwise(F.col("moment"))
