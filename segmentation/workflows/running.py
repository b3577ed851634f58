"""One run from its first step to the switch of readers: what is the same however customers came into their segments."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as arrow
from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.context import RunContext, run_concurrently
from segmentation.errors import SettingsError
from segmentation.ingest.accounting import faults
from segmentation.privacy.suppression import is_small
from segmentation.progress import RunLog
from segmentation.publish.audit import Audit, audit, too_small
from segmentation.publish.integrity import files_of, sealed
from segmentation.publish.manifest import Facts, manifest_of
from segmentation.publish.promise import Promise
from segmentation.publish.publications import Act, publish_in_order
from segmentation.publish.run import Run, abandon, begin_at
from segmentation.publish.series import change_faults, last_manifest
from segmentation.report.figures import charts_of
from segmentation.report.page import render_page
from segmentation.session import settled
from segmentation.settings import Settings
from segmentation.workflows.baseline import Baseline, write_baseline
from segmentation.workflows.beside import Beside
from segmentation.workflows.catalog import check_catalog, follow
from segmentation.workflows.challenge import UNCHALLENGED, challenged
from segmentation.workflows.customers import Described
from segmentation.workflows.delta import make_delta
from segmentation.workflows.facts import facts_of, findings_of, promises_of
from segmentation.workflows.failures import told
from segmentation.workflows.grouping import Grouped
from segmentation.workflows.movement import write_movement
from segmentation.workflows.predecessor import Predecessor
from segmentation.workflows.proxies import proxies
from segmentation.workflows.pseudonyms import pseudonyms_of
from segmentation.workflows.references import under_way
from segmentation.workflows.sample import sample_of
from segmentation.workflows.selling import selling
from segmentation.workflows.usefulness import Outlook, write_outlook
from segmentation.workflows.watching import Watched, watched, with_drift_written
from segmentation.workflows.writing import Tables, accounting_of, write_tables


@dataclass(frozen=True)
class Outcome:
    """A complete run, with its small tables as rows, and what became of it: published, passed over for a later one, or None: left aside."""

    run: Run
    manifest: dict[str, Any]
    tables: Tables
    act: Act | None


@dataclass(frozen=True)
class Found:
    """What a run is made of.

    Parameters
    ----------
    source
        Customers.
    groups
        Their segments.
    before
        The run in whose segments they were before, if any.
    outlook
        What segments of a past day told of the days after it.
    is_aside
        Whether the run follows no other and is not published: a look at another day, or with another model.
    """

    source: Described
    groups: Grouped
    before: Predecessor | None
    outlook: Outlook
    is_aside: bool = False


def carried_out(
    spark: SparkSession, settings: Settings, started_at: datetime, run_log: RunLog | None, finding: Callable[[RunContext], Found]
) -> Outcome:
    """A run: customers put into segments, written aside, audited, sealed, and published.

    Parameters
    ----------
    spark
        The session.
    settings
        What to read, how to group, where to write.
    started_at
        The time now (UTC); it names the run and changes nothing in the tables but `run_id`, and without a log `as_of`
        where the settings leave it out.
    journal
        Told what happens.
    finding
        How customers come into their segments.

    Raises
    ------
    InputError
        The log or the customer table, or what is left of it, cannot be used.
    SettingsError
        The output cannot be written, or the key of pseudonyms cannot be used.
    EnvironmentFault
        Views of Delta tables are asked for, and the session was started without Delta.
    HeldBackError
        The run was written, but an audit keeps it from being published.
    """
    began = time.monotonic()
    pseudonyms = pseudonyms_of(spark, settings.privacy)
    with storage.written_for(settings.output.permissions):
        run = _begun(settings.output.path, started_at)
        with storage.taking_back(partial(abandon, run), partial(told, settings=settings)), settled(spark), ExitStack() as kept:
            check_catalog(spark, settings.publish.catalog, settings.publish.format)
            context = RunContext(spark, settings, run, started_at, run_log or RunLog(), kept, pseudonyms)
            found = finding(context)
            manifest, tables, audited = _completed(context, found)
        audited.stop(f"it is kept in {run.path()}; `segmentation publish --run {run.run_id} --because TEXT` overrules the audit")
        at = started_at + timedelta(seconds=time.monotonic() - began)
        act = None if found.is_aside else _published(run, manifest, at)
        if act and settings.publish.catalog:
            follow(spark, settings.output.path, settings.publish.catalog)
        return Outcome(run, manifest, tables, act)


def _begun(root: str, started_at: datetime) -> Run:
    try:
        return begin_at(root, started_at)
    except OSError as error:
        raise storage.explained(error, root) or error from None


def _completed(context: RunContext, found: Found) -> tuple[dict[str, Any], Tables, Audit]:
    """A run, complete and sealed: its manifest, its small tables, and what the audit found."""
    source, groups, outlook = found.source, found.groups, found.outlook
    with context.run_log.stage("write") as stage:
        baseline, _, written = run_concurrently(
            partial(write_baseline, context, groups) if source.log else Baseline,
            partial(write_outlook, context, outlook),
            partial(write_tables, context, source, groups),
        )
        unsegmented = sum(written.customers.unsegmented.values())
        is_told = not is_small(unsegmented, context.settings.privacy.smallest_group)
        stage.count(customers=groups.count, **({"unsegmented": unsegmented} if is_told else {}))
    movement = write_movement(context, groups, found.before, source.as_of, written)
    beside = Beside(
        baseline=baseline,
        outlook=outlook,
        sold=selling(context, source.log, groups),
        proxies=proxies(context, source.attributes, groups),
        movement=movement,
        watch=None if found.is_aside else _watched(context, found, written.tables),
        challenge=challenged(context, found.before, movement, written.tables) if found.before and not groups.model else UNCHALLENGED,
    )
    tables, facts = written.tables, facts_of(context, source, groups, written, beside)
    promises = {**promises_of(source, groups, written), **beside.promises()}
    findings = findings_of(_manifest(context, facts), tables, groups, sample_of(groups, context.settings.report.scatter), beside)
    if context.settings.publish.format == "delta":
        make_delta(context.run)
    with context.run_log.stage("audit") as stage:
        # The charts are Python's work, the audit is Spark's.
        last = None if found.is_aside else last_manifest(context.run.root)
        known = [
            *faults(accounting_of(source, written.customers)),
            *change_faults({"totals": facts.totals, "segments": facts.segments}, last, context.settings.publish),
            *beside.challenge.faults,
        ]
        audited, charts = run_concurrently(partial(_audited, context, promises, tables, known), partial(charts_of, findings))
        stage.count(tables=len(audited.rows), rows=sum(audited.rows.values()))
    facts = replace(facts, tables=audited.rows, audit=audited.told(last and last["run_id"]))
    storage.write_text(context.run.path("report.html"), render_page(replace(findings, manifest=_manifest(context, facts)), charts))
    return _sealed(context, facts), tables, audited


def _watched(context: RunContext, found: Found, tables: Tables) -> Watched:
    groups = found.groups
    now = under_way(context, found.source.as_of, groups.model.run_id if groups.model else None, groups.prepared)
    seen = watched(context, now, tables.segment_summary)
    return with_drift_written(context, seen, found.before.run if found.before else None, found.source.as_of)


def _sealed(context: RunContext, facts: Facts) -> dict[str, Any]:
    """The manifest, written with the sums of all other files."""
    with context.run_log.stage("seal") as stage:
        files = files_of(context.run)
        stage.count(files=len(files), bytes=sum(file.bytes for file in files.values()))
    return sealed(context.run, _manifest(context, facts), files)


def _published(run: Run, manifest: dict[str, Any], at: datetime) -> Act:
    try:
        return publish_in_order(run, manifest["as_of"], at)
    except OSError as error:
        remedy = f"Mend that, then `segmentation publish --run {run.run_id} --because TEXT`"
        raise SettingsError(f"output.path: {run.path()} is complete, but readers cannot be pointed at it: {error}. {remedy}") from None


def _audited(context: RunContext, promises: dict[str, Promise], tables: Tables, known: list[str]) -> Audit:
    small = too_small(tables.segment_summary, context.settings.privacy.smallest_group)
    return audit({name: _read_back(context, name) for name in promises}, promises, [*small, *known])


def _read_back(context: RunContext, name: str) -> DataFrame | arrow.Table:
    path = context.run.path(name)
    return storage.read_arrow(path) if storage.is_of_rows(path) else storage.read_table(context.spark, path)


def _manifest(context: RunContext, facts: Facts) -> dict[str, Any]:
    few = facts.attributes is not None and facts.attributes["customers"] is None
    # Of a customer table that a few customers could be worked out from, no rows are told.
    stages = [replace(stage, counts={}) if few and stage.name == "attributes" else stage for stage in context.run_log.stages]
    return manifest_of(context.run, context.settings, context.started_at, stages, facts)
