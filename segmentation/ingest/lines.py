"""Typed lines: the columns of the log as canonical ids, timestamps and exact amounts."""

from collections.abc import Collection
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.ingest.ids import IDS, canonical, has_damaged, plain_id_bits
from segmentation.schemas import (
    AMOUNT_E4,
    CATEGORY,
    DESCRIPTION,
    DISCOUNT_E4,
    E4,
    HAS_UNREADABLE_ID,
    IS_ERASED,
    IS_RETURN,
    ORDER_ID,
    ORDERED_AT,
    PLAIN_IDS,
    QUANTITY,
    RECORD,
    SOURCE,
    STREAM_COLUMNS,
    STRING,
    UNIT_PRICE,
    UNIT_PRICE_E4,
    whole_microseconds,
)
from segmentation.settings import InputSettings, RulesSettings

MAX_AMOUNT_E4 = 10**13
"""A line is at most a billion of the currency, so that a BIGINT can hold the sum of 900,000 such lines."""

_PER_SECOND = {"epoch_seconds": 1, "epoch_milliseconds": 10**3, "epoch_microseconds": 10**6, "epoch_nanoseconds": 10**9}
_YEAR_1, _YEAR_10000 = -62_135_596_800, 253_402_300_800
"""Seconds from 1970 to the start of the first year and to the end of the last year that are accepted."""


def typed_lines(log: DataFrame, source: InputSettings, rules: RulesSettings, plain_ids: Collection[str] = ()) -> DataFrame:
    """One row per line, typed; values that cannot be read are null.

    `log` has the mapped columns and `record`; optionally `is_erased`, and the columns that a stream adds. Columns in `plain_ids` are
    known to be canonical on every line, and are used unchanged.

    Returns
    -------
    DataFrame
        customer_id, order_id, product_id, description, category: STRING, null where missing; ordered_at: TIMESTAMP;
        quantity: DOUBLE, signed; unit_price: DOUBLE; unit_price_e4: the same in whole ten-thousandths; amount_e4: BIGINT,
        ten-thousandths, negative for returns; is_return; source: the original columns; record: the text of an unreadable record;
        plain_ids: a bit for each of `IDS` whose original value is canonical.
    """
    kinds = {field.name: field.dataType for field in log.schema.fields}
    added = (RECORD, IS_ERASED, *STREAM_COLUMNS)
    ids = {name: F.col(name) if name in plain_ids else canonical(name, kinds, source.missing_values) for name in IDS}
    lines = log.select(
        F.struct(*(F.col(name) for name in kinds if name not in added)).alias(SOURCE),
        RECORD,
        has_damaged({name: kind for name, kind in kinds.items() if name not in plain_ids}).alias(HAS_UNREADABLE_ID),
        *(canonical_id.alias(name) for name, canonical_id in ids.items()),
        plain_id_bits(ids, kinds).alias(PLAIN_IDS),
        *(_text(kinds, name).alias(name) for name in (DESCRIPTION, CATEGORY)),
        _timestamp(kinds[ORDERED_AT], source).alias(ORDERED_AT),
        *_numbers(kinds),
        *(name for name in kinds if name in added and name != RECORD),
    )
    return lines.transform(with_amount).transform(lambda lines: with_returns(lines, rules))


def with_amount(lines: DataFrame) -> DataFrame:
    """Lines with their amount, signed as the quantity; null where it is unknown or exceeds a billion of the currency."""
    amount = F.col(QUANTITY) * F.col(UNIT_PRICE) * E4
    if DISCOUNT_E4 in lines.columns:
        amount = amount - F.signum(QUANTITY) * F.coalesce(DISCOUNT_E4, F.lit(0.0))
    readable = F.abs(amount) <= MAX_AMOUNT_E4
    return lines.withColumn(AMOUNT_E4, F.when(readable, F.rint(amount).cast("bigint")))


