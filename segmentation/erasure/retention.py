"""Retention: removing old runs, and the rejected lines of others, at the ages that the settings name."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.erasure.inventory import run_folders
from segmentation.erasure.rewriting import RunChange, is_incremental_state, recover_interrupted_rewrites, replace_run, rewrite_run
from segmentation.publish import comparison
from segmentation.publish.publications import publication_history, publish_events
from segmentation.publish.run import Run, latest_rewrite_id, original_id, published_run, run_ids
from segmentation.publish.run_state import RunState, state_of
from segmentation.session import required_conf
from segmentation.settings import Settings

_REJECTED_LINES = "rejected_lines"
_SEALED = (RunState.PUBLISHED, RunState.COMPLETE, RunState.AUDIT_FAILED, RunState.CORRUPT)


@dataclass(frozen=True)
class RetentionPlan:
    """What is due."""

    # To be removed.
    runs: tuple[Run, ...]
    # To lose their rejected lines.
    rejected_lines: tuple[Run, ...]
    # Old enough to be removed, but published, or what a rollback would publish.
    retained: tuple[Run, ...]


def plan_retention(settings: Settings, now: datetime) -> RetentionPlan:
    """Runs that have reached the ages in the settings; `now` is UTC, and a run's age counts from its start."""
    root, privacy = settings.output.path, settings.privacy
    sealed = [run for run in (Run(root, run_id) for run_id in run_ids(root)) if state_of(run) in _SEALED]
    old = [run for run in sealed if _is_older(run, privacy.runs_retention_days, now)]
    in_use = _runs_in_use(root)
    removed = tuple(run for run in old if run.run_id not in in_use)
    remaining = [run for run in sealed if run not in removed and state_of(run) is not RunState.CORRUPT]
    with_old_lines = [run for run in remaining if _is_older(run, privacy.rejected_lines_retention_days, now)]
    return RetentionPlan(removed, tuple(filter(_has_rejected_lines, with_old_lines)), tuple(run for run in old if run.run_id in in_use))


def purge(plan: RetentionPlan, session: Callable[[], SparkSession], settings: Settings, now: datetime) -> None:
    """Remove what is due.

    Spark is started only if there are rejected lines to remove.

    Raises
    ------
    IntegrityError
        A run that would lose its rejected lines has changed since it was sealed, and is not rewritten.
    """
    root, at = settings.output.path, now.isoformat(timespec="seconds")
    for run in plan.runs:
        _remove(run)
    if not plan.rejected_lines:
        return
    spark = session()
    with required_conf(spark), storage.output_permissions(settings.output.permissions):
        recover_interrupted_rewrites(spark, root, at)
        for run in plan.rejected_lines:
            replace_run(spark, run, rewrite_run(spark, run, _without_rejected_lines(at)), at)


def _is_older(run: Run, days: int | None, now: datetime) -> bool:
    """Whether a run began more than so many days ago; never for a run whose id is not its start."""
    try:
        start = datetime.strptime(original_id(run.run_id), "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return days is not None and start < now - timedelta(days=days)


def _runs_in_use(root: str) -> set[str]:
    """The published run, and the one that a rollback would publish."""
    current = published_run(root)
    _, line = publication_history(publish_events(root), current.run_id if current else None)
    return {latest_rewrite_id(root, run_id) for run_id in line[-2:]}


def _has_rejected_lines(run: Run) -> bool:
    return storage.exists(run.path(_REJECTED_LINES)) and storage.count_rows(run.path(_REJECTED_LINES)) > 0


def _remove(run: Run) -> None:
    with storage.exclusive_lock(run.root):
        if run.run_id in _runs_in_use(run.root):  # published or rolled back to since the plan was made
            return
        pointer = storage.join(run.root, comparison.FOLDER, "current.json")
        if storage.exists(pointer) and json.loads(storage.read_text(pointer))["run_id"] == run.run_id:
            for name in ("current.json", "current"):
                storage.remove(storage.join(run.root, comparison.FOLDER, name))
        for folder in reversed(run_folders(run)):
            storage.remove(storage.join(run.root, folder))


def _without_rejected_lines(at: str) -> RunChange:
    """The accounting still counts them. The incremental state is dropped: a run continuing from here would lack these lines."""

    def table(part: str, rows: DataFrame) -> DataFrame | None:
        return rows.limit(0) if part == f"runs/{_REJECTED_LINES}" else None

    return RunChange(table, {"at": at, "reason": "rejected lines purged"}, is_incremental_state)
