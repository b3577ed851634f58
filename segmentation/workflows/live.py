"""One batch of a stream into the live tables: rejected lines, orders, and the segments of the customers touched.

Every step can be made again: a batch that was cut off is handed over again with the same lines, and comes to the same.
"""

from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext, is_caching_refused, run_concurrently
from segmentation.ingest.categories import Category
from segmentation.ingest.live import (
    BATCH,
    KEPT_COLUMNS,
    ORDER_KEY,
    REPEATED,
    ROW_KEY,
    VOIDED_BEFORE,
    changed_orders,
    late_before,
    line_key,
    only_those,
    settled_orders,
    to_keep,
    with_line_texts,
    with_repeated,
    without_those,
)
from segmentation.ingest.nights import IS_OVER, added_up, over, rematched
from segmentation.ingest.orders import to_orders
from segmentation.ingest.rules import IS_REJECTED, REASONS, rejected_lines
from segmentation.privacy.pseudonyms import with_pseudonyms
from segmentation.publish.run import Run
from segmentation.schemas import CUSTOMER_ID, LATE_BEFORE, LINE_KEY, ORDERED_AT, STRING, VOIDED_AT
from segmentation.session import shuffle_parts
from segmentation.workflows.judging import categorised_lines, category_names, counting_lines, judged
from segmentation.workflows.mapping import keep_mapping

FOLDER = "live"
"""Below the output root: everything a stream keeps."""
LINES, ORDERS, OLDER_PARTS, REJECTED, SEGMENTS = "lines", "orders", "older_parts", "rejected_lines", "customer_segments"
TABLES = (LINES, ORDERS, OLDER_PARTS, REJECTED, SEGMENTS)
SCRATCH = "scratch"
"""Where frames of a batch are written that cannot be held in memory."""


@dataclass(frozen=True)
class Batch:
    """A batch under way.

    Parameters
    ----------
    context
        Session, settings, and what is held in memory.
    writer
        The stream, as its checkpoint names it.
    number
        Of the batch in this stream, from 0.
    categories
        Those told apart.
    """

    context: RunContext
    writer: str
    number: int
    categories: tuple[Category, ...]

    @property
    def name(self) -> str:
        """What tells the batch from all others, of streams before too."""
        return f"{self.writer} {self.number}"

    def place(self, table: str) -> str:
        """Where a live table is."""
        return place(self.context.settings.output.path, table)


@dataclass(frozen=True)
class Taken:
    """What a batch came to: its lines, those rejected, and among these the repeated ones and those too late; customers touched."""

    lines: int
    rejected: int
    repeated: int
    touched: DataFrame | None


def cut(context: RunContext, frame: DataFrame) -> DataFrame:
    """A frame made now, in no more parts than a shuffle has, and cut off from how it was made.

    To merge rows, Spark goes over their whole plan again and again; and each part of a few lines costs a task as much as one of many.
    Serverless compute holds nothing: there it is written aside until the batch is over.
    """
    made = frame.coalesce(shuffle_parts(context.spark))
    try:
        return made.localCheckpoint()
    except PySparkException as error:
        if not is_caching_refused(error):
            raise
    path = storage.join(place(context.settings.output.path, SCRATCH), uuid4().hex)
    context.resources.callback(storage.remove, path)
    storage.write_table(made, path)
    return storage.read_table(context.spark, path)


def place(root: str, table: str) -> str:
    """Where a live table is."""
    return storage.join(root, FOLDER, table)


def take(batch: Batch, log: DataFrame, late: str | None) -> Taken:
    """Bring rejected lines and orders up to date with a batch's lines.

    Parameters
    ----------
    batch
        Which.
    log
        Its lines as `storage.read_stream` gives them.
    late
        As of `late_before_of`.
    """
    context = batch.context
    log = cut(context, with_line_texts(log).withColumn(LATE_BEFORE, F.lit(late).cast("timestamp")))
    keep_mapping(replace(context, run=Run(context.run.root, f"live-{uuid4().hex[:16]}")), log, context.settings.log.missing_values)
    every = judged(_with_keys(context, log), context.settings, context.pseudonyms)
    named = categorised_lines(every, category_names(context, every))
    schema = to_keep(counting_lines(named, batch.categories), batch.name).schema
    others = storage.live_table(context.spark, batch.place(LINES), schema).where(F.col(BATCH) != batch.name)
    lines = cut(context, with_repeated(named, others))
    found = lines.agg(
        F.count(F.lit(1)).alias("lines"),
        F.count_if(IS_REJECTED).alias("rejected"),
        F.count_if(F.col(IS_REJECTED) & F.array_contains(REASONS, REPEATED)).alias("repeated"),
        # As text: a collected timestamp would turn to the time zone of this machine.
        F.min(F.when(~F.col(IS_REJECTED), F.col(ORDERED_AT))).cast(STRING).alias("first"),
    ).collect()[0]
    steps = [partial(_append_rejected, batch, lines)] if found.rejected else []
    touched = None
    if found.first is not None:
        new = to_keep(counting_lines(lines, batch.categories), batch.name)
        touched = cut(context, new.select(CUSTOMER_ID).distinct())
        steps.append(partial(_join, batch, others, new, touched, found.first))
    if steps:
        run_concurrently(*steps)
    return Taken(found.lines, found.rejected, found.repeated, touched)


