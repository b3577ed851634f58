"""Monitoring of a run that is complete: compare it with earlier runs, and decide what to do. Nothing is written."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.analyses.drift.drift import drift_table
from segmentation.analyses.monitoring.checks import run_checks
from segmentation.analyses.monitoring.decision import Decision
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.fitted.references import ReferenceRun, completed_run, feature_drifts, find_references
from segmentation.profiling.psi import FeatureDrift
from segmentation.progress import RunLog
from segmentation.publish.run import Run, published_run
from segmentation.publish.seal import is_sealed, load_sealed_manifest
from segmentation.session import required_conf
from segmentation.settings import Settings, settings_from_dict


@dataclass(frozen=True)
class MonitoringReport:
    """The decision about a run, with figures of small groups suppressed."""

    run: Run
    as_of: str
    decision: Decision
    facts: dict[str, Any]  # as the section `analyses.monitoring` of a manifest
    drift: list[dict[str, Any]]  # rows of the table drift


def run_to_monitor(root: str, run_id: str | None = None) -> Run:
    """The published run, or the one of this id, published or not.

    Parameters
    ----------
    root
        The output root.
    run_id
        A complete run's.

    Raises
    ------
    InputError
        No run is published, or none of this id is complete.
    """
    run = published_run(root) if run_id is None else Run(root, run_id)
    if run is None:
        raise InputError(f"{root}: no run is published there. Run `segmentation segment` first, or name another folder with --output")
    if not is_sealed(run):
        raise InputError(f"{run.path()}: no completed run. `segmentation runs` lists those there are")
    return run


def load_run_settings(run: Run) -> Settings:
    """The settings that a run was made with.

    Raises
    ------
    IntegrityError
        Its manifest is not as it was sealed.
    SettingsError
        It was made by another version, whose settings do not fit this one.
    """
    return settings_from_dict(load_sealed_manifest(run)["settings"], run.path("manifest.json"))


def monitor_run(spark: SparkSession, settings: Settings, run: Run, run_log: RunLog | None = None) -> MonitoringReport:
    """Compare a complete run with its references.

    Parameters
    ----------
    spark
        The session.
    settings
        Thresholds.
    run
        Of `run_to_monitor`.
    run_log
        Where progress is logged.

    Raises
    ------
    InputError
        Tables of the run are missing.
    IntegrityError
        Its manifest, or a model that is applied, is not as it was sealed.
    """
    manifest = load_sealed_manifest(run)
    with required_conf(spark), ExitStack() as resources:
        context = RunContext(spark, settings, run, datetime.fromtimestamp(0, UTC), run_log or RunLog(), resources)
        try:
            return _report(context, manifest)
        except Exception as error:
            raise storage.translate_error(error, run.root) or error from None


def _report(context: RunContext, manifest: dict[str, Any]) -> MonitoringReport:
    settings, min_group_size = context.settings.monitor, context.settings.privacy.min_group_size
    with context.run_log.stage("monitoring") as stage:
        current = completed_run(context.run, manifest)
        references = find_references(current, settings.season_tolerance_days)
        drifts = _feature_drifts(context, current, references)
        result = run_checks(context, current, current.summary(), references, lambda: drifts)
        stage.count(references=len(references), alerts=len(result.decision.alerts))
    table = drift_table(drifts, references, settings.max_psi)
    rows = table.rows if min_group_size == 1 else table.suppressed(min_group_size).rows
    return MonitoringReport(context.run, manifest["as_of"], result.decision, result.to_dict(min_group_size), rows)


def _feature_drifts(context: RunContext, current: ReferenceRun, references: Mapping[str, ReferenceRun]) -> dict[str, list[FeatureDrift]]:
    return feature_drifts(context.spark, context.cache(current.members(context.spark)), references) if references else {}
