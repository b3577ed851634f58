"""The rules by which lines are rejected: each is a reason and a condition."""

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


class LineRule(NamedTuple):
    """A reason to reject a line.

    `prefilter` is evaluated on every line. It holds whenever `is_broken` does, and otherwise only where another rule is broken too.
    `is_broken`, which may parse texts, is evaluated on rejected lines only.
    """

    reason: str
    is_broken: Column
    prefilter: Column


def with_rejection(lines: DataFrame, settings: Settings) -> DataFrame:
    """Lines with `is_rejected`; rejected lines also have all their `reasons`, in the order of `rules`, and their `source`.

    With a column `is_erased`, `erased` is the first reason; with a column `late_before`, as in a stream, `too_late` is the last.
    """
    if settings.rules.exact_duplicates == "reject":
        equal_lines = Window.partitionBy(SOURCE, RECORD).orderBy(F.lit(1))
        lines = lines.withColumn(_COPY, F.row_number().over(equal_lines))
    checked = [*([_rule("erased", F.col(IS_ERASED))] if IS_ERASED in lines.columns else []), *rules(settings)]
    checked += [_rule(TOO_LATE, F.col(ORDERED_AT) < F.col(LATE_BEFORE))] if LATE_BEFORE in lines.columns else []
    reasons = F.array_except(F.array(*(F.when(rule.is_broken, rule.reason) for rule in checked)), F.array(F.lit(None).cast(STRING)))
    is_rejected = F.coalesce(reduce(or_, (rule.prefilter for rule in checked)), F.lit(False))
    details = {REASONS: F.when(F.col(IS_REJECTED), reasons), SOURCE: F.when(F.col(IS_REJECTED), F.col(SOURCE))}
    return lines.withColumn(IS_REJECTED, is_rejected).withColumns(details)


def rules(settings: Settings) -> Iterator[LineRule]:
    """Every rule of the settings; a line is accounted for under the first rule that it breaks."""
    is_readable = F.col(RECORD).isNull()
    yield _rule("unreadable_record", ~is_readable)
    yield _rule("unreadable_id", F.col(HAS_UNREADABLE_ID) & is_readable)
    has_no_id = F.col(CUSTOMER_ID).isNull() & is_readable
    yield LineRule("guest", has_no_id & ~is_damaged(F.col(SOURCE)[CUSTOMER_ID].cast(STRING), T.StringType()), has_no_id)
    columns = settings.log.columns.mapped()
    values = {"ordered_at": (ORDERED_AT, "date"), "amount": (UNIT_PRICE_E4, "amount")}
    if "amount" not in columns:
        values |= {"quantity": (QUANTITY, "quantity"), "unit_price": (UNIT_PRICE_E4, "price")}
    for name, (parsed, what) in values.items():
        if name in columns:
            yield from _unreadable(name, F.col(parsed), what, is_readable)
    if "discount" in columns:
        yield _rule("unreadable_discount", F.col(DISCOUNT_E4).isNull() & _has_text("discount") & is_readable)
    yield from _value_rules(columns)
    yield from _window_rule(settings)
    yield from _product_rule(settings.rules)
    if settings.rules.exact_duplicates == "reject":
        yield _rule("exact_duplicate", F.col(_COPY) > 1)


def rejected_lines(lines: DataFrame) -> DataFrame:
    """Rejected lines: all reasons, the canonical customer, the amount if readable, and the log's own columns as text.

    For lines of a stream also their position: topic, partition and offset, or file.
    """
    texts = [name for name in lines.select(f"{SOURCE}.*").columns if name != CUSTOMER_ID]
    amount = money(F.col(AMOUNT_E4)).alias(LINE_AMOUNT)
    original = (F.col(f"{SOURCE}.{name}").cast(STRING).alias(name) for name in texts)
    position = [F.col(f"{MESSAGE}.*")] if MESSAGE in lines.columns else []
    return lines.where(IS_REJECTED).select(REASONS, CUSTOMER_ID, amount, *original, RECORD, *position)


