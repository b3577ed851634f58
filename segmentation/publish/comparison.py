"""The folder of a comparison of algorithms with a run, and the pointer to the current comparison. The run is not changed."""

from contextlib import suppress
from dataclasses import dataclass

from segmentation import storage
from segmentation.publish.leases import acquire_lease, release_lease
from segmentation.publish.run import Run

FOLDER = "comparisons"
LAST = "comparison.json"
"""Written last: a comparison without it is not complete."""
TABLES = ("algorithms", "agreement", "clusters")
"""Tables of a comparison."""


@dataclass(frozen=True)
class Comparison:
    """One comparison's folder. `comparisons/current.json` points at it once it is complete."""

    run: Run
    comparison_id: str

    @property
    def relative_path(self) -> str:
        """Its folder, relative to `comparisons`."""
        return f"{self.run.run_id}/{self.comparison_id}"

    def path(self, *parts: str) -> str:
        """A path within its folder."""
        return storage.join(self.run.root, FOLDER, self.relative_path, *parts)


def begin_comparison(run: Run, comparison_id: str) -> Comparison:
    """Make a new comparison's folder, leased to this process until it is published or discarded.

    Raises FileExistsError where a run or another comparison in progress has that id.
    """
    comparison = Comparison(run, comparison_id)
    acquire_lease(run.root, comparison_id, about=run.run_id)
    try:
        storage.make_new_folder(comparison.path())
    except BaseException:
        release_lease(run.root, comparison_id)
        raise
    return comparison


def publish_comparison(comparison: Comparison) -> None:
    """Point readers at the complete comparison, in one atomic step, and release its lease."""
    pointer = {"run_id": comparison.run.run_id, "comparison_id": comparison.comparison_id, "path": comparison.relative_path}
    root = storage.join(comparison.run.root, FOLDER)
    with storage.exclusive_lock(comparison.run.root):
        storage.switch_current(root, comparison.relative_path, pointer)
    release_lease(comparison.run.root, comparison.comparison_id)


def discard_comparison(comparison: Comparison) -> None:
    """Remove the files of a failed comparison; if that fails too, the lease remains, so that they are found as orphans."""
    with suppress(OSError):
        storage.remove(comparison.path())
        release_lease(comparison.run.root, comparison.comparison_id)
