"""What holds on a local disk holds where there are no folders, links and locks, but for what docs/reliability.md says."""

import json
from datetime import UTC, datetime

import fsspec
import pytest

from segmentation import storage
from segmentation.publish.integrity import integrity_faults
from segmentation.publish.leftovers import leftovers, removed
from segmentation.publish.publications import PASSED_OVER, acts, publish_in_order
from segmentation.publish.run import abandon, begin, published
from segmentation.publish.states import State, state_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROOT = "memory://shop"


@pytest.fixture
def store(complete):
    """Complete runs in a store that is empty at first."""
    yield lambda *args: complete(*args, root=ROOT)
    fsspec.filesystem("memory").rm("/shop", recursive=True)


def test_a_run_is_sealed_published_and_held_to_its_sums(store):
    run = store("r1")
    assert integrity_faults(run) == []
    publish_in_order(run, "2026-01-01", NOON)
    assert (published(ROOT), state_of(run)) == (run, State.PUBLISHED)
    assert integrity_faults(run) == []
    storage.write_text(run.path("report.html"), "other")
    assert integrity_faults(run) == ["runs/r1/report.html was changed: 5 bytes, sealed with 17"]


def test_an_id_is_taken_once_and_readers_are_not_switched_back(store):
    later, earlier = store("r2"), store("r1")
    with pytest.raises(FileExistsError):
        begin(ROOT, "r1")
    publish_in_order(later, "2026-01-01", NOON)
    assert publish_in_order(earlier, "2026-01-01", NOON).act == PASSED_OVER
    assert published(ROOT) == later
    assert [act.run_id for act in acts(ROOT)] == ["r2", "r1"]


def test_what_a_killed_run_has_left_is_removed_and_what_is_whole_stays(store):
    whole = store("r1")
    run = begin(ROOT, "r2")
    storage.write_text(run.path("customer_features", "part-0"), "half")
    assert leftovers(ROOT) == []
    claim = json.loads(storage.read_text(f"{ROOT}/under_way/r2.json"))
    storage.write_text(f"{ROOT}/under_way/r2.json", json.dumps(claim | {"process": claim["process"] | {"started": 1}}))
    assert [one.paths for one in removed(ROOT)] == [("runs/r2", "under_way/r2.json")]
    assert not storage.exists(run.path())
    assert integrity_faults(whole) == []


def test_a_run_that_failed_leaves_nothing(store):
    store("r1")
    run = begin(ROOT, "r2")
    storage.write_text(run.path("customer_features", "part-0"), "half")
    abandon(run)
    assert storage.names_in(f"{ROOT}/runs") == ["r1"]
    assert storage.names_in(f"{ROOT}/under_way") == []