def _append_rejected(batch: Batch, lines: DataFrame) -> None:
    rejected = rejected_lines(lines).withColumn(BATCH, F.lit(batch.name))
    storage.live_table(batch.context.spark, batch.place(REJECTED), rejected.schema)
    storage.append_once(rejected, batch.place(REJECTED), batch.writer, batch.number)


def late_before_of(batch: Batch) -> str | None:
    """Up to which time (UTC) a line of this batch is too late, by the lines of all others; None before the first line."""
    path = batch.place(LINES)
    if not storage.is_live(path):
        return None
    others = storage.read_live(batch.context.spark, path).where(F.col(BATCH) != batch.name)
    found: str | None = late_before(others, batch.context.settings.stream.late_days).collect()[0][0]
    return found


def forget_settled(batch: Batch, late: str) -> None:
    """Drop lines of orders that no line to come can change; a batch that was cut off finds the same ones."""
    context, is_new = batch.context, f"t.{BATCH} = '{batch.name}'"
    others = storage.read_live(context.spark, batch.place(LINES)).where(F.col(BATCH) != batch.name)
    orders = cut(context, settled_orders(others, late, context.settings.rules.void_within_hours))
    if not orders.isEmpty():
        # The lines first: an older part without lines is known to be out of date, lines without their older part are not.
        for path in filter(storage.is_live, map(batch.place, (LINES, OLDER_PARTS))):
            storage.take_out(orders, path, but=is_new)


def sweep(batch: Batch) -> None:
    """Remove files that live tables have had no use for in a week."""
    for path in filter(storage.is_live, map(batch.place, TABLES)):
        storage.sweep_old_files(batch.context.spark, path)


def _with_keys(context: RunContext, log: DataFrame) -> DataFrame:
    """Lines with their keys, which tell nothing of what names them."""
    if context.pseudonyms is None:
        return log.withColumn(LINE_KEY, line_key(F.sha2(LINE_KEY, 256)))
    hashed = with_pseudonyms(log, context.pseudonyms.blocks, {LINE_KEY: F.col(LINE_KEY)})
    return hashed.withColumn(LINE_KEY, line_key(F.col(LINE_KEY)))


def _join(batch: Batch, others: DataFrame, new: DataFrame, touched: DataFrame, first: str) -> None:
    """New lines among the kept ones of their customers, and the orders of both."""
    context = batch.context
    within_hours = context.settings.rules.void_within_hours
    as_it_was = {VOIDED_BEFORE: F.col(VOIDED_AT), IS_OVER: over(first, within_hours)}
    mine = cut(context, only_those(others.select(*KEPT_COLUMNS), touched).withColumns(as_it_was))
    fresh = new.withColumn(VOIDED_BEFORE, F.lit(None).cast("timestamp"))
    lines = cut(context, rematched(mine, fresh, within_hours, context.cache))
    keys = cut(context, changed_orders(lines, batch.name))
    _merge_orders(batch, to_orders(only_those(lines, keys), batch.categories, context.settings.has_products), keys, mine)
    # Last, since what has changed shows only against the lines as they were.
    is_changed = (F.col(BATCH) == batch.name) | ~F.col(VOIDED_AT).eqNullSafe(F.col(VOIDED_BEFORE))
    changed = lines.where(is_changed).select(*KEPT_COLUMNS, F.lit(False).alias(storage.IS_GONE))
    storage.merge(changed, batch.place(LINES), (LINE_KEY,))


def _merge_orders(batch: Batch, rows: DataFrame, keys: DataFrame, mine: DataFrame) -> None:
    context, path = batch.context, batch.place(ORDERS)
    named = F.lit(batch.name)
    table = storage.live_table(context.spark, path, rows.withColumn(BATCH, named).schema)
    current = cut(context, only_those(table, keys))
    older = _older_parts(batch, current, keys, mine)
    whole = added_up([rows, *([older.select(*rows.columns)] if older is not None else [])])
    fresh = cut(context, whole.withColumn(BATCH, named))
    gone = without_those(current, fresh.select(*ROW_KEY))
    merged = fresh.withColumn(storage.IS_GONE, F.lit(False)).unionByName(gone.withColumn(storage.IS_GONE, F.lit(True)))
    storage.merge(merged, path, ROW_KEY)


def _older_parts(batch: Batch, current: DataFrame, keys: DataFrame, mine: DataFrame) -> DataFrame | None:
    """What lines that are no longer kept have left in the orders that this batch changes; None where there is no such order."""
    context, path = batch.context, batch.place(OLDER_PARTS)
    had = mine.select(*ORDER_KEY).distinct()
    again = cut(context, without_those(current.where(F.col(BATCH) != batch.name), had))
    if not again.isEmpty():
        storage.live_table(context.spark, path, again.schema)
        storage.take_out(again.select(*ORDER_KEY).distinct(), path, but=f"t.{BATCH} = '{batch.name}'")
        storage.append_once(again.withColumn(BATCH, F.lit(batch.name)), path, batch.writer, batch.number)
    return only_those(storage.read_live(context.spark, path), keys) if storage.is_live(path) else None
