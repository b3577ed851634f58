"""The main job: a transaction log or a customer table in, published segment tables out."""

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.errors import HeldBackError
from segmentation.ingest.accounting import faults
from segmentation.privacy.suppression import is_small
from segmentation.progress import Journal
from segmentation.publish.audit import Promise, audit, too_small
from segmentation.publish.manifest import Facts, manifest_of
from segmentation.publish.run import Run, abandon, begin, publish, run_id_of
from segmentation.report.figures import charts_of
from segmentation.report.page import render_page
from segmentation.session import settled
from segmentation.settings import Settings
from segmentation.workflows.baseline import Baseline, write_baseline
from segmentation.workflows.beside import Beside
from segmentation.workflows.customers import described
from segmentation.workflows.facts import facts_of, findings_of, promises_of
from segmentation.workflows.grouping import grouped
from segmentation.workflows.job import Job, together
from segmentation.workflows.sample import sample_of
from segmentation.workflows.selling import selling
from segmentation.workflows.usefulness import Outlook, looked_ahead, window_of, write_outlook
from segmentation.workflows.writing import Tables, accounting_of, write_tables


@dataclass(frozen=True)
class Outcome:
    """A published run, with its small tables as rows."""

    run: Run
    manifest: dict[str, Any]
    tables: Tables


def segment(spark: SparkSession, settings: Settings, started_at: datetime, journal: Journal | None = None) -> Outcome:
    """Turn a transaction log, a customer table, or both into published segments.

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

    Raises
    ------
    InputError
        The log or the customer table, or what is left of it, cannot be used.
    SettingsError
        The output cannot be written.
    HeldBackError
        The run was written, but an audit keeps it from being published.
    """
    run = begin(settings.output.path, run_id_of(started_at))
    try:
        with settled(spark), ExitStack() as kept:
            return _segmented(Job(spark, settings, run, started_at, journal or Journal(), kept))
    except HeldBackError:
        raise
    except BaseException as error:
        abandon(run)
        raise storage.explained(error) or error from None


def _segmented(job: Job) -> Outcome:
    source = described(job)
    window = window_of(job.settings.usefulness, source.log)
    groups = grouped(job, source.features, source.attribute_features)
    outlook = looked_ahead(job, source.log, groups, window) if source.log and window else Outlook()
    with job.journal.stage("write") as stage:
        written, baseline, _ = together(
            partial(write_tables, job, source, groups),
            partial(write_baseline, job, groups) if source.log else Baseline,
            partial(write_outlook, job, outlook),
        )
        unsegmented = sum(written.customers.unsegmented.values())
        is_told = not is_small(unsegmented, job.settings.privacy.smallest_group)
        stage.count(customers=groups.count, **({"unsegmented": unsegmented} if is_told else {}))
    beside = Beside(baseline, outlook, selling(job, source.log, groups))
    tables, facts = written.tables, facts_of(job, source, groups, written, beside)
    promises = {**promises_of(source, groups, written), **beside.promises()}
    findings = findings_of(_manifest(job, facts), tables, groups, sample_of(groups, job.settings.report.scatter), beside)
    with job.journal.stage("audit") as stage:
        # The charts are Python's work, the audit is Spark's.
        rows, charts = together(
            partial(_audited, job, promises, tables, faults(accounting_of(source, written.customers))), partial(charts_of, findings)
        )
        stage.count(tables=len(rows), rows=sum(rows.values()))
    manifest = _manifest(job, replace(facts, tables=rows))
    storage.write_text(job.run.path("report.html"), render_page(replace(findings, manifest=manifest), charts))
    storage.write_text(job.run.path("manifest.json"), json.dumps(manifest, indent=2, default=str) + "\n")
    publish(job.run, source.as_of.isoformat())
    return Outcome(job.run, manifest, tables)


def _audited(job: Job, promises: dict[str, Promise], tables: Tables, unbalanced: list[str]) -> dict[str, int]:
    written = {name: storage.read_table(job.spark, job.run.path(name)) for name in promises}
    small = too_small(tables.segment_summary, job.settings.privacy.smallest_group)
    return audit(written, promises, [*unbalanced, *small])


def _manifest(job: Job, facts: Facts) -> dict[str, Any]:
    few = facts.attributes is not None and facts.attributes["customers"] is None
    # Of a customer table that a few customers could be worked out from, no rows are told.
    stages = [replace(stage, counts={}) if few and stage.name == "attributes" else stage for stage in job.journal.stages]
    return manifest_of(job.run, job.settings, job.started_at, stages, facts)