def check_rejected_share(rejected: DataFrame, by_reason: dict[str, int], lines: tuple[int, int], settings: RulesSettings) -> None:
    """Raise InputError where more lines are rejected than `max_rejected_share`.

    The message has the reasons and example values, but no ids.

    `by_reason` counts lines that have each reason, first or not. `lines` are the numbers of lines rejected and of lines read, both
    without those outside the window, which are rejected on purpose.
    """
    n_rejected, n_read = lines
    if n_rejected <= settings.max_rejected_share * n_read:
        return
    ranked = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))
    raise InputError(
        f"{n_rejected:,} of {n_read:,} lines ({n_rejected / n_read:.1%}) are rejected, more than "
        f"rules.max_rejected_share ({settings.max_rejected_share:.0%}) allows:\n"
        + "\n".join(f"  - {reason}: {count:,} lines{_examples(rejected, reason)}" for reason, count in ranked)
        + "\nCheck input.columns, input.timestamp_format and rules, or allow more"
    )


_EXAMPLE_COLUMNS = {
    "unreadable_date": ORDERED_AT,
    "unreadable_quantity": QUANTITY,
    "unreadable_price": "unit_price",
    "price_not_above_zero": "unit_price",
    "unreadable_amount": "amount",
    "not_a_product": PRODUCT_ID,
}


def _examples(rejected: DataFrame, reason: str) -> str:
    """Values of the rejected column in some of these lines."""
    column = _EXAMPLE_COLUMNS.get(reason)
    if column is None:
        return ""
    rows = rejected.where(F.array_contains(REASONS, reason)).select(column).distinct().orderBy(column).limit(3).collect()
    return f", such as {column} {', '.join(repr(shortened(str(row[0]))) for row in rows)}"


def _rule(reason: str, is_broken: Column) -> LineRule:
    return LineRule(reason, is_broken, is_broken)


def _unreadable(name: str, parsed: Column, what: str, is_readable: Column) -> Iterator[LineRule]:
    has_no_value = parsed.isNull() & is_readable
    yield LineRule(f"missing_{what}", has_no_value & ~_has_text(name), has_no_value)
    yield LineRule(f"unreadable_{what}", has_no_value & _has_text(name), has_no_value)


def _has_text(name: str) -> Column:
    return F.coalesce(F.trim(F.col(SOURCE)[name].cast(STRING)) != "", F.lit(False))


def _value_rules(columns: dict[str, str]) -> Iterator[LineRule]:
    quantity, price, amount = F.col(QUANTITY), F.col(UNIT_PRICE), F.abs(AMOUNT_E4)
    has_value = (quantity != 0) & (price > 0)
    if "amount" in columns:
        yield _rule("zero_amount", price == 0)
    else:
        yield _rule("zero_quantity", quantity == 0)
        yield _rule("price_not_above_zero", price <= 0)
    if "discount" in columns:
        discounted = F.when(F.col(IS_RETURN), -F.col(AMOUNT_E4)).otherwise(F.col(AMOUNT_E4))
        yield _rule("discount_above_price", has_value & (discounted <= 0))
    else:
        yield _rule("amount_too_small", has_value & (amount == 0))
    yield _rule("amount_too_large", quantity.isNotNull() & price.isNotNull() & F.col(AMOUNT_E4).isNull())


def _window_rule(settings: Settings) -> Iterator[LineRule]:
    first, as_of = settings.rules.history_start, settings.features.as_of
    outside = [F.col(ORDERED_AT) < _midnight(first)] if first else []
    outside += [F.col(ORDERED_AT) >= _midnight(as_of)] if as_of else []
    if outside:
        yield _rule(OUTSIDE_WINDOW, reduce(or_, outside))


def _midnight(day: date) -> Column:
    return F.lit(f"{day} 00:00:00").cast("timestamp")


def _product_rule(settings: RulesSettings) -> Iterator[LineRule]:
    codes = [code.strip().upper() for code in settings.excluded_products]
    exact = [code for code in codes if not code.endswith("*")]
    prefixes = [F.col(PRODUCT_ID).startswith(code[:-1]) for code in codes if code.endswith("*")]
    conditions = [*([F.col(PRODUCT_ID).isin(*exact)] if exact else []), *prefixes]
    if conditions:
        yield _rule("not_a_product", reduce(or_, conditions))
