"""The state of a run, read from its seal, its lease and the log of publications, never guessed from its folder."""

from enum import StrEnum

from segmentation.errors import InputError, IntegrityError
from segmentation.publish.leases import find_lease
from segmentation.publish.publications import was_published
from segmentation.publish.run import Run, published_run
from segmentation.publish.seal import is_sealed, load_sealed_manifest


class RunState(StrEnum):
    """State of a run."""

    PUBLISHED = "published"
    """Readers see it."""
    COMPLETE = "complete"
    """Sealed, and fit for readers: it passed its audit, or somebody published it anyway."""
    AUDIT_FAILED = "audit failed"
    """Sealed, but it did not pass its audit."""
    CORRUPT = "corrupt"
    """Sealed, but its manifest was changed since."""
    RUNNING = "running"
    """Not sealed; its process is alive on this machine."""
    ORPHANED = "orphaned"
    """Not sealed; its process ran on this machine and has ended."""
    UNKNOWN = "unknown"
    """Not sealed; its process ran on another machine, or it has no lease."""


def state_of(run: Run) -> RunState:
    """The present state of a run."""
    if published_run(run.root) == run:
        return RunState.PUBLISHED
    return _sealed_state(run) if is_sealed(run) else _unsealed_state(run)


def resolve_run(root: str, run_id: str | None = None) -> Run:
    """The published run under an output root, or a complete run by its id.

    Raises InputError where no run is published there, or the named run is not complete. One that failed its audit has to be published
    first.
    """
    run = published_run(root) if run_id is None else Run(root, run_id)
    if run is None:
        raise InputError(f"{root}: no run is published there. Run `segmentation segment` first, or name another folder with --output")
    state = state_of(run)
    if state is RunState.AUDIT_FAILED:
        remedy = f"`segmentation publish --run {run.run_id} --reason TEXT` publishes it anyway"
        raise InputError(f"{run.path()}: failed its audit. See its report.html; {remedy}")
    if state not in (RunState.PUBLISHED, RunState.COMPLETE):
        raise InputError(f"{run.path()}: not a complete run. Leave --run out for the published one, or name one of {root}/runs")
    return run


def _sealed_state(run: Run) -> RunState:
    try:
        manifest = load_sealed_manifest(run)
    except IntegrityError:
        return RunState.CORRUPT
    return RunState.COMPLETE if manifest["audit"]["passed"] or was_published(run.root, run.run_id) else RunState.AUDIT_FAILED


def _unsealed_state(run: Run) -> RunState:
    lease = find_lease(run.root, run.run_id)
    alive = lease.is_alive if lease else None
    return {True: RunState.RUNNING, False: RunState.ORPHANED, None: RunState.UNKNOWN}[alive]
