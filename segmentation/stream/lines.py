"""The lines of a batch of a stream: their keys, repeated and late lines, and the orders that they change.

A batch is merged as in `incremental.merging`, but only for the customers that it touches, and into tables that are updated in place.
What a batch does depends only on the batch itself and on what all other batches have stored, so an interrupted batch is simply processed
again. Stored lines are deleted by whole orders, so that an order can be computed again from all of its lines. Only where an order gets
another line after that, its older part is stored separately.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from segmentation.incremental.merging import LINE_COLUMNS
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
STORED_COLUMNS = (*LINE_COLUMNS, LINE_KEY, MOVES_TO, BATCH)
"""Columns of a stored line: what orders are aggregated from, the line's key, and the time to which it advances the stream."""
ORDER_KEY = (CUSTOMER_ID, ORDER_ID)
ROW_KEY = (*ORDER_KEY, VOIDED_AT)

_COPY, _POSITION, _IS_KNOWN = "copy", "position", "is_known"
_KEY_DIGITS = 32


def with_line_texts(log: DataFrame) -> DataFrame:
    """Lines with a unique text as `line_key`: the line's name, or else its position in the stream.

    Lines of a file have no number. Equal lines of one file are numbered in any order, which makes no difference to the tables.
    """
    if "file" in log.select(f"{MESSAGE}.*").columns:
        columns = [name for name in log.columns if name not in (LINE_NAME, ARRIVED_AT)]
        log = log.withColumn(_POSITION, F.to_json(F.struct(*map(named, columns))))
        equal_lines = Window.partitionBy(_POSITION).orderBy(F.lit(1))
        log = log.withColumn(_POSITION, F.concat_ws(" ", _POSITION, F.row_number().over(equal_lines).cast(STRING)))
    else:
        log = log.withColumn(_POSITION, F.to_json(MESSAGE))
    key = F.coalesce(F.concat(F.lit("name "), LINE_NAME), F.concat(F.lit("place "), _POSITION))
    return log.withColumn(LINE_KEY, key).drop(_POSITION, LINE_NAME)


def line_key(hashed: Column) -> Column:
    """The key of a line: 128 bits of the hash of its text."""
    return F.substring(hashed, 1, _KEY_DIGITS)


def with_repeated_rejected(lines: DataFrame, stored: DataFrame) -> DataFrame:
    """Validated lines, in which lines that were accepted before, in an earlier batch or earlier in this one, are rejected.

    `lines` has `is_rejected`, `reasons` and `line_key`; `stored` are accepted lines of all other batches.
    """
    keys = lines.where(~F.col(IS_REJECTED)).select(LINE_KEY).distinct()
    known = stored.select(LINE_KEY).join(F.broadcast(keys), LINE_KEY, "left_semi").withColumn(_IS_KNOWN, F.lit(True))
    earlier = Window.partitionBy(LINE_KEY, IS_REJECTED).orderBy(ARRIVED_AT, MESSAGE)
    counted = lines.join(F.broadcast(known), LINE_KEY, "left").withColumn(_COPY, F.row_number().over(earlier))
    is_repeated = ~F.col(IS_REJECTED) & (F.col(_IS_KNOWN).isNotNull() | (F.col(_COPY) > 1))
    return counted.withColumns(
        {REASONS: F.when(is_repeated, F.array(F.lit(REPEATED))).otherwise(F.col(REASONS)), IS_REJECTED: F.col(IS_REJECTED) | is_repeated}
    ).drop(_IS_KNOWN, _COPY)


def stored_lines(lines: DataFrame, batch: str) -> DataFrame:
    """Accepted lines as they are stored.

    A line advances the stream to its own time, but not beyond its arrival: a line dated years ahead does not make all others late.
    """
    moves_to = F.least(F.col(ORDERED_AT), F.coalesce(ARRIVED_AT, ORDERED_AT))
    added = {MOVES_TO: moves_to, BATCH: F.lit(batch), VOIDED_AT: F.lit(None).cast("timestamp")}
    return lines.withColumns(added).select(*STORED_COLUMNS)


def late_before(stored: DataFrame, max_lateness_days: int) -> DataFrame:
    """One row: the time (UTC, as text) before which a line is too late; null before the first line."""
    # As text: a collected timestamp would be converted to the time zone of this machine.
    return stored.agg((F.max(MOVES_TO) - F.expr(f"INTERVAL {max_lateness_days} DAYS")).cast(STRING).alias("late_before"))


def rows_matching(rows: DataFrame, keys: DataFrame) -> DataFrame:
    """Rows that equal one of the keys in all columns of the keys."""
    return rows.join(F.broadcast(keys), list(keys.columns), "left_semi")


def rows_not_matching(rows: DataFrame, keys: DataFrame) -> DataFrame:
    """Rows that equal none of the keys; nulls are equal."""
    of_key = {name: f"of_{name}" for name in keys.columns}
    others = keys.withColumnsRenamed(of_key)
    same = F.lit(True)
    for name, other in of_key.items():
        same = same & F.col(name).eqNullSafe(F.col(other))
    return rows.join(F.broadcast(others), same, "left_anti")


def changed_orders(lines: DataFrame, batch: str) -> DataFrame:
    """Keys of the orders that a batch changes: those with new lines, or with lines whose `voided_at` changes.

    `lines` are stored and new lines of the customers touched, with `voided_at` and its earlier value `voided_before`.
    """
    is_changed = (F.col(BATCH) == batch) | ~F.col(VOIDED_AT).eqNullSafe(F.col(VOIDED_BEFORE))
    return lines.where(is_changed).select(*ORDER_KEY).distinct()


def final_orders(stored: DataFrame, before: str, within_hours: int) -> DataFrame:
    """Keys of the orders of which no line can change any more.

    Lines older than `before` (of `late_before`) are rejected.
    """
    limit = F.lit(before).cast("timestamp") - F.expr(f"INTERVAL {within_hours} HOURS")
    return stored.groupBy(*ORDER_KEY).agg(F.max(ORDERED_AT).alias(ORDERED_AT)).where(F.col(ORDERED_AT) < limit).select(*ORDER_KEY)
