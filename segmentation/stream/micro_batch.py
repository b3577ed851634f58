"""One micro-batch of a stream, merged into the live tables of rejected lines, stored lines and orders.

Every step is idempotent: Spark hands an interrupted batch over again with the same lines, and the result is the same.
"""

from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext, is_caching_refused, run_concurrently
from segmentation.incremental.merging import IS_UNAFFECTED, is_unaffected, rematch_returns
from segmentation.ingest.categories import category_names, with_category
from segmentation.ingest.ids import update_mapping
from segmentation.ingest.orders import aggregate_orders, sum_order_rows
from segmentation.ingest.rules import IS_REJECTED, REASONS, rejected_lines
from segmentation.ingest.validation import accepted_lines, validate_lines
from segmentation.privacy.pseudonyms import with_pseudonyms
from segmentation.publish.run import Run
from segmentation.schemas import CUSTOMER_ID, LATE_BEFORE, LINE_KEY, ORDERED_AT, STRING, VOIDED_AT, Category
from segmentation.session import shuffle_partitions
from segmentation.stream.lines import (
    BATCH,
    ORDER_KEY,
    REPEATED,
    ROW_KEY,
    STORED_COLUMNS,
    VOIDED_BEFORE,
    changed_orders,
    final_orders,
    late_before,
    line_key,
    rows_matching,
    rows_not_matching,
    stored_lines,
    with_line_texts,
    with_repeated_rejected,
)

FOLDER = "live"
"""Folder below the output root that holds all that a stream writes."""
LINES, ORDERS, OLDER_PARTS, REJECTED, SEGMENTS = "lines", "orders", "older_parts", "rejected_lines", "customer_segments"
TABLES = (LINES, ORDERS, OLDER_PARTS, REJECTED, SEGMENTS)
SCRATCH = "scratch"
"""Folder for frames of a batch where Spark refuses to cache them."""


@dataclass(frozen=True)
class MicroBatch:
    """A batch in progress."""

    context: RunContext
    writer: str  # the stream's id in its checkpoint
    number: int  # of the batch in this stream, from 0
    categories: tuple[Category, ...]  # of the model

    @property
    def name(self) -> str:
        """Unique among the batches of all streams."""
        return f"{self.writer} {self.number}"

    def live_path(self, table: str) -> str:
        """Path of a live table."""
        return live_path(self.context.settings.output.path, table)


@dataclass(frozen=True)
class BatchResult:
    """Counts of a batch's lines, and the ids of the customers whose orders it changed."""

    lines: int
    rejected: int
    repeated: int  # among the rejected
    changed_customers: DataFrame | None  # None where no line was accepted


def truncate_lineage(context: RunContext, frame: DataFrame) -> DataFrame:
    """Compute a frame now, in at most as many partitions as a shuffle has, and forget its plan.

    A merge plans its source several times, and a partition of a few lines costs as much as a large one. Serverless compute cannot cache:
    there the frame is written to a scratch folder until the batch is done.
    """
    computed = frame.coalesce(shuffle_partitions(context.spark))
    try:
        return computed.localCheckpoint()
    except PySparkException as error:
        if not is_caching_refused(error):
            raise
    path = storage.join(live_path(context.settings.output.path, SCRATCH), uuid4().hex)
    context.resources.callback(storage.remove, path)
    storage.write_table(computed, path)
    return storage.read_table(context.spark, path)


def live_path(root: str, table: str) -> str:
    """Path of a live table."""
    return storage.join(root, FOLDER, table)


def process_lines(batch: MicroBatch, log: DataFrame, late_before: str | None) -> BatchResult:
    """Merge a batch's lines into rejected lines, stored lines and orders."""
    context = batch.context
    log = truncate_lineage(context, with_line_texts(log).withColumn(LATE_BEFORE, F.lit(late_before).cast("timestamp")))
    update_mapping(replace(context, run=Run(context.run.root, f"live-{uuid4().hex[:16]}")), log, context.settings.log.missing_values)
    validated = validate_lines(_with_keys(context, log), context.settings, context.pseudonyms, context.erased)
    categorized = with_category(validated, category_names(context, validated))
    schema = stored_lines(accepted_lines(categorized, batch.categories), batch.name).schema
    others = storage.load_or_create_delta(context.spark, batch.live_path(LINES), schema).where(F.col(BATCH) != batch.name)
    lines = truncate_lineage(context, with_repeated_rejected(categorized, others))
    counts = lines.agg(
        F.count(F.lit(1)).alias("lines"),
        F.count_if(IS_REJECTED).alias("rejected"),
        F.count_if(F.col(IS_REJECTED) & F.array_contains(REASONS, REPEATED)).alias("repeated"),
        # As text: a collected timestamp would be converted to the time zone of this machine.
        F.min(F.when(~F.col(IS_REJECTED), F.col(ORDERED_AT))).cast(STRING).alias("first"),
    ).collect()[0]
    steps = [partial(_append_rejected, batch, lines)] if counts.rejected else []
    changed = None
    if counts.first is not None:
        new = stored_lines(accepted_lines(lines, batch.categories), batch.name)
        changed = truncate_lineage(context, new.select(CUSTOMER_ID).distinct())
        steps.append(partial(_merge_lines, batch, others, new, changed, counts.first))
    if steps:
        run_concurrently(*steps)
    return BatchResult(counts.lines, counts.rejected, counts.repeated, changed)


