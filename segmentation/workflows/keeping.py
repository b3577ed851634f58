"""Looking after runs that are there: listing, verifying, publishing by hand, going back. None of it needs Spark."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segmentation import storage
from segmentation.errors import InputError, IntegrityError
from segmentation.publish.integrity import integrity_faults, is_sealed, sealed_manifest
from segmentation.publish.publications import BY_HAND, ROLLBACK, Act, acts, history, publish_by_hand
from segmentation.publish.run import Run, published
from segmentation.publish.states import State, state_of
from segmentation.publish.successors import present_id
from segmentation.workflows.catalog import shown_in


@dataclass(frozen=True)
class Kept:
    """One run as it is listed; what the manifest tells is None where there is none to rely on."""

    run: Run
    state: State
    as_of: str | None = None
    customers: int | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """A run held to its seal: what does not hold, of so many files."""

    run: Run
    faults: tuple[str, ...]
    files: int


def runs_of(root: str) -> list[Kept]:
    """Every run under an output root, the oldest first."""
    return [_kept(Run(root, run_id)) for run_id in storage.names_in(storage.join(root, "runs"))]


def verify(root: str, run_id: str | None = None) -> Verdict:
    """Sums and row counts of a run, taken anew.

    Parameters
    ----------
    root
        The output root.
    run_id
        The published run without one.

    Raises
    ------
    InputError
        There is no such run.
    """
    run = published(root) if run_id is None else Run(root, run_id)
    if run is None:
        raise InputError(f"{root}: no run is published there. Name one with --run, or another folder with --output")
    if not storage.exists(run.path()):
        raise InputError(f"{run.path()}: no such run. `segmentation runs` lists those there are")
    faults = integrity_faults(run)
    if faults:
        return Verdict(run, tuple(faults), 0)
    manifest = sealed_manifest(run)
    return Verdict(run, tuple(_row_faults(run, manifest)), len(manifest["files"]))


def publish_run(root: str, run_id: str, because: str, at: datetime) -> Act:
    """Point readers at a complete run, in spite of its audit where it was held back.

    Parameters
    ----------
    root
        The output root.
    run_id
        Which.
    because
        Why; kept with the act.
    at
        The time now (UTC).

    Raises
    ------
    InputError
        There is no such run, it is not complete, or readers follow it already.
    IntegrityError
        Its files are not as they were sealed.
    """
    run, current = Run(root, run_id), published(root)
    if run == current:
        raise InputError(f"{run.path()}: readers follow it already")
    return _switched(run, Act(BY_HAND, run_id, at.isoformat(), "", current.run_id if current else None, because))


def catalogs(root: str, act: Act) -> set[str]:
    """Schemas with views that follow readers: those of the run they left, and of the one they follow."""
    runs = [Run(root, run_id) for run_id in (act.run_id, act.from_run_id) if run_id]
    return {place for run in runs if storage.exists(run.path()) and (place := shown_in(sealed_manifest(run)))}


def roll_back(root: str, because: str, at: datetime) -> Act:
    """Point readers at the run that they followed before; called again, at the one before that.

    Parameters
    ----------
    root
        The output root.
    because
        Why; kept with the act.
    at
        The time now (UTC).

    Raises
    ------
    InputError
        No run was published before the current one, or it is not there any more.
    IntegrityError
        Its files are not as they were sealed.
    """
    current = published(root)
    if current is None:
        raise InputError(f"{root}: no run is published there. Name another folder with --output")
    _, line = history(acts(root), current.run_id)
    if len(line) < 2:
        raise InputError(f"{root}: none was published before run {current.run_id}. `segmentation publish --run ID` takes any complete one")
    before = present_id(root, line[-2])
    return _switched(Run(root, before), Act(ROLLBACK, before, at.isoformat(), "", current.run_id, because))


def _switched(run: Run, act: Act) -> Act:
    state = state_of(run) if storage.exists(run.path()) else None
    if state in (State.COMPLETE, State.HELD_BACK, State.BROKEN):
        if faults := verify(run.root, run.run_id).faults:
            lines = [f"{run.path()}: not as it was sealed, and not published:", *(f"  - {fault}" for fault in faults)]
            raise IntegrityError("\n".join(lines))
        return publish_by_hand(run, sealed_manifest(run), act)
    said = f"{state.value}, and not complete" if state else "no such run"
    raise InputError(f"{run.path()}: {said}. `segmentation runs` lists those there are")


def _kept(run: Run) -> Kept:
    state = state_of(run)
    if not is_sealed(run) or state is State.BROKEN:
        return Kept(run, state)
    try:
        manifest = sealed_manifest(run)
    except IntegrityError:
        return Kept(run, state)
    return Kept(run, state, manifest["as_of"], manifest.get("totals", {}).get("customers"), tuple(manifest["audit"]["faults"]))


def _row_faults(run: Run, manifest: dict[str, Any]) -> list[str]:
    counts = {name: (storage.parquet_rows(run.path(name)), rows) for name, rows in manifest["tables"].items()}
    return [f"{name}: {found:,} rows, sealed with {rows:,}" for name, (found, rows) in counts.items() if found != rows]
