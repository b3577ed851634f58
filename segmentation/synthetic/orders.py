"""Purchase orders: lines, time and customer of each, computed from the order's number alone."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.customers import customer_in_type, type_given_day
from segmentation.synthetic.draws import looked_up, pick, uniform
from segmentation.synthetic.retailer import LINES_PER_ORDER, Retailer
from segmentation.synthetic.season import days_until, seconds_until

# Eight orders share 64 lines in one of these ways, so that any number of orders has a known number of lines.
SIZES = (
    (1, 3, 5, 7, 8, 9, 12, 19),
    (2, 4, 5, 7, 8, 9, 12, 17),
    (3, 4, 6, 7, 8, 9, 11, 16),
    (4, 5, 6, 7, 8, 9, 11, 14),
)
MOST_LINES = max(map(max, SIZES))
_GROUP = len(SIZES[0])


def with_order(numbers: DataFrame, retailer: Retailer, number: str, prefix: str = "") -> DataFrame:
    """Add `size`, `moment` (seconds), `type` and `customer` (null for a guest) of the order of that number."""
    order, seed = F.col(number), retailer.seed
    is_guest = uniform(seed, "guest", order) < retailer.guest_share
    choice = type_given_day(retailer, uniform(seed, "customer", order), F.floor("days"))
    customer = customer_in_type(retailer, F.col("choice.type"), F.col("choice.rest"))
    # A column per step: used several times inside one expression, a step would be written out as often.
    return (
        numbers.withColumn("days", days_until(retailer, order))
        .withColumn("choice", choice)
        .withColumn(prefix + "size", order_size(retailer, order))
        .withColumn(prefix + "moment", seconds_until(F.col("days")))
        .withColumn(prefix + "type", F.col("choice.type"))
        .withColumn(prefix + "customer", F.when(~is_guest, customer))
        .drop("days", "choice")
    )


def order_size(retailer: Retailer, order: Column) -> Column:
    """Lines of an order, returned lines of earlier orders included; all orders together have `retailer.lines`."""
    full_orders = retailer.lines // (_GROUP * LINES_PER_ORDER) * _GROUP
    left_over = retailer.lines - full_orders * LINES_PER_ORDER - (order - full_orders) * LINES_PER_ORDER
    return F.when(order < full_orders, _drawn_size(retailer, order)).otherwise(F.least(left_over, F.lit(LINES_PER_ORDER)).cast("int"))


def _drawn_size(retailer: Retailer, order: Column) -> Column:
    draw = uniform(retailer.seed, "sizes", F.floor(order / _GROUP))
    variant = pick(draw, len(SIZES) * _GROUP)
    # Each group takes one of the rows and starts somewhere in it.
    row, start = F.floor(variant / _GROUP), variant % _GROUP
    place = row * _GROUP + (start + order) % _GROUP
    return looked_up([size for sizes in SIZES for size in sizes], place.cast("int"), "int")
