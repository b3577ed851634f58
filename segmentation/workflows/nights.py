"""The log so far: only what is new of it, joined to what the published run has left, where that comes to the same."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext, run_concurrently
from segmentation.ingest.accounting import Tally, rejections, taken_stock
from segmentation.ingest.categories import Category
from segmentation.ingest.nights import BROADCAST_LINES, IS_OVER, Horizon, over, rematched, with_fresh
from segmentation.ingest.orders import to_orders
from segmentation.ingest.rules import IS_REJECTED, rejected_lines
from segmentation.ingest.survey import overview, surveyed
from segmentation.publish.integrity import integrity_faults
from segmentation.schemas import CATEGORY, LAST_LINE_AT, ORDERED_AT, SPEND_E4, STRING
from segmentation.settings import Settings
from segmentation.workflows.handover import Basis, Handover, basis_of, leave, left_by_last
from segmentation.workflows.ingestion import Ingested, categories_of, ingested, spend_by_category, stop_if_unusable
from segmentation.workflows.judging import categorised_lines, category_names, counting_lines, judged, read_log
from segmentation.workflows.mapping import keep_mapping

logger = logging.getLogger(__name__)

_BY_FILES = ("csv", "parquet", "json")


@dataclass(frozen=True)
class _New:
    """What the new files hold.

    Parameters
    ----------
    files
        How many there are.
    source
        Their lines as they stand in the log.
    judged, lines
        Their lines with the reasons to reject them, and the same with the name of their category.
    tally
        Their number and amount.
    first, is_late
        Time of the earliest accepted one (UTC), and whether that is too early.
    spend
        `spend_e4` by category, of all lines so far.
    """

    files: int
    source: DataFrame
    judged: DataFrame
    lines: DataFrame
    tally: Tally
    first: str | None
    is_late: bool
    spend: DataFrame


def log_so_far(context: RunContext) -> Ingested:
    """The log ingested. By night, its new files alone are read where the tables come out as from all; else the reason is told."""
    settings = context.settings
    if not settings.log.nightly:
        return ingested(context)
    basis, last = basis_of(context, read_log(context.spark, settings)), left_by_last(context)
    source = _listed_again(context, basis)
    never = next(_never(settings, basis), None)
    reason = never or _not_tonight(last, basis)
    if last is not None and reason is None:
        new = _new(context, last, storage.read_within(source, _new_files(last, basis)), len(_new_files(last, basis)))
        categories = categories_of(context, new.spend)
        reason = next(_not_with(new, last, categories, settings), None)
        if reason is None:
            return _continued(context, last, new, categories, basis)
    return _whole(context, source, basis, reason, leaves=never is None)


def _listed_again(context: RunContext, basis: Basis) -> DataFrame:
    """The log's files listed after their times of change were asked: what is written meanwhile is seen to differ by the next night."""
    source = read_log(context.spark, context.settings)
    if basis.files is None or context.settings.log.format not in _BY_FILES or basis.files.keys() == set(source.inputFiles()):
        return source
    return storage.read_within(source, basis.files)


def _whole(context: RunContext, source: DataFrame, basis: Basis, reason: str | None, leaves: bool) -> Ingested:
    """All of the log, since something is against reading a part."""
    logger.info("all of the log is read: %s", reason)
    log = ingested(context, source)
    if leaves and log.products is None:
        leave(context, log, (), basis)
    return replace(log, night=_told(reason, len(basis.files or ()), log.read, None))


def _continued(context: RunContext, last: Handover, new: _New, categories: tuple[Category, ...], basis: Basis) -> Ingested:
    """What the last run has left, with the new lines."""
    settings = context.settings
    with context.run_log.stage("read") as stage:
        before = storage.read_table(context.spark, last.run.path("rejected_lines"))
        rejected = context.written(before.unionByName(rejected_lines(new.judged)), "rejected_lines")
        found, read = rejections(rejected), _summed(last.read, new.tally)
        stage.count(lines=read.lines, new_lines=new.tally.lines, rejected=found.total().lines)
        stop_if_unusable(rejected, found, read, settings)
    keep_mapping(context, new.source, settings.log.missing_values)
    with context.run_log.stage("orders") as stage:
        counting = counting_lines(new.lines, categories)
        within_hours = settings.rules.void_within_hours
        recent = last.recent_lines(context.spark).withColumn(IS_OVER, over(new.first, within_hours))
        lines = context.cache(rematched(recent, counting, within_hours, context.cache))
        fresh = context.cache(to_orders(lines, categories, settings.has_products))
        settled = storage.read_table(context.spark, last.run.orders).where(last.horizon.is_settled(F.col(LAST_LINE_AT)))
        older = last.older_parts(context.spark)
        storage.write_table(with_fresh(settled, fresh, older, lines.count() <= BROADCAST_LINES), context.run.orders)
        orders = storage.read_table(context.spark, context.run.orders)
        stock = taken_stock(orders)
        stage.count(orders=stock.orders, categories=len(categories))
    told = _told(None, new.files, new.tally, last.run.run_id)
    log = Ingested(orders, rejected, lines, None, categories, read, found, stock, new.spend, told)
    leave(context, log, (settled, older), basis)
    return log


