"""What a run is: complete, held back, under way, left over. Told by what it has written of itself, never by what its folder looks like."""

from enum import StrEnum

from segmentation.errors import InputError, IntegrityError
from segmentation.publish.claims import claim_on
from segmentation.publish.integrity import is_sealed, sealed_manifest
from segmentation.publish.publications import was_published
from segmentation.publish.run import Run, published


class State(StrEnum):
    """Of a run."""

    PUBLISHED = "published"
    """Readers follow it."""
    COMPLETE = "complete"
    """Sealed, and fit for readers: its audit was passed, or somebody has published it all the same."""
    HELD_BACK = "held back"
    """Sealed, but its audit was not passed."""
    BROKEN = "broken"
    """Sealed, and its manifest was changed since."""
    UNDER_WAY = "under way"
    """Not sealed; its process lives on this machine."""
    LEFTOVER = "leftover"
    """Not sealed; its process ran on this machine and is gone."""
    UNCERTAIN = "uncertain"
    """Not sealed; its process ran elsewhere, or nobody has claimed it."""


def state_of(run: Run) -> State:
    """What a run is now."""
    current = published(run.root)
    if current == run:
        return State.PUBLISHED
    return _of_sealed(run) if is_sealed(run) else _of_claimed(run)


def found_run(root: str, run_id: str | None = None) -> Run:
    """The published run under an output root, or a complete one that is named.

    Raises
    ------
    InputError
        No run is published there, or none of that name is complete; one that is held back has to be published first.
    """
    run = published(root) if run_id is None else Run(root, run_id)
    if run is None:
        raise InputError(f"{root}: no run is published there. Run `segmentation segment` first, or name another folder with --output")
    state = state_of(run)
    if state is State.HELD_BACK:
        remedy = f"`segmentation publish --run {run.run_id} --because TEXT` overrules it"
        raise InputError(f"{run.path()}: held back by its audit. See its report.html; {remedy}")
    if state not in (State.PUBLISHED, State.COMPLETE):
        raise InputError(f"{run.path()}: no completed run. Leave --run out for the published one, or name one of {root}/runs")
    return run


def _of_sealed(run: Run) -> State:
    try:
        manifest = sealed_manifest(run)
    except IntegrityError:
        return State.BROKEN
    return State.COMPLETE if manifest["audit"]["passed"] or was_published(run.root, run.run_id) else State.HELD_BACK


def _of_claimed(run: Run) -> State:
    claim = claim_on(run.root, run.run_id)
    alive = claim.is_alive if claim else None
    return {True: State.UNDER_WAY, False: State.LEFTOVER, None: State.UNCERTAIN}[alive]
