"""The atomic switch that publishes a run: `current.json`, and the `current` link on local disks."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from segmentation.errors import SettingsError
from segmentation.storage.files import join, read_text, temp_name, write_text


def switch_current(root: str, run: str, pointer: Mapping[str, Any]) -> None:
    """Point readers at a run, in one atomic step.

    On a local disk the step is the renaming of the link `current`. `current.json` is a link through it, so both always name the same run.
    On other file systems `current.json` is written in one put.

    `root` is the output folder, and `run` the run's folder relative to it. `pointer` is the content of `current.json`.

    Raises
    ------
    SettingsError
        `current` is a folder, as after a copy of the output that followed links.
    OSError
        The disk refuses the links; readers see the run they saw before.
    """
    text = pointer_json(pointer)
    filesystem, target = fsspec.core.url_to_fs(root)
    if not isinstance(filesystem, LocalFileSystem):
        write_text(join(root, "current.json"), text)
        return
    link, current = join(target, "current"), join(target, "current.json")
    if os.path.isdir(link) and not os.path.islink(link):
        raise SettingsError(f"output.path: {link} is a folder, and must be a link to a run. Remove it, and publish again")
    write_text(join(target, run, "pointer.json"), text)
    try:
        if os.path.isfile(current) and not os.path.islink(current):
            # Otherwise current.json would be a dangling link until the last step.
            _replace_link(json.loads(read_text(current))["path"], link)
        _replace_link(join("current", "pointer.json"), current)
        _replace_link(run, link)
    except OSError:
        if os.path.islink(link):
            raise
        write_text(current, text)  # a file system without links


def pointer_json(pointer: Mapping[str, Any]) -> str:
    """A pointer as `switch_current` writes it."""
    return json.dumps(pointer, indent=2) + "\n"


def _replace_link(target: str, link: str) -> None:
    if os.path.islink(link) and os.readlink(link) == target:
        return
    temporary = temp_name(link)
    os.symlink(target, temporary)
    try:
        os.replace(temporary, link)
    finally:
        Path(temporary).unlink(missing_ok=True)