def _new(context: RunContext, last: Handover, source: DataFrame, files: int) -> _New:
    with context.run_log.stage("new") as stage:
        lines = context.cache(judged(source, context.settings, context.pseudonyms))
        named = categorised_lines(lines, category_names(context, lines))
        survey = context.cache(surveyed(named))
        (tally, _), (first, is_late) = run_concurrently(partial(overview, survey), partial(_first_accepted, lines, last.horizon))
        spend = last.spend(context.spark).unionByName(spend_by_category(survey)).groupBy(CATEGORY).agg(F.sum(SPEND_E4).alias(SPEND_E4))
        stage.count(files=files, lines=tally.lines)
    return _New(files, source, lines, named, tally, first, is_late, spend)


def _told(reason: str | None, files: int, new: Tally, since: str | None) -> dict[str, Any]:
    """A night for the manifest."""
    return {"continued": since is not None, "reason": reason, "new_files": files, "new_lines": new.lines, "since_run": since}


def _first_accepted(lines: DataFrame, horizon: Horizon) -> tuple[str | None, bool]:
    first = F.min(ORDERED_AT)
    # As text: a collected timestamp would turn to the time zone of this machine.
    row = lines.where(~F.col(IS_REJECTED)).agg(first.cast(STRING).alias("first"), horizon.is_too_late(first).alias("is_late")).collect()[0]
    return row.first, bool(row.is_late)


def _new_files(last: Handover, basis: Basis) -> list[str]:
    return sorted((basis.files or {}).keys() - (last.basis.files or {}).keys())


def _summed(one: Tally, other: Tally) -> Tally:
    return Tally(one.lines + other.lines, one.amount_e4 + other.amount_e4)


def _never(settings: Settings, basis: Basis) -> Iterator[str]:
    """Why these settings leave no choice but to read everything."""
    lookup = settings.categories.lookup
    if settings.log.format not in _BY_FILES:
        yield f"input.format {settings.log.format} does not tell new lines apart by their files"
    if settings.rules.exact_duplicates == "reject":
        yield "rules.exact_duplicates: reject compares new lines with all others"
    if settings.baskets.use:
        yield "baskets.use takes another look at all lines"
    if lookup is not None and lookup.format not in _BY_FILES:
        yield f"categories.lookup of the format {lookup.format} does not tell whether it has changed"
    if basis.files is None:
        yield "the file system does not tell when files were changed"


def _not_tonight(last: Handover | None, basis: Basis) -> str | None:
    """Why the published run is nothing to go on from."""
    if last is None:
        return "no published run has left anything to go on from"
    if integrity_faults(last.run):
        return "files of the published run are not as they were sealed (`segmentation verify` names them)"
    names = [name for name, value in basis.fingerprints.items() if last.basis.fingerprints.get(name) != value]
    if names:
        return f"not as in the published run: {', '.join(names)}"
    now, then = basis.files or {}, last.basis.files or {}
    touched = sorted(file for file, stamp in then.items() if now.get(file) != stamp)
    if touched:
        return f"{len(touched):,} files that the published run has read were changed or removed, such as {touched[0]}"
    return None


def _not_with(new: _New, last: Handover, categories: tuple[Category, ...], settings: Settings) -> Iterator[str]:
    """Why the new lines cannot be joined to the old."""
    if new.is_late:
        yield f"new lines reach back to {new.first}, the lines before to {last.horizon.last_line_at}: too far to know what they void"
    if tuple(category.name for category in categories) != last.categories:
        yield "other categories lead, now that new lines are in"
    if settings.has_products and _summed(last.read, new.tally).lines <= settings.features.exact_products_up_to_lines:
        yield "distinct products are counted, and that takes all lines (features.exact_products_up_to_lines)"