def with_returns(lines: DataFrame, rules: RulesSettings) -> DataFrame:
    """Lines with `is_return`: a negative quantity, or a cancelled order number; the amounts of returns are negative."""
    is_return = F.coalesce(F.col(QUANTITY) < 0, F.lit(False))
    if rules.cancelled_order_prefix:
        cancelled = F.col(ORDER_ID).startswith(rules.cancelled_order_prefix.upper())
        is_return = is_return | F.coalesce(cancelled, F.lit(False))
    amount = F.when(is_return & (F.col(QUANTITY) > 0), -F.col(AMOUNT_E4)).otherwise(F.col(AMOUNT_E4))
    return lines.withColumn(IS_RETURN, is_return).withColumn(AMOUNT_E4, amount)


def with_default_order_id(lines: DataFrame) -> DataFrame:
    """Lines in which a missing order number is replaced by the day: one order per customer and day."""
    return lines.withColumn(ORDER_ID, F.coalesce(ORDER_ID, F.to_date(ORDERED_AT).cast(STRING)))


def _text(kinds: dict[str, T.DataType], name: str) -> Column:
    column = F.trim(F.col(name).cast(STRING)) if name in kinds else F.lit(None).cast(STRING)
    return F.when(column != "", column)


def _timestamp(kind: T.DataType, source: InputSettings) -> Column:
    """The line's time; null outside the years 1 to 9999."""
    time = _any_timestamp(kind, source)
    return F.when((time >= _at(_YEAR_1)) & (time < _at(_YEAR_10000)), time)


def _at(seconds: int) -> Column:
    return F.timestamp_seconds(F.lit(seconds))


def _any_timestamp(kind: T.DataType, source: InputSettings) -> Column:
    column, pattern = F.col(ORDERED_AT), source.timestamp_format
    if isinstance(kind, T.DateType):
        # The cast fails for dates that do not fit into a timestamp.
        return F.when(F.year(column).between(1, 9999), column.cast("timestamp"))
    if isinstance(kind, T.TimestampType | T.TimestampNTZType):
        return column.cast("timestamp")
    if pattern in _PER_SECOND:
        return _since_1970(column.try_cast("bigint"), _PER_SECOND[pattern])
    text = F.trim(column.cast(STRING))
    if pattern:
        return F.try_to_timestamp(text, F.lit(pattern))
    # Spark would read a time of day without a date as a time of today.
    return F.when(text.rlike(r"^\d{4}"), text).try_cast("timestamp")


def _since_1970(count: Column, per_second: int) -> Column:
    """A time since 1970 in seconds or fractions; null where it does not fit into a timestamp."""
    if per_second > 10**6:
        return F.timestamp_micros(whole_microseconds(count))
    inside = (count >= _YEAR_1 * per_second) & (count < _YEAR_10000 * per_second)
    return F.when(inside, F.timestamp_micros(count * (10**6 // per_second)))


def _numbers(kinds: dict[str, T.DataType]) -> list[Column]:
    """Quantity and unit price; a line that has only an amount is one unit (or one returned unit) at that price."""
    if "amount" in kinds:
        amount = _number(kinds, "amount")
        return [F.signum(amount).alias(QUANTITY), *_prices(F.abs(amount))]
    numbers = [_number(kinds, QUANTITY).alias(QUANTITY), *_prices(_number(kinds, "unit_price"))]
    if "discount" in kinds:
        numbers.append(F.rint(_number(kinds, "discount") * E4).alias(DISCOUNT_E4))
    return numbers


def _prices(price: Column) -> list[Column]:
    return [price.alias(UNIT_PRICE), F.rint(price * E4).alias(UNIT_PRICE_E4)]


def _number(kinds: dict[str, T.DataType], name: str) -> Column:
    return finite_number(F.col(name), kinds[name])


def finite_number(column: Column, kind: T.DataType) -> Column:
    """A finite DOUBLE; null for anything else, including Java's notations 12d, 12f and 0x1p3."""
    if not isinstance(kind, T.NumericType):
        text = F.lower(column.cast(STRING))
        column = F.when(~reduce(or_, (text.contains(letter) for letter in "dfx")), text)
    number = column.try_cast("double")
    return F.when(F.abs(number) < float("inf"), number)
