"""The pointer and the link always name the same run, whatever the disk refuses."""

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
    storage.switch_current(str(root), f"runs/{run}", {"run_id": run, "path": f"runs/{run}"})


def visible(root):
    """The run that the pointer names, and the one that the link names; None without."""
    pointer, table = root / "current.json", root / "current" / "table"
    return json.loads(pointer.read_text())["run_id"] if pointer.exists() else None, table.read_text() if table.exists() else None


def refuse(*_):
    raise OSError("not now")


def test_a_failed_link_leaves_the_previous_run_published(root, monkeypatch):
    switch(root, "r1")
    with monkeypatch.context() as patched:
        patched.setattr(os, "symlink", refuse)
        with pytest.raises(OSError, match="not now"):
            switch(root, "r2")
        assert visible(root) == ("r1", "r1")
    switch(root, "r2")
    assert visible(root) == ("r2", "r2")


def test_when_links_become_possible_the_previous_run_is_visible_until_the_switch(root, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(os, "symlink", refuse)
        switch(root, "r1")
    assert visible(root) == ("r1", None)
    at_each_step, replace = [], os.replace

    def recording(source, target):
        replace(source, target)
        at_each_step.append(visible(root))

    monkeypatch.setattr(os, "replace", recording)
    switch(root, "r2")
    assert at_each_step == [("r1", None), ("r1", "r1"), ("r1", "r1"), ("r2", "r2")]


def test_a_folder_in_place_of_the_link_is_rejected(root):
    (root / "current").mkdir()
    with pytest.raises(SettingsError, match=r"current is a folder, and must be a link .* Remove it, and publish again"):
        switch(root, "r1")
    assert not (root / "current.json").exists()
