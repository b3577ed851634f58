"""One more batch of a stream: new lines joined to those that are kept, with the orders that the whole log would give.

As in `nights`, but for the customers that a batch touches alone, and in tables that are changed in place. What a batch does is a
function of the batch itself and of what all other batches have left, so that a batch that was cut off anywhere is simply taken again.
Kept lines are dropped by whole orders, so that an order is made anew from all of its lines; only an order that gets another line after
that has its older part kept aside.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from segmentation.ingest.nights import LINE_COLUMNS
from segmentation.ingest.rules import IS_REJECTED, REASONS
from segmentation.schemas import (
    ARRIVED_AT,
    CUSTOMER_ID,
    LINE_KEY,
    LINE_NAME,
    MESSAGE,
    ORDER_ID,
    ORDERED_AT,
    STRING,
    VOIDED_AT,
    named,
)

REPEATED = "repeated_line"
BATCH = "batch"
MOVES_TO = "moves_to"
VOIDED_BEFORE = "voided_before"
KEPT_COLUMNS = (*LINE_COLUMNS, LINE_KEY, MOVES_TO, BATCH)
"""What is kept of a line: what orders are made from, what tells it from others, and how far it has moved the stream."""
ORDER_KEY = (CUSTOMER_ID, ORDER_ID)
ROW_KEY = (*ORDER_KEY, VOIDED_AT)

_COPY, _PLACE, _IS_KNOWN = "copy", "place", "is_known"
_KEY_DIGITS = 32


def with_line_texts(log: DataFrame) -> DataFrame:
    """Lines as they stand, with a text each as `line_key` that no other line has: the line's name, or where it lies.

    In a file a line has no number; lines that say the same in one file are told apart by counting them, which is all the same to the
    tables, whichever is counted first.
    """
    if "file" in log.select(f"{MESSAGE}.*").columns:
        said = [name for name in log.columns if name not in (LINE_NAME, ARRIVED_AT)]
        log = log.withColumn(_PLACE, F.to_json(F.struct(*map(named, said))))
        alike = Window.partitionBy(_PLACE).orderBy(F.lit(1))
        log = log.withColumn(_PLACE, F.concat_ws(" ", _PLACE, F.row_number().over(alike).cast(STRING)))
    else:
        log = log.withColumn(_PLACE, F.to_json(MESSAGE))
    key = F.coalesce(F.concat(F.lit("name "), LINE_NAME), F.concat(F.lit("place "), _PLACE))
    return log.withColumn(LINE_KEY, key).drop(_PLACE, LINE_NAME)


def line_key(hashed: Column) -> Column:
    """A line's key from the hash of its text: 128 bits of it."""
    return F.substring(hashed, 1, _KEY_DIGITS)


def with_repeated(lines: DataFrame, kept: DataFrame) -> DataFrame:
    """Judged lines, those rejected as well that were accepted before: in an earlier batch, or earlier in this one.

    Parameters
    ----------
    lines
        With `is_rejected`, `reasons` and `line_key`.
    kept
        Accepted lines of all other batches.
    """
    keys = lines.where(~F.col(IS_REJECTED)).select(LINE_KEY).distinct()
    known = kept.select(LINE_KEY).join(F.broadcast(keys), LINE_KEY, "left_semi").withColumn(_IS_KNOWN, F.lit(True))
    earlier = Window.partitionBy(LINE_KEY, IS_REJECTED).orderBy(ARRIVED_AT, MESSAGE)
    counted = lines.join(F.broadcast(known), LINE_KEY, "left").withColumn(_COPY, F.row_number().over(earlier))
    is_repeated = ~F.col(IS_REJECTED) & (F.col(_IS_KNOWN).isNotNull() | (F.col(_COPY) > 1))
    return counted.withColumns(
        {REASONS: F.when(is_repeated, F.array(F.lit(REPEATED))).otherwise(F.col(REASONS)), IS_REJECTED: F.col(IS_REJECTED) | is_repeated}
    ).drop(_IS_KNOWN, _COPY)


def to_keep(lines: DataFrame, batch: str) -> DataFrame:
    """Accepted lines as they are kept: how far each moves the stream is its own time, and never later than when it came.

    So one line that is dated years ahead does not make all others late.
    """
    moves_to = F.least(F.col(ORDERED_AT), F.coalesce(ARRIVED_AT, ORDERED_AT))
    known = {MOVES_TO: moves_to, BATCH: F.lit(batch), VOIDED_AT: F.lit(None).cast("timestamp")}
    return lines.withColumns(known).select(*KEPT_COLUMNS)


def late_before(kept: DataFrame, late_days: int) -> DataFrame:
    """One row: up to which time (UTC, as text) a line is too late; null before the first line."""
    # As text: a collected timestamp would turn to the time zone of this machine.
    return kept.agg((F.max(MOVES_TO) - F.expr(f"INTERVAL {late_days} DAYS")).cast(STRING).alias("late_before"))


def only_those(rows: DataFrame, keys: DataFrame) -> DataFrame:
    """Rows that agree with one of a batch's keys in all of its columns."""
    return rows.join(F.broadcast(keys), list(keys.columns), "left_semi")


def without_those(rows: DataFrame, keys: DataFrame) -> DataFrame:
    """Rows that agree with none of a batch's keys; nulls are equal."""
    of_key = {name: f"of_{name}" for name in keys.columns}
    others = keys.withColumnsRenamed(of_key)
    same = F.lit(True)
    for name, other in of_key.items():
        same = same & F.col(name).eqNullSafe(F.col(other))
    return rows.join(F.broadcast(others), same, "left_anti")


def changed_orders(lines: DataFrame, batch: str) -> DataFrame:
    """Keys of the orders whose rows a batch changes: those of new lines, and of lines that are now voided, or no more, or by another.

    Parameters
    ----------
    lines
        Kept and new lines of the customers touched, with `voided_at` and, as it was before, `voided_before`.
    batch
        Which lines are new.
    """
    is_changed = (F.col(BATCH) == batch) | ~F.col(VOIDED_AT).eqNullSafe(F.col(VOIDED_BEFORE))
    return lines.where(is_changed).select(*ORDER_KEY).distinct()


def settled_orders(kept: DataFrame, before: str, within_hours: int) -> DataFrame:
    """Keys of the orders none of whose lines can change any more.

    Parameters
    ----------
    kept
        Accepted lines.
    before
        As `late_before` tells: no line that is older comes any more.
    within_hours
        `void_within_hours`.
    """
    limit = F.lit(before).cast("timestamp") - F.expr(f"INTERVAL {within_hours} HOURS")
    return kept.groupBy(*ORDER_KEY).agg(F.max(ORDERED_AT).alias(ORDERED_AT)).where(F.col(ORDERED_AT) < limit).select(*ORDER_KEY)
