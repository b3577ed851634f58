"""Guarantees of a local disk hold on stores without folders, links and locks, with the exceptions of docs/reliability.md."""

import json
from datetime import UTC, datetime

import fsspec
import pytest

from segmentation import storage
from segmentation.publish.orphans import find_orphans, remove_orphans
from segmentation.publish.publications import SUPERSEDED, publish_events, publish_if_latest
from segmentation.publish.run import create_run, discard_run, published_run
from segmentation.publish.run_state import RunState, state_of
from segmentation.publish.seal import verify_files

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROOT = "memory://shop"


@pytest.fixture
def store(complete):
    """Complete runs in a store that is empty at first."""
    yield lambda *args: complete(*args, root=ROOT)
    fsspec.filesystem("memory").rm("/shop", recursive=True)


def test_a_run_is_sealed_published_and_verified(store):
    run = store("r1")
    assert verify_files(run) == []
    publish_if_latest(run, "2026-01-01", NOON)
    assert (published_run(ROOT), state_of(run)) == (run, RunState.PUBLISHED)
    assert verify_files(run) == []
    storage.write_text(run.path("report.html"), "other")
    assert verify_files(run) == ["runs/r1/report.html was changed: 5 bytes, sealed with 17"]


def test_an_id_is_taken_once_and_readers_are_not_switched_back(store):
    later, earlier = store("r2"), store("r1")
    with pytest.raises(FileExistsError):
        create_run(ROOT, "r1")
    publish_if_latest(later, "2026-01-01", NOON)
    assert publish_if_latest(earlier, "2026-01-01", NOON).kind == SUPERSEDED
    assert published_run(ROOT) == later
    assert [act.run_id for act in publish_events(ROOT)] == ["r2", "r1"]


def test_files_of_a_killed_run_are_removed_and_a_complete_run_stays(store):
    whole = store("r1")
    run = create_run(ROOT, "r2")
    storage.write_text(run.path("customer_features", "part-0"), "half")
    assert find_orphans(ROOT) == []
    lease = json.loads(storage.read_text(f"{ROOT}/leases/r2.json"))
    storage.write_text(f"{ROOT}/leases/r2.json", json.dumps(lease | {"process": lease["process"] | {"started": 1}}))
    assert [one.paths for one in remove_orphans(ROOT)] == [("runs/r2", "leases/r2.json")]
    assert not storage.exists(run.path())
    assert verify_files(whole) == []


def test_a_run_that_failed_leaves_nothing(store):
    store("r1")
    run = create_run(ROOT, "r2")
    storage.write_text(run.path("customer_features", "part-0"), "half")
    discard_run(run)
    assert storage.list_names(f"{ROOT}/runs") == ["r1"]
    assert storage.list_names(f"{ROOT}/under_way") == []
