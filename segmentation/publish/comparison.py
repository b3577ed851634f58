"""A comparison of algorithms: a folder beside the run it is about, which is not touched, and a pointer of its own."""

from dataclasses import dataclass

from segmentation import storage
from segmentation.errors import InputError
from segmentation.publish.run import Run, published

FOLDER = "comparisons"
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


def found_run(root: str, run_id: str | None) -> Run:
    """The published run under an output root, or the one that is named.

    Raises
    ------
    InputError
        No run is published there, or none of that name was completed.
    """
    run = published(root) if run_id is None else Run(root, run_id)
    if run is None:
        raise InputError(f"{root}: no run is published there. Run `segmentation segment` first, or name another folder with --output")
    # A run that was held back, or is still under way, has no manifest.
    if not storage.exists(run.path("manifest.json")):
        raise InputError(f"{run.path()}: no completed run. Leave --run out for the published one, or name one of {root}/runs")
    return run


def begin(run: Run, comparison_id: str) -> Comparison:
    """A new comparison's folder."""
    comparison = Comparison(run, comparison_id)
    storage.make_folder(comparison.path())
    return comparison


def publish(comparison: Comparison) -> None:
    """Point readers at the comparison, in one atomic step."""
    pointer = {"run_id": comparison.run.run_id, "comparison_id": comparison.comparison_id, "path": comparison.place}
    storage.switch(storage.join(comparison.run.root, FOLDER), comparison.place, pointer)


def abandon(comparison: Comparison) -> None:
    """Remove what a comparison that failed has written."""
    storage.remove(comparison.path())
