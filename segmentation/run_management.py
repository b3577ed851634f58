"""Run management: list, verify, publish and roll back runs. Nothing here needs Spark."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segmentation import storage
from segmentation.errors import InputError, IntegrityError
from segmentation.publish.catalog import catalog_of
from segmentation.publish.publications import MANUAL, ROLLBACK, PublishEvent, publication_history, publish_events, publish_manually
from segmentation.publish.run import Run, latest_rewrite_id, published_run
from segmentation.publish.run_state import RunState, state_of
from segmentation.publish.seal import is_sealed, load_sealed_manifest, verify_files

_LIST = "`segmentation runs` lists all runs"


@dataclass(frozen=True)
class RunInfo:
    """A run and its state; what its manifest says is None without a manifest that passes its seal."""

    run: Run
    state: RunState
    as_of: str | None = None
    customers: int | None = None
    faults: tuple[str, ...] = ()
    """Of its audit."""


@dataclass(frozen=True)
class RunVerification:
    """Faults of a run's files, and how many files were verified."""

    run: Run
    faults: tuple[str, ...]
    n_files: int


def list_runs(root: str) -> list[RunInfo]:
    """All runs under an output root, oldest first."""
    return [_info(Run(root, run_id)) for run_id in storage.list_names(storage.join(root, "runs"))]


def verify_run(root: str, run_id: str | None = None) -> RunVerification:
    """Recompute checksums and row counts of a run, by default the published one.

    Raises
    ------
    InputError
        There is no such run.
    """
    run = published_run(root) if run_id is None else Run(root, run_id)
    if run is None:
        raise InputError(f"{root}: no run is published there. Name one with --run, or another folder with --output")
    if not storage.exists(run.path()):
        raise InputError(f"{run.path()}: no such run. {_LIST}")
    if faults := verify_files(run):
        return RunVerification(run, tuple(faults), 0)
    manifest = load_sealed_manifest(run)
    return RunVerification(run, tuple(_row_faults(run, manifest)), len(manifest["files"]))


def publish_run(root: str, run_id: str, reason: str, at: datetime) -> PublishEvent:
    """Switch readers to a complete run, even if it failed its audit.

    Parameters
    ----------
    root
        The output root.
    run_id
        The run to publish.
    reason
        Recorded in the log of publications.
    at
        The time now (UTC).

    Raises
    ------
    InputError
        There is no such run, it is not complete, or it is published already.
    IntegrityError
        Its files are not as sealed.
    """
    run, current = Run(root, run_id), published_run(root)
    if run == current:
        raise InputError(f"{run.path()}: is published already")
    return _switch(run, PublishEvent(MANUAL, run_id, at.isoformat(), "", current.run_id if current else None, reason))


def roll_back(root: str, reason: str, at: datetime) -> PublishEvent:
    """Switch readers to the run published before the current one; called again, to the one before that.

    Parameters
    ----------
    root
        The output root.
    reason
        Recorded in the log of publications.
    at
        The time now (UTC).

    Raises
    ------
    InputError
        No run was published before the current one, or it no longer exists.
    IntegrityError
        Its files are not as sealed.
    """
    current = published_run(root)
    if current is None:
        raise InputError(f"{root}: no run is published there. Name another folder with --output")
    _, line = publication_history(publish_events(root), current.run_id)
    if len(line) < 2:
        remedy = "`segmentation publish --run ID` publishes any complete run"
        raise InputError(f"{root}: no run was published before run {current.run_id}. {remedy}")
    previous = latest_rewrite_id(root, line[-2])
    return _switch(Run(root, previous), PublishEvent(ROLLBACK, previous, at.isoformat(), "", current.run_id, reason))


def affected_catalogs(root: str, event: PublishEvent) -> set[str]:
    """Schemas whose views must be refreshed after a switch: those of the run before and the run after."""
    runs = [Run(root, run_id) for run_id in (event.run_id, event.from_run_id) if run_id]
    return {schema for run in runs if storage.exists(run.path()) and (schema := catalog_of(load_sealed_manifest(run)))}


def _switch(run: Run, event: PublishEvent) -> PublishEvent:
    state = state_of(run) if storage.exists(run.path()) else None
    if state in (RunState.COMPLETE, RunState.AUDIT_FAILED, RunState.CORRUPT):
        if faults := verify_run(run.root, run.run_id).faults:
            lines = [f"{run.path()}: changed since it was sealed, and not published:", *(f"  - {fault}" for fault in faults)]
            raise IntegrityError("\n".join(lines))
        return publish_manually(run, load_sealed_manifest(run), event)
    raise InputError(f"{run.path()}: {f'{state.value}, not complete' if state else 'no such run'}. {_LIST}")


def _info(run: Run) -> RunInfo:
    state = state_of(run)
    if not is_sealed(run) or state is RunState.CORRUPT:
        return RunInfo(run, state)
    try:
        manifest = load_sealed_manifest(run)
    except IntegrityError:
        return RunInfo(run, state)
    return RunInfo(run, state, manifest["as_of"], manifest.get("totals", {}).get("customers"), tuple(manifest["audit"]["faults"]))


def _row_faults(run: Run, manifest: dict[str, Any]) -> list[str]:
    counts = {name: (storage.count_rows(run.path(name)), sealed) for name, sealed in manifest["tables"].items()}
    return [f"{name}: {rows:,} rows, sealed with {sealed:,}" for name, (rows, sealed) in counts.items() if rows != sealed]
