"""A comparison of algorithms: a folder beside the run it is about, which is not touched, and a pointer of its own."""

from contextlib import suppress
from dataclasses import dataclass

from segmentation import storage
from segmentation.publish.claims import claim, release
from segmentation.publish.run import Run

FOLDER = "comparisons"
LAST = "comparison.json"
"""What a comparison writes last: without it, it is not complete."""
TABLES = ("algorithms", "agreement", "clusters")
"""What a comparison holds, beside comparison.json and comparison.html."""


@dataclass(frozen=True)
class Comparison:
    """Where one comparison writes. Readers of `comparisons/current.json` see it once it is complete."""

    run: Run
    comparison_id: str

    @property
    def place(self) -> str:
        """Its folder below `comparisons`."""
        return f"{self.run.run_id}/{self.comparison_id}"

    def path(self, *parts: str) -> str:
        """A path in its folder."""
        return storage.join(self.run.root, FOLDER, self.place, *parts)


def begin(run: Run, comparison_id: str) -> Comparison:
    """A new comparison's folder, claimed for this process until it is published or abandoned.

    Raises
    ------
    FileExistsError
        A run or another comparison under way has that id.
    """
    comparison = Comparison(run, comparison_id)
    claim(run.root, comparison_id, about=run.run_id)
    try:
        storage.make_new_folder(comparison.path())
    except BaseException:
        release(run.root, comparison_id)
        raise
    return comparison


def publish(comparison: Comparison) -> None:
    """Point readers at the complete comparison, in one atomic step, and give its claim back."""
    pointer = {"run_id": comparison.run.run_id, "comparison_id": comparison.comparison_id, "path": comparison.place}
    root = storage.join(comparison.run.root, FOLDER)
    with storage.locked(comparison.run.root):
        storage.switch(root, comparison.place, pointer)
    release(comparison.run.root, comparison.comparison_id)


def abandon(comparison: Comparison) -> None:
    """Remove what a comparison that failed has written; where the disk refuses, it stays claimed, and so a leftover."""
    with suppress(OSError):
        storage.remove(comparison.path())
        release(comparison.run.root, comparison.comparison_id)
