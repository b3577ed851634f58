"""The main job: a transaction log in, published segment tables out."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.errors import HeldBackError, InputError
from segmentation.features.purchases import MONTHS, customer_totals, purchase_features
from segmentation.ingest.accounting import faults
from segmentation.ingest.orders import standing
from segmentation.progress import Journal
from segmentation.publish.audit import audit
from segmentation.publish.manifest import manifest_of
from segmentation.publish.run import TABLES, Run, abandon, begin, publish, run_id_of
from segmentation.report.findings import Findings
from segmentation.report.page import render_page
from segmentation.schemas import AS_OF, BREADTH_PRODUCTS, CUSTOMER_ID, LAST_LINE_AT, RUN_ID
from segmentation.session import settled
from segmentation.settings import Settings
from segmentation.workflows.facts import facts_of, promises_of
from segmentation.workflows.grouping import Grouped, grouped
from segmentation.workflows.ingestion import Ingested, ingested
from segmentation.workflows.job import Job, together
from segmentation.workflows.writing import Tables, scatter, small_tables, write_model, write_segments, write_small, write_unsegmented


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
    as_of = job.settings.features.as_of or _day_after(log.orders)
    with job.journal.stage("features") as stage:
        totals = job.keep(_totals(job, log))
        features = job.written(purchase_features(totals, as_of, log.slugs), "customer_features")
        stage.count(columns=len(features.columns))
    groups = grouped(job, features)
    with job.journal.stage("write") as stage:
        unsegmented, *_ = together(
            partial(write_unsegmented, job, log, totals),
            partial(write_segments, job, groups, as_of),
            partial(write_model, job, groups),
        )
        tables = small_tables(groups, log, unsegmented, {AS_OF: as_of, RUN_ID: job.run.run_id})
        write_small(job, tables)
        stage.count(customers=groups.count, unsegmented=sum(unsegmented.values()))
    with job.journal.stage("audit") as stage:
        written = {name: storage.read_table(job.spark, job.run.path(name)) for name in TABLES}
        rows = audit(written, promises_of(groups, log, tables, unsegmented), faults(tables.accounting))
        stage.count(tables=len(rows), rows=sum(rows.values()))
    manifest = manifest_of(job.run, job.settings, job.started_at, job.journal.stages, facts_of(job, as_of, log, groups, rows))
    _write_pages(job.run, manifest, tables, groups)
    publish(job.run, as_of.isoformat())
    return Outcome(job.run, manifest, tables)


def _totals(job: Job, log: Ingested) -> DataFrame:
    months = MONTHS if job.settings.features.preferences.month_order_shares.use else ()
    totals = customer_totals(standing(log.orders), log.slugs, months)
    return totals if log.products is None else totals.drop(BREADTH_PRODUCTS).join(log.products, CUSTOMER_ID, "left")


def _day_after(orders: DataFrame) -> date:
    last = standing(orders).agg(F.max(F.to_date(LAST_LINE_AT)).alias("day")).first()
    if last is None or last["day"] is None:
        raise InputError("no customers left: every line of the log is rejected or voided. See rules and input.columns")
    day: date = last["day"]
    return day + timedelta(days=1)


def _write_pages(run: Run, manifest: dict[str, Any], tables: Tables, groups: Grouped) -> None:
    points, explained = scatter(groups)
    findings = Findings(
        manifest=manifest,
        accounting=pd.DataFrame(tables.accounting),
        k_selection=pd.DataFrame(tables.k_selection),
        summary=pd.DataFrame(tables.segment_summary),
        profile=pd.DataFrame(tables.segment_profile),
        scatter=points,
        scatter_explained=explained,
    )
    storage.write_text(run.path("report.html"), render_page(findings))
    storage.write_text(run.path("manifest.json"), json.dumps(manifest, indent=2, default=str) + "\n")
