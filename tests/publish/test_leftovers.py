"""What killed runs leave is found and removed; what is whole, under way or not ours is never touched."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentation import storage
from segmentation.publish import comparison as comparing
from segmentation.publish.leftovers import leftovers, removed
from segmentation.publish.publications import publish_in_order
from segmentation.publish.run import begin

GONE, ELSEWHERE = {"started": 1}, {"host": "elsewhere", "boot": "another"}


def _of_process(root, claim_id, **changes):
    """Let a claim speak of another process."""
    path = Path(root) / "under_way" / f"{claim_id}.json"
    claim = json.loads(path.read_text())
    path.write_text(json.dumps({**claim, "process": claim["process"] | changes}))


def _half(root, run_id, **changes):
    """A run with a table and orders, and no seal."""
    run = begin(root, run_id)
    for folder in (run.path("customer_features", "_temporary"), run.orders):
        storage.make_folder(folder)
        storage.write_text(f"{folder}/part-0", "half")
    _of_process(root, run_id, **changes)
    return run


def _files(root):
    return sorted(str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_file() or path.is_symlink())


@pytest.fixture
def root(complete):
    """An output with a published run, one that is complete, one held back, one of this process under way, and files that are not ours."""
    run = complete("r1")
    publish_in_order(run, "2026-01-01", datetime(2026, 1, 1, tzinfo=UTC))
    complete("r2")
    complete("r3", "too few customers")
    _half(run.root, "r4")
    for name in ("notes.txt", "notes.tmp", "current.json.tmp", "runs/README", "orders.tmp", "runs/r2/mine.123456789abc.tmp"):
        (Path(run.root) / name).write_text("not ours")
    return run.root


def test_nothing_whole_or_under_way_or_not_ours_is_left_over(root):
    before = _files(root)
    found = leftovers(root)
    assert [one for one in found if one.is_certain] == []
    # A file among the runs is no run; it is told, and stays.
    assert [one.paths for one in found] == [("runs/README",)]
    assert removed(root) == []
    assert _files(root) == before


def test_what_a_killed_run_has_left_is_found_and_removed_and_nothing_else(root):
    before = _files(root)
    _half(root, "r5", **GONE)
    (one,) = (one for one in leftovers(root) if one.is_certain)
    assert (one.owner, one.paths, one.why) == ("r5", ("orders/r5", "runs/r5", "under_way/r5.json"), "not complete, and its process is gone")
    assert removed(root) == [one]
    assert _files(root) == before


def test_a_process_that_was_really_killed_is_known_to_be_gone(root):
    code = f"from segmentation.publish.run import begin\nimport os, signal\nbegin({root!r}, 'r5')\nos.kill(os.getpid(), signal.SIGKILL)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert [one.owner for one in leftovers(root) if one.is_certain] == ["r5"]


def test_a_process_that_lives_is_left_alone(root):
    code = f"from segmentation.publish.run import begin\nbegin({root!r}, 'r5')\nprint('begun', flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"begun\n"
        assert [one.owner for one in leftovers(root) if one.owner == "r5"] == []
        process.stdin.close()
    assert [one.owner for one in leftovers(root) if one.is_certain] == ["r5"]


def test_a_run_of_another_machine_is_removed_only_where_it_is_named(root):
    _half(root, "r5", **ELSEWHERE)
    _half(root, "r6", **GONE)
    (one,) = (one for one in leftovers(root) if one.owner == "r5")
    assert not one.is_certain
    assert "its process ran elsewhere (elsewhere)" in one.why
    assert [one.owner for one in removed(root)] == ["r6"]
    assert [one.owner for one in removed(root, "r5")] == ["r5"]
    assert not (Path(root) / "runs" / "r5").exists()


@pytest.mark.parametrize("run_id", ["r1", "r2", "r3", "r4"])
def test_naming_a_run_that_is_whole_or_under_way_removes_nothing(root, run_id):
    before = _files(root)
    assert removed(root, run_id) == []
    assert _files(root) == before


def test_orders_without_a_run_are_left_over(root):
    storage.make_folder(f"{root}/orders/r0")
    (one,) = (one for one in leftovers(root) if one.is_certain)
    assert one.paths == ("orders/r0",)


def test_an_unclaimed_folder_is_uncertain_and_one_with_a_manifest_is_left_alone(root):
    for run_id in ("r0", "old"):
        storage.make_folder(f"{root}/runs/{run_id}")
    storage.write_text(f"{root}/runs/old/manifest.json", "{}")
    assert [(one.owner, one.is_certain) for one in leftovers(root) if one.owner != "README"] == [("r0", False)]


def test_a_claim_that_outlived_its_run_is_removed_without_the_run(root):
    path = Path(root) / "under_way" / "r2.json"
    path.write_text(json.dumps({"about": None, "process": storage.this_process() | GONE}))
    before = _files(root)
    assert [one.paths for one in removed(root)] == [("under_way/r2.json",)]
    assert _files(root) == [name for name in before if name != "under_way/r2.json"]


def test_a_comparison_cut_off_is_found_with_its_claim_and_a_complete_one_is_not(root, complete):
    run = comparing.Run(root, "r1")
    for name in ("c1", "c2"):
        storage.write_text(comparing.begin(run, name).path("clusters"), "half")
        _of_process(root, name, **GONE)
    storage.write_text(f"{root}/comparisons/r1/c2/comparison.json", "{}")
    assert [one.paths for one in removed(root)] == [("comparisons/r1/c1", "under_way/c1.json"), ("under_way/c2.json",)]
    assert _files(f"{root}/comparisons") == ["r1/c2/clusters", "r1/c2/comparison.json"]


@pytest.mark.parametrize("about", ["../../..", "r1/../..", "/etc", 7, ["r1"]])
def test_a_claim_cannot_name_another_place(root, about):
    victim = Path(root).parent / "r5"
    victim.mkdir()
    path = Path(root) / "under_way" / "r5.json"
    path.write_text(json.dumps({"about": about, "process": storage.this_process() | GONE}))
    assert removed(root) == []
    removed(root, "r5")
    assert victim.exists()


@pytest.mark.parametrize(
    "name",
    [
        "current.0123456789ab.tmp",
        "current.json.0123456789ab.tmp",
        "publications/20260101T000000000000Z-publish.json.0123456789ab.tmp",
        "under_way/r9.json.0123456789ab.tmp",
        "runs/r1/pointer.json.0123456789ab.tmp",
        "runs/r2/manifest.json.0123456789ab.tmp",
        "runs/r2/manifest.sha256.0123456789ab.tmp",
    ],
)
def test_a_small_file_never_put_in_its_place_is_left_over(root, name):
    before = _files(root)
    (Path(root) / name).write_text("half")
    assert [one.paths for one in removed(root)] == [(name,)]
    assert _files(root) == before


def test_where_nothing_was_ever_written_nothing_is_left_over(tmp_path):
    assert leftovers(str(tmp_path / "nowhere")) == []
    assert not (tmp_path / "nowhere").exists()
