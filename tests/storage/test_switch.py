"""The pointer and the link never speak of two runs, whatever the disk refuses."""

import json
import os

import pytest

from segmentation import storage
from segmentation.errors import SettingsError


@pytest.fixture
def root(tmp_path):
    """An output with two runs."""
    for run in ("r1", "r2"):
        (tmp_path / "runs" / run).mkdir(parents=True)
        (tmp_path / "runs" / run / "table").write_text(run)
    return tmp_path


def switch(root, run):
    storage.switch(str(root), f"runs/{run}", {"run_id": run, "path": f"runs/{run}"})


def seen(root):
    """The run by the pointer, and by the link; None where there is none."""
    pointer, table = root / "current.json", root / "current" / "table"
    return json.loads(pointer.read_text())["run_id"] if pointer.exists() else None, table.read_text() if table.exists() else None


def refuse(*_):
    raise OSError("not now")


def test_a_disk_that_has_links_and_refuses_one_now_leaves_the_run_before(root, monkeypatch):
    switch(root, "r1")
    with monkeypatch.context() as patched:
        patched.setattr(os, "symlink", refuse)
        with pytest.raises(OSError, match="not now"):
            switch(root, "r2")
        assert seen(root) == ("r1", "r1")
    switch(root, "r2")
    assert seen(root) == ("r2", "r2")


def test_where_links_come_to_be_possible_the_run_before_is_seen_until_the_new_one_is(root, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(os, "symlink", refuse)
        switch(root, "r1")
    assert seen(root) == ("r1", None)
    at_each_step, replace = [], os.replace

    def watched(source, target):
        replace(source, target)
        at_each_step.append(seen(root))

    monkeypatch.setattr(os, "replace", watched)
    switch(root, "r2")
    assert at_each_step == [("r1", None), ("r1", "r1"), ("r1", "r1"), ("r2", "r2")]


def test_a_folder_in_the_place_of_the_link_is_refused_and_nothing_switched(root):
    (root / "current").mkdir()
    with pytest.raises(SettingsError, match=r"current is a folder, and must be a link .* Remove it, and publish again"):
        switch(root, "r1")
    assert not (root / "current.json").exists()
