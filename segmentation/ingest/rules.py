"""Which lines count. Rules are data: a reason, and the condition under which it holds."""

from collections.abc import Iterator
from datetime import date
from functools import reduce
from operator import or_
from typing import NamedTuple

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.errors import InputError, shortened
from segmentation.ingest.ids import is_damaged
from segmentation.schemas import (
    AMOUNT_E4,
    CUSTOMER_ID,
    DISCOUNT_E4,
    HAS_UNREADABLE_ID,
    IS_ERASED,
    IS_RETURN,
    LATE_BEFORE,
    LINE_AMOUNT,
    MESSAGE,
    ORDERED_AT,
    PRODUCT_ID,
    QUANTITY,
    RECORD,
    SOURCE,
    STRING,
    UNIT_PRICE,
    UNIT_PRICE_E4,
    money,
)
from segmentation.settings import RulesSettings, Settings

IS_REJECTED = "is_rejected"
REASONS = "reasons"
OUTSIDE_WINDOW = "outside_window"
TOO_LATE = "too_late"
_COPY = "copy"


class Rule(NamedTuple):
    """A reason for leaving a line out.

    Every line is tested for `sign`, which holds whenever `broken` does and never without another rule being broken; only
    rejected lines are tested for `broken`, which may look at texts.
    """

    reason: str
    broken: Column
    sign: Column


def with_rejection(lines: DataFrame, settings: Settings) -> DataFrame:
    """Each line with `is_rejected`.

    A rejected one has `reasons`, all of those it is rejected for, in the order of `rules`, and keeps its `source`; others have neither.
    Where `is_erased` tells lines of people who were erased, this is the first reason; where `late_before` tells how far a stream goes
    back, `too_late` is the last.
    """
    if settings.rules.exact_duplicates == "reject":
        alike = Window.partitionBy(SOURCE, RECORD).orderBy(F.lit(1))
        lines = lines.withColumn(_COPY, F.row_number().over(alike))
    found = [*([_rule("erased", F.col(IS_ERASED))] if IS_ERASED in lines.columns else []), *rules(settings)]
    found += [_rule(TOO_LATE, F.col(ORDERED_AT) < F.col(LATE_BEFORE))] if LATE_BEFORE in lines.columns else []
    reasons = F.array_except(F.array(*(F.when(rule.broken, rule.reason) for rule in found)), F.array(F.lit(None).cast(STRING)))
    is_rejected = F.coalesce(reduce(or_, (rule.sign for rule in found)), F.lit(False))
    of_rejected = {REASONS: F.when(F.col(IS_REJECTED), reasons), SOURCE: F.when(F.col(IS_REJECTED), F.col(SOURCE))}
    return lines.withColumn(IS_REJECTED, is_rejected).withColumns(of_rejected)


def rules(settings: Settings) -> Iterator[Rule]:
    """Every rule the settings ask for; a line is accounted under the first it breaks."""
    broken_record = F.col(RECORD).isNotNull()
    yield _rule("unreadable_record", broken_record)
    yield _rule("unreadable_id", F.col(HAS_UNREADABLE_ID) & ~broken_record)
    nobody = F.col(CUSTOMER_ID).isNull() & ~broken_record
    yield Rule("guest", nobody & ~is_damaged(F.col(SOURCE)[CUSTOMER_ID].cast(STRING), T.StringType()), nobody)
    columns = settings.log.columns.mapped()
    values = {"ordered_at": (ORDERED_AT, "date"), "amount": (UNIT_PRICE_E4, "amount")}
    if "amount" not in columns:
        values |= {"quantity": (QUANTITY, "quantity"), "unit_price": (UNIT_PRICE_E4, "price")}
    for name, (parsed, what) in values.items():
        if name in columns:
            yield from _unreadable(name, F.col(parsed), what, ~broken_record)
    if "discount" in columns:
        yield _rule("unreadable_discount", F.col(DISCOUNT_E4).isNull() & _given("discount") & ~broken_record)
    yield from _without_value(columns)
    yield from _outside(settings)
    yield from _not_a_product(settings.rules)
    if settings.rules.exact_duplicates == "reject":
        yield _rule("exact_duplicate", F.col(_COPY) > 1)


def rejected_lines(lines: DataFrame) -> DataFrame:
    """The lines left out: all reasons, the canonical customer, the readable amount, and the columns as they stood.

    Of a stream's lines also where each lies: topic, partition and offset, or file.
    """
    texts = [name for name in lines.select(f"{SOURCE}.*").columns if name != CUSTOMER_ID]
    amount = money(F.col(AMOUNT_E4)).alias(LINE_AMOUNT)
    as_they_stood = (F.col(f"{SOURCE}.{name}").cast(STRING).alias(name) for name in texts)
    place = [F.col(f"{MESSAGE}.*")] if MESSAGE in lines.columns else []
    return lines.where(IS_REJECTED).select(REASONS, CUSTOMER_ID, amount, *as_they_stood, RECORD, *place)


