"""Orphans of killed processes are found and removed; complete runs, live processes and foreign files are never touched."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentation import storage
from segmentation.publish import comparison as comparing
from segmentation.publish.orphans import find_orphans, remove_orphans
from segmentation.publish.publications import publish_if_latest
from segmentation.publish.run import create_run

GONE, ELSEWHERE = {"started": 1}, {"host": "elsewhere", "boot": "another"}


def _of_process(root, owner_id, **changes):
    """Make a lease that of another process."""
    path = Path(root) / "leases" / f"{owner_id}.json"
    lease = json.loads(path.read_text())
    path.write_text(json.dumps({**lease, "process": lease["process"] | changes}))


def _half(root, run_id, **changes):
    """A run with a table and orders, and no seal."""
    run = create_run(root, run_id)
    for folder in (run.path("customer_features", "_temporary"), run.orders):
        storage.make_folder(folder)
        storage.write_text(f"{folder}/part-0", "half")
    _of_process(root, run_id, **changes)
    return run


def _files(root):
    return sorted(str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_file() or path.is_symlink())


@pytest.fixture
def root(complete):
    """An output with a published run, a complete one, one that failed its audit, one of this process, and foreign files."""
    run = complete("r1")
    publish_if_latest(run, "2026-01-01", datetime(2026, 1, 1, tzinfo=UTC))
    complete("r2")
    complete("r3", "too few customers")
    _half(run.root, "r4")
    for name in ("notes.txt", "notes.tmp", "current.json.tmp", "runs/README", "orders.tmp", "runs/r2/mine.123456789abc.tmp"):
        (Path(run.root) / name).write_text("not ours")
    return run.root


def test_complete_runs_live_processes_and_foreign_files_are_not_orphans(root):
    before = _files(root)
    orphans = find_orphans(root)
    assert [one for one in orphans if one.is_certain] == []
    # A file among the runs is not a run; it is listed, and stays.
    assert [one.paths for one in orphans] == [("runs/README",)]
    assert remove_orphans(root) == []
    assert _files(root) == before


def test_exactly_the_files_of_a_killed_run_are_removed(root):
    before = _files(root)
    _half(root, "r5", **GONE)
    (one,) = (one for one in find_orphans(root) if one.is_certain)
    assert (one.owner, one.paths, one.reason) == (
        "r5",
        ("orders/r5", "runs/r5", "leases/r5.json"),
        "not complete, and its process has ended",
    )
    assert remove_orphans(root) == [one]
    assert _files(root) == before


def test_a_process_that_was_killed_is_known_to_have_ended(root):
    create = f"from segmentation.publish.run import create_run\ncreate_run({root!r}, 'r5')"
    code = f"{create}\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert [one.owner for one in find_orphans(root) if one.is_certain] == ["r5"]


def test_a_run_of_a_live_process_is_not_an_orphan(root):
    code = f"from segmentation.publish.run import create_run\ncreate_run({root!r}, 'r5')\nprint('begun', flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"begun\n"
        assert [one.owner for one in find_orphans(root) if one.owner == "r5"] == []
        process.stdin.close()
    assert [one.owner for one in find_orphans(root) if one.is_certain] == ["r5"]


def test_a_run_of_another_machine_is_removed_only_by_name(root):
    _half(root, "r5", **ELSEWHERE)
    _half(root, "r6", **GONE)
    (one,) = (one for one in find_orphans(root) if one.owner == "r5")
    assert not one.is_certain
    assert "its process ran elsewhere (elsewhere)" in one.reason
    assert [one.owner for one in remove_orphans(root)] == ["r6"]
    assert [one.owner for one in remove_orphans(root, "r5")] == ["r5"]
    assert not (Path(root) / "runs" / "r5").exists()


@pytest.mark.parametrize("run_id", ["r1", "r2", "r3", "r4"])
def test_naming_a_sealed_or_live_run_removes_nothing(root, run_id):
    before = _files(root)
    assert remove_orphans(root, run_id) == []
    assert _files(root) == before


def test_orders_without_a_run_are_an_orphan(root):
    storage.make_folder(f"{root}/orders/r0")
    (one,) = (one for one in find_orphans(root) if one.is_certain)
    assert one.paths == ("orders/r0",)


def test_a_folder_without_a_lease_is_uncertain_and_one_with_a_manifest_is_not_an_orphan(root):
    for run_id in ("r0", "old"):
        storage.make_folder(f"{root}/runs/{run_id}")
    storage.write_text(f"{root}/runs/old/manifest.json", "{}")
    assert [(one.owner, one.is_certain) for one in find_orphans(root) if one.owner != "README"] == [("r0", False)]


def test_a_corrupt_or_published_run_is_not_an_orphan_even_without_a_manifest(root):
    for name in ("r2/manifest.json", "r1/manifest.json", "r1/manifest.sha256"):
        (Path(root) / "runs" / name).unlink()
    assert [one.owner for one in find_orphans(root) if one.owner in ("r1", "r2")] == []


def test_a_lease_that_outlived_its_seal_is_removed_without_the_run(root):
    path = Path(root) / "leases" / "r2.json"
    path.write_text(json.dumps({"about": None, "process": storage.current_process() | GONE}))
    before = _files(root)
    assert [one.paths for one in remove_orphans(root)] == [("leases/r2.json",)]
    assert _files(root) == [name for name in before if name != "leases/r2.json"]


def test_an_unfinished_comparison_is_removed_with_its_lease_and_a_complete_one_is_not(root, complete):
    run = comparing.Run(root, "r1")
    for name in ("c1", "c2"):
        storage.write_text(comparing.begin_comparison(run, name).path("clusters"), "half")
        _of_process(root, name, **GONE)
    storage.write_text(f"{root}/comparisons/r1/c2/comparison.json", "{}")
    assert [one.paths for one in remove_orphans(root)] == [("comparisons/r1/c1", "leases/c1.json"), ("leases/c2.json",)]
    assert _files(f"{root}/comparisons") == ["r1/c2/clusters", "r1/c2/comparison.json"]


@pytest.mark.parametrize("about", ["../../..", "r1/../..", "/etc", 7, ["r1"]])
def test_a_lease_cannot_name_a_folder_outside(root, about):
    victim = Path(root).parent / "r5"
    victim.mkdir()
    path = Path(root) / "leases" / "r5.json"
    path.write_text(json.dumps({"about": about, "process": storage.current_process() | GONE}))
    assert remove_orphans(root) == []
    remove_orphans(root, "r5")
    assert victim.exists()


@pytest.mark.parametrize(
    "name",
    [
        "current.0123456789ab.tmp",
        "current.json.0123456789ab.tmp",
        "publications/20260101T000000000000Z-publish.json.0123456789ab.tmp",
        "leases/r9.json.0123456789ab.tmp",
        "runs/r1/pointer.json.0123456789ab.tmp",
        "runs/r2/manifest.json.0123456789ab.tmp",
        "runs/r2/manifest.sha256.0123456789ab.tmp",
    ],
)
def test_a_temporary_file_that_was_never_renamed_is_an_orphan(root, name):
    before = _files(root)
    (Path(root) / name).write_text("half")
    assert [one.paths for one in remove_orphans(root)] == [(name,)]
    assert _files(root) == before


def test_an_output_that_does_not_exist_has_no_orphans(tmp_path):
    assert find_orphans(str(tmp_path / "nowhere")) == []
    assert not (tmp_path / "nowhere").exists()
