"""From the log's own columns to typed lines: canonical ids, readable times, exact amounts."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.schemas import (
    AMOUNT_E4,
    CATEGORY,
    CUSTOMER_ID,
    DESCRIPTION,
    E4,
    IS_RETURN,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_ID,
    QUANTITY,
    RECORD,
    SOURCE,
    STRING,
    UNIT_PRICE_E4,
)
from segmentation.settings import InputSettings, RulesSettings

LARGEST_AMOUNT_E4 = 10**13
"""One line is at most a billion of the currency, so that a BIGINT holds the sum of any log."""

DISCOUNT_E4 = "discount_e4"

_EPOCHS: dict[str, Callable[[Column], Column]] = {
    "epoch_seconds": F.timestamp_seconds,
    "epoch_milliseconds": F.timestamp_millis,
    "epoch_microseconds": F.timestamp_micros,
    "epoch_nanoseconds": lambda column: F.timestamp_micros(F.floor(column / 1000)),
}


def typed_lines(log: DataFrame, source: InputSettings, rules: RulesSettings) -> DataFrame:
    """One row a line, typed; what could not be read is null.

    Parameters
    ----------
    log
        The mapped columns under our names, and `record`.
    source
        How times are written, and which texts mean "nothing".
    rules
        Which order numbers are cancellations.

    Returns
    -------
    DataFrame
        customer_id, order_id, product_id, description, category: STRING, null where missing; ordered_at: TIMESTAMP;
        quantity: DOUBLE, signed; unit_price_e4: DOUBLE without fraction, ten-thousandths; amount_e4: BIGINT, signed,
        ten-thousandths; is_return; source: the columns as they stood; record: the text of a broken record.
    """
    kinds = {field.name: field.dataType for field in log.schema.fields}
    ids = log.select(
        F.struct(*(F.col(name) for name in kinds if name != RECORD)).alias(SOURCE),
        RECORD,
        _id(kinds, CUSTOMER_ID, source).alias(CUSTOMER_ID),
        F.upper(_id(kinds, ORDER_ID, source)).alias(ORDER_ID),
        F.upper(_id(kinds, PRODUCT_ID, source)).alias(PRODUCT_ID),
        *(_text(kinds, name).alias(name) for name in (DESCRIPTION, CATEGORY)),
        _timestamp(kinds[ORDERED_AT], source).alias(ORDERED_AT),
        *_numbers(kinds),
    )
    return ids.transform(with_amount).transform(lambda lines: with_returns(lines, rules))


def with_amount(lines: DataFrame) -> DataFrame:
    """The line's signed amount, null where it cannot be told or is beyond a billion of the currency."""
    amount = F.col(QUANTITY) * F.col(UNIT_PRICE_E4)
    if DISCOUNT_E4 in lines.columns:
        amount = amount - F.signum(QUANTITY) * F.col(DISCOUNT_E4)
    readable = F.abs(amount) <= LARGEST_AMOUNT_E4
    return lines.withColumn(AMOUNT_E4, F.when(readable, F.rint(amount).cast("bigint")))


def with_returns(lines: DataFrame, rules: RulesSettings) -> DataFrame:
    """Which lines are returns: a negative quantity, or a cancelled order number."""
    is_return = F.coalesce(F.col(QUANTITY) < 0, F.lit(False))
    if rules.cancelled_order_prefix:
        cancelled = F.col(ORDER_ID).startswith(rules.cancelled_order_prefix.upper())
        is_return = is_return | F.coalesce(cancelled, F.lit(False))
    return lines.withColumn(IS_RETURN, is_return)


def with_order_of_the_day(lines: DataFrame) -> DataFrame:
    """A line without an order number belongs to its customer's order of that day."""
    return lines.withColumn(ORDER_ID, F.coalesce(ORDER_ID, F.to_date(ORDERED_AT).cast(STRING)))


def _id(kinds: dict[str, T.DataType], name: str, source: InputSettings) -> Column:
    """17850.0 and 17850 are one; what means "nothing" is null."""
    kind = kinds.get(name)
    if kind is None:
        return F.lit(None).cast(STRING)
    text = F.trim(_whole(F.col(name), kind).cast(STRING))
    if isinstance(kind, T.StringType | T.FractionalType):
        text = F.when(text.endswith("0") & text.contains("."), F.regexp_replace(text, r"^(\d+)\.0+$", "$1")).otherwise(text)
    longest = max(map(len, source.missing_values), default=0)
    missing = (F.length(text) <= longest) & F.lower(text).isin(*source.missing_values)
    return F.when(~missing, text)


def _whole(column: Column, kind: T.DataType) -> Column:
    """A whole number kept as DOUBLE, written without exponent."""
    if not isinstance(kind, T.FloatType | T.DoubleType):
        return column
    is_whole = (column == F.rint(column)) & (F.abs(column) < 1e18)
    return F.when(is_whole, column.cast("decimal(19,0)").cast(STRING)).otherwise(column.cast(STRING))


def _text(kinds: dict[str, T.DataType], name: str) -> Column:
    column = F.trim(F.col(name).cast(STRING)) if name in kinds else F.lit(None).cast(STRING)
    return F.when(column != "", column)


def _timestamp(kind: T.DataType, source: InputSettings) -> Column:
    column, pattern = F.col(ORDERED_AT), source.timestamp_format
    if isinstance(kind, T.TimestampType | T.TimestampNTZType | T.DateType):
        return column.cast("timestamp")
    if pattern in _EPOCHS:
        return _EPOCHS[pattern](column.try_cast("bigint"))
    text = F.trim(column.cast(STRING))
    return F.try_to_timestamp(text, F.lit(pattern)) if pattern else text.try_cast("timestamp")


def _numbers(kinds: dict[str, T.DataType]) -> list[Column]:
    """Quantity and unit price; a line with an amount only is one unit (or one returned) at that price."""
    if "amount" in kinds:
        amount = _e4(kinds, "amount")
        return [F.signum(amount).alias(QUANTITY), F.abs(amount).alias(UNIT_PRICE_E4)]
    found = [_number(kinds, QUANTITY).alias(QUANTITY), _e4(kinds, "unit_price").alias(UNIT_PRICE_E4)]
    if "discount" in kinds:
        found.append(F.coalesce(_e4(kinds, "discount"), F.lit(0.0)).alias(DISCOUNT_E4))
    return found


def _e4(kinds: dict[str, T.DataType], name: str) -> Column:
    """Ten-thousandths of the currency, as a DOUBLE without fraction."""
    return F.rint(_number(kinds, name) * E4)


def _number(kinds: dict[str, T.DataType], name: str) -> Column:
    """A finite DOUBLE; null for anything else."""
    column = F.col(name) if isinstance(kinds[name], T.NumericType) else F.trim(F.col(name).cast(STRING))
    number = column.try_cast("double")
    return F.when(F.abs(number) < float("inf"), number)