def _append_rejected(batch: MicroBatch, lines: DataFrame) -> None:
    rejected = rejected_lines(lines).withColumn(BATCH, F.lit(batch.name))
    storage.load_or_create_delta(batch.context.spark, batch.live_path(REJECTED), rejected.schema)
    storage.append_idempotent(rejected, batch.live_path(REJECTED), batch.writer, batch.number)


def late_threshold(batch: MicroBatch) -> str | None:
    """Time (UTC) before which lines of this batch are too late, by the lines of all other batches; None before the first line."""
    path = batch.live_path(LINES)
    if not storage.is_delta_table(path):
        return None
    others = storage.read_delta(batch.context.spark, path).where(F.col(BATCH) != batch.name)
    threshold: str | None = late_before(others, batch.context.settings.stream.max_lateness_days).collect()[0][0]
    return threshold


def drop_final_lines(batch: MicroBatch, late_before: str) -> None:
    """Delete stored lines of orders that no later line can change; an interrupted batch selects the same ones again."""
    context, is_new = batch.context, f"t.{BATCH} = '{batch.name}'"
    others = storage.read_delta(context.spark, batch.live_path(LINES)).where(F.col(BATCH) != batch.name)
    orders = truncate_lineage(context, final_orders(others, late_before, context.settings.rules.void_within_hours))
    if not orders.isEmpty():
        # Lines first: an older part without lines is known to be obsolete, lines without their older part are not.
        for path in filter(storage.is_delta_table, map(batch.live_path, (LINES, OLDER_PARTS))):
            storage.delete_rows(orders, path, unless=is_new)


def vacuum_tables(batch: MicroBatch) -> None:
    """Remove files that live tables have not used for a week."""
    for path in filter(storage.is_delta_table, map(batch.live_path, TABLES)):
        storage.vacuum(batch.context.spark, path)


def _with_keys(context: RunContext, log: DataFrame) -> DataFrame:
    """Lines with hashed keys, which do not reveal their names."""
    if context.pseudonyms is None:
        return log.withColumn(LINE_KEY, line_key(F.sha2(LINE_KEY, 256)))
    hashed = with_pseudonyms(log, context.pseudonyms.blocks, {LINE_KEY: F.col(LINE_KEY)})
    return hashed.withColumn(LINE_KEY, line_key(F.col(LINE_KEY)))


def _merge_lines(batch: MicroBatch, others: DataFrame, new: DataFrame, customers: DataFrame, first: str) -> None:
    """Merge new lines with the stored ones of their customers, and update the orders of both."""
    context = batch.context
    within_hours = context.settings.rules.void_within_hours
    previous = {VOIDED_BEFORE: F.col(VOIDED_AT), IS_UNAFFECTED: is_unaffected(first, within_hours)}
    stored = truncate_lineage(context, rows_matching(others.select(*STORED_COLUMNS), customers).withColumns(previous))
    fresh = new.withColumn(VOIDED_BEFORE, F.lit(None).cast("timestamp"))
    lines = truncate_lineage(context, rematch_returns(stored, fresh, within_hours, context.cache))
    keys = truncate_lineage(context, changed_orders(lines, batch.name))
    _merge_orders(batch, aggregate_orders(rows_matching(lines, keys), batch.categories, context.settings.has_products), keys, stored)
    # Last: changes are detected by comparison with the stored lines.
    is_changed = (F.col(BATCH) == batch.name) | ~F.col(VOIDED_AT).eqNullSafe(F.col(VOIDED_BEFORE))
    changed = lines.where(is_changed).select(*STORED_COLUMNS, F.lit(False).alias(storage.IS_DELETED))
    storage.merge_rows(changed, batch.live_path(LINES), (LINE_KEY,))


def _merge_orders(batch: MicroBatch, rows: DataFrame, keys: DataFrame, stored: DataFrame) -> None:
    context, path = batch.context, batch.live_path(ORDERS)
    name = F.lit(batch.name)
    table = storage.load_or_create_delta(context.spark, path, rows.withColumn(BATCH, name).schema)
    current = truncate_lineage(context, rows_matching(table, keys))
    older = _older_parts(batch, current, keys, stored)
    whole = sum_order_rows([rows, *([older.select(*rows.columns)] if older is not None else [])])
    fresh = truncate_lineage(context, whole.withColumn(BATCH, name))
    deleted = rows_not_matching(current, fresh.select(*ROW_KEY))
    merged = fresh.withColumn(storage.IS_DELETED, F.lit(False)).unionByName(deleted.withColumn(storage.IS_DELETED, F.lit(True)))
    storage.merge_rows(merged, path, ROW_KEY)


def _older_parts(batch: MicroBatch, current: DataFrame, keys: DataFrame, stored: DataFrame) -> DataFrame | None:
    """Parts that deleted lines contributed to the orders that this batch changes; None where there are none."""
    context, path = batch.context, batch.live_path(OLDER_PARTS)
    with_lines = stored.select(*ORDER_KEY).distinct()
    again = truncate_lineage(context, rows_not_matching(current.where(F.col(BATCH) != batch.name), with_lines))
    if not again.isEmpty():
        storage.load_or_create_delta(context.spark, path, again.schema)
        storage.delete_rows(again.select(*ORDER_KEY).distinct(), path, unless=f"t.{BATCH} = '{batch.name}'")
        storage.append_idempotent(again.withColumn(BATCH, F.lit(batch.name)), path, batch.writer, batch.number)
    return rows_matching(storage.read_delta(context.spark, path), keys) if storage.is_delta_table(path) else None
