"""One run: its folder, and the pointer that readers follow."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from segmentation import storage
from segmentation.errors import InputError
from segmentation.publish.claims import claim, is_id, release

MANIFEST, SEAL, POINTER = "manifest.json", "manifest.sha256", "pointer.json"
"""Of the files in a run's folder, those that are written when all others are."""

TABLES = (
    "customer_features",
    "customer_segments",
    "segment_summary",
    "segment_actions",
    "segment_profile",
    "segment_rules",
    "segment_examples",
    "k_selection",
    "rejected_lines",
    "unsegmented_customers",
    "accounting",
    "rfm_baseline",
    "rfm_overlap",
    "segment_history",
    "segment_trend",
)
"""What a run of a log publishes, beside model/, manifest.json and report.html; one of a customer table alone has no
`segment_actions` and no `rejected_lines`."""

BASKET_TABLES = ("segment_products", "segment_categories", "segment_baskets", "segment_recommendations", "next_products")
"""And what it publishes besides where baskets are looked for."""
ASKED_FOR = ("usefulness", "usefulness_segments")
"""What it publishes beside these where `usefulness.cut` is set."""
AFTER_ANOTHER = ("segment_migration", "drift", "drift_trend", "segment_lineage")
"""And after another run; the last where a model was fitted."""
WHERE_DECLARED = ("sensitive_attributes",)
"""And where attributes are declared sensitive."""


@dataclass(frozen=True)
class Run:
    """Where one run writes. Nothing in it is seen by readers until `publish`.

    Raises
    ------
    InputError
        No run can be called so; a path is no id.
    """

    root: str
    run_id: str

    def __post_init__(self) -> None:
        if not is_id(self.run_id):
            raise InputError(f"{self.run_id[:60]!r}: no run is called so, an id is no path. `segmentation runs` lists those there are")

    def path(self, *parts: str) -> str:
        """A path in the run's folder."""
        return storage.join(self.root, "runs", self.run_id, *parts)

    @property
    def orders(self) -> str:
        """The orders this run rests on."""
        return storage.join(self.root, "orders", self.run_id)


def begin(root: str, run_id: str) -> Run:
    """A new run's folder, claimed for this process until the run is sealed or abandoned.

    Raises
    ------
    FileExistsError
        Another run has that id.
    SettingsError
        The output cannot be written.
    """
    run = Run(root, run_id)
    storage.make_folder(root)
    claim(root, run_id)
    try:
        if storage.exists(run.orders):
            raise FileExistsError(run.orders)
        storage.make_new_folder(run.path())
    except BaseException:
        release(root, run_id)
        raise
    return run


def begin_at(root: str, started_at: datetime) -> Run:
    """A new run named by the time it began; by the next free microsecond where others began in the same.

    Raises
    ------
    SettingsError
        The output cannot be written.
    """
    for later in count():
        try:
            return begin(root, run_id_of(started_at + timedelta(microseconds=later)))
        except FileExistsError:
            continue
    raise AssertionError("microseconds do not end")


def run_id_of(started_at: datetime) -> str:
    """An id that sorts by time: 20111210T031500000000Z."""
    return started_at.strftime("%Y%m%dT%H%M%S%fZ")


def publish(run: Run, as_of: str) -> None:
    """Switch readers over to the run, in one atomic step."""
    storage.switch(run.root, f"runs/{run.run_id}", pointer_of(run, as_of))


def pointer_of(run: Run, as_of: str) -> dict[str, str]:
    """What readers are told of a run."""
    pointer = {"run_id": run.run_id, "as_of": as_of, "path": f"runs/{run.run_id}"}
    return pointer | ({"orders": f"orders/{run.run_id}"} if storage.exists(run.orders) else {})


def published(root: str) -> Run | None:
    """The run that readers follow; None before the first."""
    pointer = storage.join(root, "current.json")
    return Run(root, json.loads(storage.read_text(pointer))["run_id"]) if storage.exists(pointer) else None


def abandon(run: Run) -> None:
    """Remove what a run that failed has written, and give its claim back; where the disk refuses, it stays claimed, and so a leftover."""
    with suppress(OSError):
        storage.remove(run.path())
        storage.remove(run.orders)
        release(run.root, run.run_id)
