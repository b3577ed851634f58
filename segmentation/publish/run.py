"""Run folders, their ids, and the pointer to the run that readers see."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from segmentation import storage
from segmentation.errors import InputError
from segmentation.publish.leases import acquire_lease, is_valid_id, release_lease

MANIFEST, SEAL, POINTER = "manifest.json", "manifest.sha256", "pointer.json"
"""The files in a run's folder that are written after all others."""
_REWRITE = re.compile(r"(?P<original>.+)-r(?P<number>[0-9]+)")


@dataclass(frozen=True)
class Run:
    """A run's folder. Readers see nothing of it until it is published."""

    root: str
    run_id: str

    def __post_init__(self) -> None:
        if not is_valid_id(self.run_id):
            raise InputError(f"{self.run_id[:60]!r} is not a run id. `segmentation runs` lists all runs")

    def path(self, *parts: str) -> str:
        """A path in the run's folder."""
        return storage.join(self.root, "runs", self.run_id, *parts)

    @property
    def orders(self) -> str:
        """Path of the orders that the run was computed from."""
        return storage.join(self.root, "orders", self.run_id)


def create_run(root: str, run_id: str) -> Run:
    """Make a run's folder, with a lease for this process until the run is sealed or discarded.

    Raises FileExistsError where another run has that id.
    """
    run = Run(root, run_id)
    storage.make_folder(root)
    acquire_lease(root, run_id)
    try:
        if storage.exists(run.orders):
            raise FileExistsError(run.orders)
        storage.make_new_folder(run.path())
    except BaseException:
        release_lease(root, run_id)
        raise
    return run


def create_timestamped_run(root: str, started_at: datetime) -> Run:
    """Make a run named by its start; where that id is taken, by the next free microsecond."""
    for later in count():
        try:
            return create_run(root, run_id_at(started_at + timedelta(microseconds=later)))
        except FileExistsError:
            continue
    raise AssertionError("unreachable: count() is infinite")


def run_id_at(started_at: datetime) -> str:
    """An id that sorts by time: 20111210T031500000000Z."""
    return started_at.strftime("%Y%m%dT%H%M%S%fZ")


def set_current_run(run: Run, as_of: str) -> None:
    """Switch readers to the run atomically."""
    storage.switch_current(run.root, f"runs/{run.run_id}", run_pointer(run, as_of))


def run_pointer(run: Run, as_of: str) -> dict[str, str]:
    """Content of `current.json` for a run."""
    pointer = {"run_id": run.run_id, "as_of": as_of, "path": f"runs/{run.run_id}"}
    return pointer | ({"orders": f"orders/{run.run_id}"} if storage.exists(run.orders) else {})


def published_run(root: str) -> Run | None:
    """The run that readers see; None before the first."""
    pointer = storage.join(root, "current.json")
    return Run(root, json.loads(storage.read_text(pointer))["run_id"]) if storage.exists(pointer) else None


def discard_run(run: Run) -> None:
    """Remove all files of a failed run, then its lease; where the disk refuses, the lease remains and `clean` finds the orphan."""
    with suppress(OSError):
        storage.remove(run.path())
        storage.remove(run.orders)
        release_lease(run.root, run.run_id)


def original_id(run_id: str) -> str:
    """The id before any rewrite."""
    match = _REWRITE.fullmatch(run_id)
    return match["original"] if match else run_id


def is_rewrite(run_id: str) -> bool:
    """Whether an id is that of a rewritten run."""
    return original_id(run_id) != run_id


def next_rewrite_id(run: Run) -> str:
    """The next free id for a rewrite of a run."""
    original = original_id(run.run_id)
    taken = [_number(other) for other in run_ids(run.root) if original_id(other) == original]
    return f"{original}-r{max(taken, default=0) + 1}"


def run_ids(root: str) -> list[str]:
    """Sorted ids of all runs that have a folder under an output root, in any state."""
    names = {name for part in ("runs", "orders", "comparisons") for name in storage.list_names(storage.join(root, part))}
    return sorted(name for name in names - {"current"} if is_valid_id(name))


def latest_rewrite_id(root: str, run_id: str) -> str:
    """The present id of a run that may have been rewritten since; the id as given where no version of it is left."""
    versions = [other for other in run_ids(root) if original_id(other) == original_id(run_id)]
    return run_id if run_id in versions or not versions else max(versions, key=_number)


def _number(run_id: str) -> int:
    match = _REWRITE.fullmatch(run_id)
    return int(match["number"]) if match else 0
