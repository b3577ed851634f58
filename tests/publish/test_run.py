"""Runs are written to new folders, and readers are switched atomically."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segmentation import storage
from segmentation.errors import InputError, SettingsError
from segmentation.publish.leases import leases_under
from segmentation.publish.run import Run, create_run, create_timestamped_run, discard_run, published_run, run_id_at, set_current_run


@pytest.mark.parametrize(
    "run_id", ["../elsewhere", "..", "a/b", "r1/..", "", "a\nb", "r1\n", ".r1", "ré", "a\x00b", "*", "a b", "-rf", "/etc", "a`b", "$(id)"]
)
def test_a_path_is_not_a_run_id(tmp_path, run_id):
    with pytest.raises(InputError, match="is not a run id"):
        Run(str(tmp_path), run_id)


def test_a_pointer_that_leads_elsewhere_is_not_followed(tmp_path):
    (tmp_path / "current.json").write_text(json.dumps({"run_id": "../../elsewhere"}))
    with pytest.raises(InputError, match="is not a run id"):
        published_run(str(tmp_path))


def _new_run(root, run_id):
    """A run with one table and orders."""
    run = create_run(str(root), run_id)
    storage.make_folder(run.orders)
    storage.write_text(run.path("table"), f"table of {run_id}")
    storage.write_text(storage.join(run.orders, "part"), f"orders of {run_id}")
    return run


def _current(root):
    return json.loads((root / "current.json").read_text())


def _files(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_run_ids_sort_by_time():
    began = datetime(2011, 12, 10, 3, 15, tzinfo=UTC)
    later = [timedelta(0), timedelta(microseconds=1), timedelta(microseconds=10), timedelta(seconds=1), timedelta(days=30)]
    ids = [run_id_at(began + step) for step in later]
    assert ids == sorted(set(ids))
    assert ids[0] == "20111210T031500000000Z"


def test_a_new_run_is_not_visible_to_readers(tmp_path):
    run = _new_run(tmp_path, "r1")
    assert os.listdir(tmp_path / "runs") == ["r1"]
    assert not os.path.lexists(tmp_path / "current.json")
    assert not os.path.lexists(tmp_path / "current")
    assert run.path("table") == str(tmp_path / "runs" / "r1" / "table")


def test_publishing_switches_the_pointer_and_the_link_to_the_run(tmp_path):
    set_current_run(_new_run(tmp_path, "r1"), "2011-12-10")
    assert _current(tmp_path) == {"run_id": "r1", "as_of": "2011-12-10", "path": "runs/r1", "orders": "orders/r1"}
    assert (tmp_path / "current" / "table").read_text() == "table of r1"


def test_a_second_run_takes_over_and_leaves_the_first_readable(tmp_path):
    for run_id in ("r1", "r2"):
        set_current_run(_new_run(tmp_path, run_id), "2011-12-10")
    assert _current(tmp_path)["run_id"] == "r2"
    assert (tmp_path / "current" / "table").read_text() == "table of r2"
    assert (tmp_path / "runs" / "r1" / "table").read_text() == "table of r1"
    assert (tmp_path / "orders" / "r1" / "part").read_text() == "orders of r1"


def test_a_reader_sees_the_old_run_or_the_new_at_every_step(tmp_path, monkeypatch):
    set_current_run(_new_run(tmp_path, "r1"), "2011-12-10")
    run, seen, replace = _new_run(tmp_path, "r2"), [], os.replace

    def watched(source, target):
        replace(source, target)
        seen.append((_current(tmp_path)["run_id"], (tmp_path / "current" / "table").read_text()))

    monkeypatch.setattr(os, "replace", watched)
    set_current_run(run, "2011-12-11")
    old, new = ("r1", "table of r1"), ("r2", "table of r2")
    assert seen == [old] * (len(seen) - 1) + [new]
    assert len(seen) > 1


def test_published_output_may_be_moved_as_a_whole(tmp_path):
    set_current_run(_new_run(tmp_path / "here", "r1"), "2011-12-10")
    (tmp_path / "here").rename(tmp_path / "there")
    assert _current(tmp_path / "there")["run_id"] == "r1"
    assert (tmp_path / "there" / "current" / "table").read_text() == "table of r1"


def test_on_a_disk_without_links_the_pointer_alone_is_switched(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "symlink", refuse)
    for run_id in ("r1", "r2"):
        set_current_run(_new_run(tmp_path, run_id), "2011-12-10")
        assert _current(tmp_path)["run_id"] == run_id
    assert not os.path.lexists(tmp_path / "current")
    assert not (tmp_path / "current.json").is_symlink()


def test_no_temporary_files_remain_after_publishing(tmp_path):
    set_current_run(_new_run(tmp_path, "r1"), "2011-12-10")
    assert sorted(os.listdir(tmp_path)) == [".lock", "current", "current.json", "leases", "orders", "runs"]
    assert sorted(os.listdir(tmp_path / "runs" / "r1")) == ["pointer.json", "table"]


def test_discarding_a_run_removes_only_its_own_folders(tmp_path):
    set_current_run(_new_run(tmp_path, "r1"), "2011-12-10")
    (tmp_path / "notes.txt").write_text("not ours")
    before = _files(tmp_path)
    discard_run(_new_run(tmp_path, "r2"))
    assert _files(tmp_path) == before
    assert not (tmp_path / "runs" / "r2").exists()
    assert not (tmp_path / "orders" / "r2").exists()
    assert _current(tmp_path)["run_id"] == "r1"


def test_discarding_a_run_without_files_is_no_error(tmp_path):
    discard_run(Run(str(tmp_path), "r1"))
    assert os.listdir(tmp_path) == []


def test_runs_that_start_in_the_same_microsecond_get_consecutive_ids(tmp_path):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: create_timestamped_run(str(tmp_path), at), range(8)))
    assert sorted(run.run_id for run in runs) == [run_id_at(at + timedelta(microseconds=step)) for step in range(8)]
    assert sorted(os.listdir(tmp_path / "runs")) == sorted(leases_under(str(tmp_path))) == sorted(run.run_id for run in runs)


@pytest.mark.parametrize("taken", ["runs/r1", "orders/r1", "leases/r1.json"])
def test_a_taken_id_is_refused_and_the_other_run_is_not_changed(tmp_path, taken):
    (tmp_path / taken).mkdir(parents=True)
    with pytest.raises(FileExistsError):
        create_run(str(tmp_path), "r1")
    assert (tmp_path / taken).exists()
    assert [path for path in ("runs/r1", "orders/r1", "leases/r1.json") if (tmp_path / path).exists()] == [taken]


def test_an_output_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match=r"output\.path: .*file cannot be written: .*\. Name another with --output"):
        create_run(str(tmp_path / "file"), "r1")


def test_an_output_without_write_permission_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(SettingsError, match="cannot be written: no right to write to"):
        create_run(str(tmp_path), "r1")


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_small_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch, failing):
    path = str(tmp_path / "manifest.json")
    storage.write_text(path, "old")

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match="no space left"):
        storage.write_text(path, "new " * 10_000)
    assert Path(path).read_text() == "old"


def test_a_small_file_preserves_every_character(tmp_path):
    path = str(tmp_path / "report.html")
    storage.write_text(path, "£ 日本 😀\r\nend")
    assert storage.read_text(path) == "£ 日本 😀\r\nend"