def stop_if_mostly_rejected(rejected: DataFrame, by_reason: dict[str, int], lines: tuple[int, int], settings: RulesSettings) -> None:
    """Raise where more lines are rejected than the settings bear: the reasons, and what such lines hold, without ids.

    Parameters
    ----------
    rejected
        The rejected lines.
    by_reason
        Lines that have each reason at all.
    lines
        Lines rejected for any reason, and lines read; both without those outside the window, which are left out on purpose.
    settings
        With `stop_above_rejected_share`.
    """
    left_out, read = lines
    if left_out <= settings.stop_above_rejected_share * read:
        return
    ranked = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))
    raise InputError(
        f"{left_out:,} of {read:,} lines ({left_out / read:.1%}) are rejected, more than "
        f"rules.stop_above_rejected_share ({settings.stop_above_rejected_share:.0%}) allows:\n"
        + "\n".join(f"  - {reason}: {count:,} lines{_such_as(rejected, reason)}" for reason, count in ranked)
        + "\nCheck input.columns, input.timestamp_format and rules, or allow more"
    )


_SHOWN = {
    "unreadable_date": ORDERED_AT,
    "unreadable_quantity": QUANTITY,
    "unreadable_price": "unit_price",
    "price_not_above_zero": "unit_price",
    "unreadable_amount": "amount",
    "not_a_product": PRODUCT_ID,
}


def _such_as(rejected: DataFrame, reason: str) -> str:
    """What the column at fault holds in some of these lines."""
    column = _SHOWN.get(reason)
    if column is None:
        return ""
    rows = rejected.where(F.array_contains(REASONS, reason)).select(column).distinct().orderBy(column).limit(3).collect()
    return f", such as {column} {', '.join(repr(shortened(str(row[0]))) for row in rows)}"


def _rule(reason: str, broken: Column) -> Rule:
    return Rule(reason, broken, broken)


def _unreadable(name: str, parsed: Column, what: str, readable_record: Column) -> Iterator[Rule]:
    nothing = parsed.isNull() & readable_record
    yield Rule(f"missing_{what}", nothing & ~_given(name), nothing)
    yield Rule(f"unreadable_{what}", nothing & _given(name), nothing)


def _given(name: str) -> Column:
    """Whether the column held anything."""
    return F.coalesce(F.trim(F.col(SOURCE)[name].cast(STRING)) != "", F.lit(False))


def _without_value(columns: dict[str, str]) -> Iterator[Rule]:
    quantity, price, amount = F.col(QUANTITY), F.col(UNIT_PRICE), F.abs(AMOUNT_E4)
    given = (quantity != 0) & (price > 0)
    if "amount" in columns:
        yield _rule("zero_amount", price == 0)
    else:
        yield _rule("zero_quantity", quantity == 0)
        yield _rule("price_not_above_zero", price <= 0)
    if "discount" in columns:
        taken_off = F.when(F.col(IS_RETURN), -F.col(AMOUNT_E4)).otherwise(F.col(AMOUNT_E4))
        yield _rule("discount_above_price", given & (taken_off <= 0))
    else:
        yield _rule("amount_too_small", given & (amount == 0))
    yield _rule("amount_too_large", quantity.isNotNull() & price.isNotNull() & F.col(AMOUNT_E4).isNull())


def _outside(settings: Settings) -> Iterator[Rule]:
    first, as_of = settings.rules.history_from, settings.features.as_of
    outside = [F.col(ORDERED_AT) < _midnight(first)] if first else []
    outside += [F.col(ORDERED_AT) >= _midnight(as_of)] if as_of else []
    if outside:
        yield _rule(OUTSIDE_WINDOW, reduce(or_, outside))


def _midnight(day: date) -> Column:
    return F.lit(f"{day} 00:00:00").cast("timestamp")


def _not_a_product(settings: RulesSettings) -> Iterator[Rule]:
    codes = [code.strip().upper() for code in settings.not_a_product]
    whole = [code for code in codes if not code.endswith("*")]
    beginnings = [F.col(PRODUCT_ID).startswith(code[:-1]) for code in codes if code.endswith("*")]
    conditions = [*([F.col(PRODUCT_ID).isin(*whole)] if whole else []), *beginnings]
    if conditions:
        yield _rule("not_a_product", reduce(or_, conditions))
