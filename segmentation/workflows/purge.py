"""What is old enough to be forgotten: whole runs, and the rejected lines of those that stay."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.publish import comparison
from segmentation.publish.publications import acts, history
from segmentation.publish.run import Run, published
from segmentation.publish.states import State, state_of
from segmentation.publish.successors import first_id, present_id, run_ids
from segmentation.session import settled
from segmentation.settings import Settings
from segmentation.workflows.holdings import places_of
from segmentation.workflows.rewriting import Change, put_in_place, rewritten, settle

_REJECTED, _HANDOVER = "rejected_lines", "orders/_night"
_SEALED = (State.PUBLISHED, State.COMPLETE, State.HELD_BACK, State.BROKEN)


@dataclass(frozen=True)
class Plan:
    """What is due.

    Parameters
    ----------
    runs
        To be removed whole.
    rejected_lines
        To be rid of their rejected lines.
    spared
        Old enough to be removed, and kept for readers: the published run, and the one a rollback goes back to.
    """

    runs: tuple[Run, ...]
    rejected_lines: tuple[Run, ...]
    spared: tuple[Run, ...]


def due(settings: Settings, now: datetime) -> Plan:
    """What has reached the ages that the settings name, by when each run began.

    Parameters
    ----------
    settings
        Where runs lie, and how long they are kept.
    now
        The time (UTC).
    """
    root, privacy = settings.output.path, settings.privacy
    sealed = [run for run in (Run(root, run_id) for run_id in run_ids(root)) if state_of(run) in _SEALED]
    old = [run for run in sealed if _is_older(run, privacy.keep_runs_days, now)]
    followed = _followed(root)
    removed = tuple(run for run in old if run.run_id not in followed)
    kept = [run for run in sealed if run not in removed and state_of(run) is not State.BROKEN]
    emptied = tuple(run for run in kept if _is_older(run, privacy.keep_rejected_lines_days, now) and _rejected(run))
    return Plan(removed, emptied, tuple(run for run in old if run.run_id in followed))


def purge(plan: Plan, session: Callable[[], SparkSession], settings: Settings, now: datetime) -> None:
    """Remove what is due.

    Parameters
    ----------
    plan
        As told by `due`.
    session
        Starts Spark; only called where rejected lines go.
    settings
        Where runs lie.
    now
        The time (UTC).

    Raises
    ------
    IntegrityError
        A run that would lose its rejected lines is damaged, and is not sealed anew.
    """
    root, at = settings.output.path, now.isoformat(timespec="seconds")
    for run in plan.runs:
        _remove(run)
    if not plan.rejected_lines:
        return
    spark = session()
    with settled(spark), storage.written_for(settings.output.permissions):
        settle(spark, root, at)
        for run in plan.rejected_lines:
            put_in_place(spark, run, rewritten(spark, run, _without_rejected_lines(at)), at)


def _is_older(run: Run, days: int | None, now: datetime) -> bool:
    """Whether a run began more than so many days ago; of one that is not named by its time, nothing is known."""
    try:
        began = datetime.strptime(first_id(run.run_id), "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return days is not None and began < now - timedelta(days=days)


def _followed(root: str) -> set[str]:
    """Runs that readers follow, or would after one rollback."""
    current = published(root)
    _, line = history(acts(root), current.run_id if current else None)
    return {present_id(root, run_id) for run_id in line[-2:]}


def _rejected(run: Run) -> int:
    return storage.parquet_rows(run.path(_REJECTED)) if storage.exists(run.path(_REJECTED)) else 0


def _remove(run: Run) -> None:
    with storage.locked(run.root):
        if run.run_id in _followed(run.root):  # published or gone back to since it was found
            return
        pointer = storage.join(run.root, comparison.FOLDER, "current.json")
        if storage.exists(pointer) and json.loads(storage.read_text(pointer))["run_id"] == run.run_id:
            for name in ("current.json", "current"):
                storage.remove(storage.join(run.root, comparison.FOLDER, name))
        for place in reversed(places_of(run)):
            storage.remove(storage.join(run.root, place))


def _without_rejected_lines(at: str) -> Change:
    """The accounting keeps their numbers. A night that went on from here would lack them: it reads everything instead."""

    def table(place: str, rows: DataFrame) -> DataFrame | None:
        return rows.limit(0) if place == f"runs/{_REJECTED}" else None

    return Change(table, {"at": at, "because": "rejected lines purged"}, lambda place: f"{place}/".startswith(f"{_HANDOVER}/"))
