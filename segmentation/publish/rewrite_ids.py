"""Ids of rewritten runs: the original id with -r1, -r2, … appended."""

import re

from segmentation import storage
from segmentation.publish.leases import is_valid_id
from segmentation.publish.run import Run

_REWRITE = re.compile(r"(?P<original>.+)-r(?P<number>[0-9]+)")


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
