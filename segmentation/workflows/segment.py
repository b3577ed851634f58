"""The main job: a transaction log in, published segment tables out."""

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.errors import HeldBackError, InputError
from segmentation.features.purchases import MONTHS, customer_totals, purchase_features
from segmentation.ingest.accounting import Customers, Stock, faults
from segmentation.ingest.orders import standing
from segmentation.progress import Journal
from segmentation.publish.audit import audit, too_small
from segmentation.publish.manifest import Facts, manifest_of
from segmentation.publish.run import TABLES, Run, abandon, begin, publish, run_id_of
from segmentation.report.page import charts_of, render_page
from segmentation.schemas import BREADTH_PRODUCTS, CUSTOMER_ID
from segmentation.session import settled
from segmentation.settings import Settings
from segmentation.workflows.facts import facts_of, findings_of, promises_of
from segmentation.workflows.grouping import Grouped, grouped
from segmentation.workflows.ingestion import Ingested, ingested
from segmentation.workflows.job import Job, together
from segmentation.workflows.writing import Tables, write_tables


@dataclass(frozen=True)
class Outcome:
    """A published run, with its small tables as rows."""

    run: Run
    manifest: dict[str, Any]
    tables: Tables


def segment(spark: SparkSession, settings: Settings, started_at: datetime, journal: Journal | None = None) -> Outcome:
    """Turn a transaction log into published segments.

    Parameters
    ----------
    spark
        The session.
    settings
        What to read, how to group, where to write.
    started_at
        The time now (UTC); it names the run and changes nothing in the tables but `run_id`.
    journal
        Told what happens.

    Raises
    ------
    InputError
        The log, or what is left of it, cannot be used.
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
    log = ingested(job)
    as_of = job.settings.features.as_of or _day_after(log.stock)
    with job.journal.stage("features") as stage:
        totals = job.keep(_totals(job, log))
        features = job.written(purchase_features(totals, as_of, log.slugs), "customer_features")
        stage.count(columns=len(features.columns))
    groups = grouped(job, features)
    with job.journal.stage("write") as stage:
        tables, customers = write_tables(job, log, totals, groups, as_of)
        stage.count(customers=groups.count, unsegmented=sum(customers.unsegmented.values()))
    facts = facts_of(job, as_of, log, groups, tables)
    findings = findings_of(_manifest(job, facts), tables, groups)
    with job.journal.stage("audit") as stage:
        # The charts are Python's work, the audit is Spark's.
        rows, charts = together(partial(_audited, job, log, groups, tables, customers), partial(charts_of, findings))
        stage.count(tables=len(rows), rows=sum(rows.values()))
    manifest = _manifest(job, replace(facts, tables=rows))
    storage.write_text(job.run.path("report.html"), render_page(replace(findings, manifest=manifest), charts))
    storage.write_text(job.run.path("manifest.json"), json.dumps(manifest, indent=2, default=str) + "\n")
    publish(job.run, as_of.isoformat())
    return Outcome(job.run, manifest, tables)


def _totals(job: Job, log: Ingested) -> DataFrame:
    months = MONTHS if job.settings.features.preferences.month_order_shares.use else ()
    totals = customer_totals(standing(log.orders), log.slugs, months)
    return totals if log.products is None else totals.drop(BREADTH_PRODUCTS).join(log.products, CUSTOMER_ID, "left")


def _day_after(stock: Stock) -> date:
    if stock.last_day is None:
        raise InputError("no customers left: every line of the log is rejected or voided. See rules and input.columns")
    return stock.last_day + timedelta(days=1)


def _audited(job: Job, log: Ingested, groups: Grouped, tables: Tables, customers: Customers) -> dict[str, int]:
    written = {name: storage.read_table(job.spark, job.run.path(name)) for name in TABLES}
    small = too_small(tables.segment_summary, job.settings.privacy.smallest_group)
    return audit(written, promises_of(groups, log, tables, customers), [*faults(tables.accounting), *small])


def _manifest(job: Job, facts: Facts) -> dict[str, Any]:
    return manifest_of(job.run, job.settings, job.started_at, job.journal.stages, facts)
