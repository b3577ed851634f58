"""Ids of runs written anew: the first one's, with -r1, -r2 behind it."""

import re

from segmentation import storage
from segmentation.publish.run import Run

_IS_ID = re.compile(r"[A-Za-z0-9][\w-]*", re.ASCII)
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
    taken = [_number(other) for other in run_ids(run.root) if first_id(other) == first]
    return f"{first}-r{max(taken, default=0) + 1}"


def run_ids(root: str) -> list[str]:
    """Every run under a root that has a folder, whatever its state, sorted."""
    names = {name for part in ("runs", "orders", "comparisons") for name in storage.names_in(storage.join(root, part))}
    return sorted(name for name in names - {"current"} if _IS_ID.fullmatch(name))


def present_id(root: str, run_id: str) -> str:
    """What a run is called now that may have been written anew; the id as given where nothing is left of it."""
    same = [other for other in run_ids(root) if first_id(other) == first_id(run_id)]
    return run_id if run_id in same or not same else max(same, key=_number)


def _number(run_id: str) -> int:
    found = _SUCCESSOR.fullmatch(run_id)
    return int(found["number"]) if found else 0
