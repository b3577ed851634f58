"""Orphans: what killed processes have left behind. Each is certain, or listed as uncertain and removed only by its name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from segmentation import storage
from segmentation.publish import comparison as comparing
from segmentation.publish.comparison import Comparison
from segmentation.publish.leases import LEASES, Lease, leases_under
from segmentation.publish.publications import PUBLICATIONS
from segmentation.publish.run import MANIFEST, POINTER, SEAL, Run, published_run
from segmentation.publish.seal import is_sealed

_LINKS = ("current", "current.json")


@dataclass(frozen=True)
class Orphan:
    """Files that no process will finish."""

    owner: str | None
    """The run or comparison that they belong to; None for a temporary file of a switch."""
    paths: tuple[str, ...]
    """From the output root, in the order of removal."""
    reason: str
    is_certain: bool
    """Whether certainly no process writes them; otherwise they are removed only by name."""


def find_orphans(root: str) -> list[Orphan]:
    """All certain and uncertain orphans under an output root. Sealed runs are never orphans, whether they passed their audit or not."""
    with storage.exclusive_lock(root) as is_exclusive:
        return _find(root, is_exclusive)


def remove_orphans(root: str, owner: str | None = None) -> list[Orphan]:
    """Remove all certain orphans or, with an owner, those of that owner, certain or not."""
    with storage.exclusive_lock(root) as is_exclusive:
        orphans = [orphan for orphan in _find(root, is_exclusive) if (orphan.is_certain if owner is None else orphan.owner == owner)]
        for path in (path for orphan in orphans for path in orphan.paths):
            storage.remove(storage.join(root, path))
        return orphans


def _find(root: str, is_exclusive: bool) -> list[Orphan]:
    # List folders first, then leases, then seals, so that a run that starts or ends meanwhile is never taken for an orphan.
    runs, orders, comparisons = storage.list_names(f"{root}/runs"), storage.list_names(f"{root}/orders"), _comparisons(root)
    leases = leases_under(root)
    candidates = [
        *(_leased(root, lease) for lease in leases.values()),
        *(_run_without_lease(Run(root, run_id)) for run_id in runs if run_id not in leases),
        *(_orders_without_run(Run(root, run_id)) for run_id in orders if run_id not in leases),
        *(_comparison_without_lease(comparison) for comparison in comparisons if comparison.comparison_id not in leases),
    ]
    return [*filter(None, candidates), *_temporary_files(root, runs, comparisons, is_exclusive)]


def _leased(root: str, lease: Lease) -> Orphan | None:
    """A run or comparison whose process has ended, or cannot be checked from here."""
    if lease.is_alive:
        return None
    comparison = Comparison(Run(root, lease.about), lease.owner_id) if lease.about else None
    folders = [f"{comparing.FOLDER}/{comparison.relative_path}"] if comparison else [f"orders/{lease.owner_id}", f"runs/{lease.owner_id}"]
    is_complete = _is_complete(comparison) if comparison else is_sealed(Run(root, lease.owner_id))
    has_ended = lease.is_alive is False
    process = "its process has ended" if has_ended else f"its process ran elsewhere ({lease.process.get('host', 'unknown')})"
    what = "the lease of a complete run" if is_complete else "not complete"
    unfinished = [] if is_complete else [folder for folder in folders if storage.exists(storage.join(root, folder))]
    return Orphan(lease.owner_id, (*unfinished, f"{LEASES}/{lease.owner_id}.json"), f"{what}, and {process}", has_ended)


def _run_without_lease(run: Run) -> Orphan | None:
    """A run without seal and lease was not begun by this version; one with a manifest was completed by an earlier one."""
    if is_sealed(run) or published_run(run.root) == run or storage.exists(run.path(MANIFEST)) or not storage.exists(run.path()):
        return None
    paths = [path for path in (f"orders/{run.run_id}", f"runs/{run.run_id}") if storage.exists(storage.join(run.root, path))]
    return Orphan(run.run_id, tuple(paths), "not complete, and without a lease", False)


def _orders_without_run(run: Run) -> Orphan | None:
    if storage.exists(run.path()) or not storage.exists(run.orders):
        return None
    return Orphan(run.run_id, (f"orders/{run.run_id}",), "orders of a run that no longer exists", True)


def _comparison_without_lease(comparison: Comparison) -> Orphan | None:
    if _is_complete(comparison) or not storage.exists(comparison.path()):
        return None
    path = f"{comparing.FOLDER}/{comparison.relative_path}"
    return Orphan(comparison.comparison_id, (path,), "not complete, and without a lease", False)


def _comparisons(root: str) -> list[Comparison]:
    """Folders two levels below `comparisons`."""
    parent = storage.join(root, comparing.FOLDER)
    runs = [name for name in storage.list_names(parent) if name not in _LINKS]
    return [Comparison(Run(root, run_id), name) for run_id in runs for name in storage.list_names(storage.join(parent, run_id))]


def _is_complete(comparison: Comparison) -> bool:
    return storage.exists(comparison.path(comparing.LAST))


def _temporary_files(root: str, runs: Sequence[str], comparisons: Sequence[Comparison], is_exclusive: bool) -> Iterator[Orphan]:
    """Small files that were not renamed to their final name. Only the holder of the lock writes them, so another holder sees orphans."""
    written: Mapping[str, tuple[str, ...]] = {
        "": _LINKS,
        comparing.FOLDER: _LINKS,
        LEASES: (),
        PUBLICATIONS: (),
        **{f"runs/{run_id}": (POINTER, MANIFEST, SEAL) for run_id in runs if is_sealed(Run(root, run_id))},
        **{f"{comparing.FOLDER}/{comparison.relative_path}": (POINTER,) for comparison in comparisons if _is_complete(comparison)},
    }
    for folder, targets in written.items():
        names = [name for name in storage.list_names(storage.join(root, folder)) if _is_temporary(name, targets)]
        yield from (Orphan(None, (storage.join(folder, name),), "never renamed to its final name", is_exclusive) for name in names)


def _is_temporary(name: str, targets: Sequence[str]) -> bool:
    match = re.fullmatch(rf"(.+)\.[0-9a-f]{{12}}{re.escape(storage.TEMP_SUFFIX)}", name)
    return match is not None and (match[1] in targets if targets else match[1].endswith(".json"))
