"""Incremental ingestion: reads only the new files of the log wherever the result equals that of reading the whole log."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext, run_concurrently
from segmentation.incremental.merging import BROADCAST_LINES, IS_UNAFFECTED, Watermark, is_unaffected, merge_orders, rematch_returns
from segmentation.incremental.state import IncrementalState, InputSnapshot, load_state, save_state, snapshot_input
from segmentation.ingest.accounting import LineTotals, count_rejections, summarize_orders
from segmentation.ingest.categories import category_names, select_categories, with_category
from segmentation.ingest.ids import update_mapping
from segmentation.ingest.line_profile import overview, profile_lines, spend_by_category
from segmentation.ingest.log import IngestedLog, check_log_usable, ingest_log
from segmentation.ingest.orders import aggregate_orders
from segmentation.ingest.rules import IS_REJECTED, rejected_lines
from segmentation.ingest.validation import accepted_lines, read_log, validate_lines
from segmentation.publish.seal import verify_files
from segmentation.schemas import CATEGORY, LAST_LINE_AT, ORDERED_AT, SPEND_E4, STRING, Category
from segmentation.settings import Settings

logger = logging.getLogger(__name__)

_FILE_FORMATS = ("csv", "parquet", "json")


@dataclass(frozen=True)
class _NewFiles:
    """The new files of the log, and what they contain."""

    count: int
    source: DataFrame  # as of `read_log`
    lines: DataFrame  # validated, with the name of their category
    totals: LineTotals
    first_line_at: str | None  # of accepted lines (UTC)
    is_too_late: bool  # whether that is too early to be merged
    spend: DataFrame  # by category, of all lines so far


def ingest_incrementally(context: RunContext) -> IngestedLog:
    """Read the new files of the log, and merge them with the orders of the published run.

    Where that would not give the same tables as the whole log, read the whole log, and log the reason.
    """
    settings = context.settings
    snapshot, state = snapshot_input(context, read_log(context.spark, settings)), load_state(context)
    source = _read_listed_files(context, snapshot)
    obstacle = next(_obstacles_in_settings(settings, snapshot), None)
    reason = obstacle or _obstacle_in_state(state, snapshot)
    if state is not None and reason is None:
        new = _read_new_files(context, state, source, _new_files(state, snapshot))
        categories = select_categories(context, new.spend)
        reason = next(_obstacles_in_lines(new, state, categories, settings), None)
        if reason is None:
            return _ingest_new(context, state, new, categories, snapshot)
    logger.info("all of the log is read: %s", reason)
    log = ingest_log(context, source)
    if obstacle is None and log.product_counts is None:
        save_state(context, log, (), snapshot)
    return replace(log, incremental=_facts(reason, len(snapshot.files or ()), log.totals, None))


def _read_listed_files(context: RunContext, snapshot: InputSnapshot) -> DataFrame:
    """The files of the snapshot: a file that is written after it was taken is left to the next run."""
    source = read_log(context.spark, context.settings)
    is_by_files = snapshot.files is not None and context.settings.log.format in _FILE_FORMATS
    if snapshot.files is None or not is_by_files or snapshot.files.keys() == set(source.inputFiles()):
        return source
    return storage.rows_from_files(source, snapshot.files)


def _ingest_new(
    context: RunContext, state: IncrementalState, new: _NewFiles, categories: tuple[Category, ...], snapshot: InputSnapshot
) -> IngestedLog:
    """Merge the new lines with what the published run saved, and save the state for the next run."""
    settings = context.settings
    with context.run_log.stage("read") as stage:
        before = storage.read_table(context.spark, state.run.path("rejected_lines"))
        rejected = context.materialize(before.unionByName(rejected_lines(new.lines)), "rejected_lines")
        rejections, totals = count_rejections(rejected), state.totals + new.totals
        stage.count(lines=totals.lines, new_lines=new.totals.lines, rejected=rejections.total().lines)
        check_log_usable(rejected, rejections, totals, settings)
    update_mapping(context, new.source, settings.log.missing_values)
    with context.run_log.stage("orders") as stage:
        within_hours = settings.rules.void_within_hours
        recent = state.recent_lines(context.spark).withColumn(IS_UNAFFECTED, is_unaffected(new.first_line_at, within_hours))
        lines = context.cache(rematch_returns(recent, accepted_lines(new.lines, categories), within_hours, context.cache))
        changed = context.cache(aggregate_orders(lines, categories, settings.has_products))
        final = storage.read_table(context.spark, state.run.orders).where(state.watermark.is_final(F.col(LAST_LINE_AT)))
        final_parts = state.final_parts(context.spark)
        orders = context.materialize(merge_orders(final, changed, final_parts, lines.count() <= BROADCAST_LINES), "orders")
        summary = summarize_orders(orders)
        stage.count(orders=summary.n_orders, categories=len(categories))
    facts = _facts(None, new.count, new.totals, state.run.run_id)
    log = IngestedLog(orders, rejected, lines, None, categories, totals, rejections, summary, new.spend, facts)
    save_state(context, log, (final, final_parts), snapshot)
    return log


def _read_new_files(context: RunContext, state: IncrementalState, source: DataFrame, files: list[str]) -> _NewFiles:
    with context.run_log.stage("new") as stage:
        source = storage.rows_from_files(source, files)
        validated = context.cache(validate_lines(source, context.settings, context.pseudonyms, context.erased))
        lines = with_category(validated, category_names(context, validated))
        profile = context.cache(profile_lines(lines))
        (totals, _), (first, is_late) = run_concurrently(partial(overview, profile), partial(_first_accepted, validated, state.watermark))
        spend = state.spend_by_category(context.spark).unionByName(spend_by_category(profile))
        spend = spend.groupBy(CATEGORY).agg(F.sum(SPEND_E4).alias(SPEND_E4))
        stage.count(files=len(files), lines=totals.lines)
    return _NewFiles(len(files), source, lines, totals, first, is_late, spend)


def _facts(reason: str | None, files: int, new: LineTotals, since: str | None) -> dict[str, Any]:
    return {"continued": since is not None, "reason": reason, "new_files": files, "new_lines": new.lines, "since_run": since}


def _first_accepted(lines: DataFrame, watermark: Watermark) -> tuple[str | None, bool]:
    first = F.min(ORDERED_AT)
    # As text: a collected timestamp would be converted to the time zone of this machine.
    columns = first.cast(STRING).alias("first"), watermark.is_too_late(first).alias("is_late")
    row = lines.where(~F.col(IS_REJECTED)).agg(*columns).collect()[0]
    return row.first, bool(row.is_late)


def _new_files(state: IncrementalState, snapshot: InputSnapshot) -> list[str]:
    return sorted((snapshot.files or {}).keys() - (state.snapshot.files or {}).keys())


def _obstacles_in_settings(settings: Settings, snapshot: InputSnapshot) -> Iterator[str]:
    """Reasons why these settings always need the whole log."""
    lookup = settings.categories.lookup
    if settings.log.format not in _FILE_FORMATS:
        yield f"input.format {settings.log.format} does not tell new lines apart by their files"
    if settings.rules.exact_duplicates == "reject":
        yield "rules.exact_duplicates: reject compares new lines with all others"
    if settings.baskets.use:
        yield "baskets.use reads all lines again"
    if lookup is not None and lookup.format not in _FILE_FORMATS:
        yield f"categories.lookup of the format {lookup.format} does not tell whether it has changed"
    if snapshot.files is None:
        yield "the file system does not tell when files were changed"


def _obstacle_in_state(state: IncrementalState | None, snapshot: InputSnapshot) -> str | None:
    """Why the published run cannot be continued; None where it can."""
    if state is None:
        return "no published run has saved a state to continue from"
    if verify_files(state.run):
        return "files of the published run are not as they were sealed (`segmentation verify` names them)"
    changed = [name for name, value in snapshot.fingerprints.items() if state.snapshot.fingerprints.get(name) != value]
    if changed:
        return f"not as in the published run: {', '.join(changed)}"
    current = snapshot.files or {}
    modified = sorted(file for file, version in (state.snapshot.files or {}).items() if current.get(file) != version)
    if modified:
        return f"{len(modified):,} files that the published run has read were changed or removed, such as {modified[0]}"
    return None


def _obstacles_in_lines(new: _NewFiles, state: IncrementalState, categories: tuple[Category, ...], settings: Settings) -> Iterator[str]:
    """Reasons why the new lines cannot be merged with the earlier ones."""
    if new.is_too_late:
        yield (
            f"new lines reach back to {new.first_line_at}, the lines before to {state.watermark.last_line_at}: "
            "too far to know what they void"
        )
    if tuple(category.name for category in categories) != state.categories:
        yield "other categories lead, now that new lines are in"
    if settings.has_products and (state.totals + new.totals).lines <= settings.features.exact_products_max_lines:
        yield "distinct products are counted, and that takes all lines (features.exact_products_max_lines)"
