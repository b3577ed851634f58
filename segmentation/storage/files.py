"""Paths, small files, and the one switch that publishes a run."""

import json
import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

from segmentation.errors import SettingsError

ASIDE = ".tmp"
"""How names end of files that are not yet in their place."""


def join(root: str, *parts: str) -> str:
    """A path below a root."""
    return posixpath.join(root, *parts)


def spark_path(path: str) -> str:
    """A path as Spark reads it: without a scheme it is this machine's (or a Databricks volume), not the default file system's."""
    given = urlsplit(path).scheme or path.startswith("/Volumes/")
    return path if given else "file://" + os.path.abspath(os.path.expanduser(path))


def exists(path: str) -> bool:
    """Whether anything is at a path."""
    filesystem, target = fsspec.core.url_to_fs(path)
    return bool(filesystem.exists(target))


def write_text(path: str, text: str) -> None:
    """Write a small file whole, or not at all."""
    filesystem, target = fsspec.core.url_to_fs(path)
    if not isinstance(filesystem, LocalFileSystem):
        filesystem.pipe_file(target, text.encode())
        return
    aside = _aside(target)
    try:
        with open(aside, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, target)
    finally:
        Path(aside).unlink(missing_ok=True)


def read_text(path: str) -> str:
    """A small file's text."""
    filesystem, target = fsspec.core.url_to_fs(path)
    return str(filesystem.cat_file(target).decode())


def make_folder(path: str) -> None:
    """Make a folder with its parents.

    Raises
    ------
    SettingsError
        It cannot be made or written to.
    """
    filesystem, target = fsspec.core.url_to_fs(path)
    try:
        filesystem.makedirs(target, exist_ok=True)
        if isinstance(filesystem, LocalFileSystem) and not os.access(target, os.W_OK):
            raise PermissionError(f"no right to write to {target}")
    except OSError as error:
        raise SettingsError(f"output.path: {path} cannot be written: {error}. Name another with --output") from None


def make_new_folder(path: str) -> None:
    """Make a folder that was not there, with its parents.

    On a local disk one of several who ask for the same folder gets it. Object stores have no folders: there it is only looked whether
    anything is below the path.

    Raises
    ------
    FileExistsError
        It is there already.
    SettingsError
        It cannot be made.
    """
    make_folder(posixpath.dirname(path))
    filesystem, target = fsspec.core.url_to_fs(path)
    try:
        if isinstance(filesystem, LocalFileSystem):
            os.mkdir(target)
        elif filesystem.exists(target):
            raise FileExistsError(target)
        else:
            filesystem.makedirs(target, exist_ok=True)
    except FileExistsError:
        raise
    except OSError as error:
        raise SettingsError(f"output.path: {path} cannot be written: {error}. Name another with --output") from None


def remove(*paths: str) -> None:
    """Remove files or folders of this project's own, those that are there."""
    for path in paths:
        filesystem, target = fsspec.core.url_to_fs(path)
        if isinstance(filesystem, LocalFileSystem) and not os.path.isdir(target):
            Path(target).unlink(missing_ok=True)
        elif filesystem.exists(target):
            filesystem.rm(target, recursive=True)


def names_in(path: str) -> list[str]:
    """Names of all that lies in a folder, in order; none where there is no folder."""
    filesystem, target = fsspec.core.url_to_fs(path)
    filesystem.invalidate_cache()
    if not filesystem.isdir(target):
        return []
    if isinstance(filesystem, LocalFileSystem):
        return sorted(os.listdir(target))
    return sorted(posixpath.basename(entry.rstrip("/")) for entry in filesystem.ls(target, detail=False))


def switch(root: str, run: str, pointer: Mapping[str, Any]) -> None:
    """Point readers at a run, in one atomic step.

    On a local disk the one step is renaming the link `current`; `current.json` is a link through it, so that
    both always speak of the same run. Elsewhere `current.json` is written in one put.

    Raises
    ------
    SettingsError
        `current` is a folder, as where an output was copied with its links followed.
    OSError
        The disk refuses; readers see what they saw before.
    """
    text = pointer_text(pointer)
    filesystem, target = fsspec.core.url_to_fs(root)
    if not isinstance(filesystem, LocalFileSystem):
        write_text(join(root, "current.json"), text)
        return
    link, current = join(target, "current"), join(target, "current.json")
    if os.path.isdir(link) and not os.path.islink(link):
        raise SettingsError(
            f"output.path: {link} is a folder, and must be a link to one of the runs beside it. Remove it, and publish again"
        )
    write_text(join(target, run, "pointer.json"), text)
    try:
        if os.path.isfile(current) and not os.path.islink(current):
            # Else readers would find a link to nothing in between.
            _link(json.loads(read_text(current))["path"], link)
        _link(join("current", "pointer.json"), current)
        _link(run, link)
    except OSError:
        if os.path.islink(link):
            raise
        write_text(current, text)  # a disk without links


def pointer_text(pointer: Mapping[str, Any]) -> str:
    """A pointer as `switch` writes it."""
    return json.dumps(pointer, indent=2) + "\n"


def _link(target: str, link: str) -> None:
    if os.path.islink(link) and os.readlink(link) == target:
        return
    aside = _aside(link)
    os.symlink(target, aside)
    try:
        os.replace(aside, link)
    finally:
        Path(aside).unlink(missing_ok=True)


def _aside(target: str) -> str:
    """A name of its own for each that writes, in this process or in another."""
    return f"{target}.{uuid4().hex[:12]}{ASIDE}"
