"""Ids of runs written anew: the first one's, with -r1, -r2 behind it."""

import re

from segmentation import storage
from segmentation.publish.run import Run

_SUCCESSOR = re.compile(r"(?P<first>.+)-r(?P<number>[0-9]+)")


def first_id(run_id: str) -> str:
    """The id that a run was begun with, however often it was written anew since."""
    found = _SUCCESSOR.fullmatch(run_id)
    return found["first"] if found else run_id


def is_successor(run_id: str) -> bool:
    """Whether an id is of a run written anew."""
    return first_id(run_id) != run_id


def next_id(run: Run) -> str:
    """The id of a run written anew that nobody has yet."""
    first = first_id(run.run_id)
    taken = [int(found["number"]) for found in map(_SUCCESSOR.fullmatch, run_ids(run.root)) if found and found["first"] == first]
    return f"{first}-r{max(taken, default=0) + 1}"


def run_ids(root: str) -> list[str]:
    """Every run under a root that has a folder, whatever its state, sorted."""
    names = [*storage.folders_in(storage.join(root, "runs")), *storage.folders_in(storage.join(root, "orders"))]
    return sorted(set(names))


def latest_of(root: str, run_id: str) -> str:
    """What a run is called now, if it was written anew since; else the id as given."""
    ids = run_ids(root)
    same = [other for other in ids if first_id(other) == first_id(run_id)]
    return (
        run_id if run_id in ids or not same else max(same, key=lambda other: int(other.rpartition("-r")[2]) if is_successor(other) else 0)
    )
