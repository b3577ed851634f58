"""What lies in folders of this project's own: names, tables, copies, and lines."""

import os
import posixpath
from collections.abc import Iterator

import fsspec
from fsspec.implementations.local import LocalFileSystem

from segmentation.storage.files import exists, join

DELTA_LOG = "_delta_log"
"""The folder in a table's own that makes it a Delta table."""


def files_under(path: str) -> list[str]:
    """Every file at any depth below a path, named from there, sorted; links are neither told nor followed."""
    filesystem, target = fsspec.core.url_to_fs(path)
    if isinstance(filesystem, LocalFileSystem):
        return sorted(posixpath.relpath(file, target) for file in _local_files(target))
    filesystem.invalidate_cache()
    found = filesystem.find(target) if filesystem.exists(target) else []
    return sorted(posixpath.relpath(file, target) for file in found)


def table_files(path: str) -> tuple[fsspec.AbstractFileSystem, list[str]]:
    """Files of a table, and where they lie; as Spark reads a folder, what begins with these signs, file or folder, is no part of it."""
    filesystem, target = fsspec.core.url_to_fs(path)
    # A listing kept from before Spark wrote would miss files.
    filesystem.invalidate_cache(target)
    below = {file: posixpath.relpath(file, target).split("/") for file in filesystem.find(target)}
    return filesystem, [file for file, parts in below.items() if not any(part.startswith(("_", ".")) for part in parts if part != ".")]


def has_log(path: str) -> bool:
    """Whether a table is a Delta table."""
    return exists(join(path, DELTA_LOG))


def copy_file(source: str, target: str) -> None:
    """Copy one file, folders above it included."""
    filesystem, here = fsspec.core.url_to_fs(source)
    _, there = fsspec.core.url_to_fs(target)
    filesystem.makedirs(posixpath.dirname(there), exist_ok=True)
    filesystem.cp_file(here, there)


def fetch_file(source: str, target: str) -> None:
    """Copy one file to this machine, folders above it included."""
    filesystem, there = fsspec.core.url_to_fs(source)
    os.makedirs(posixpath.dirname(target), exist_ok=True)
    filesystem.get_file(there, target)


def text_lines(path: str) -> Iterator[str]:
    """A text file line by line, unpacked where its name says it is packed; what is no UTF-8 is passed over."""
    with fsspec.open(path, "r", encoding="utf-8", errors="ignore", compression="infer") as file:
        yield from file


def _local_files(folder: str) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        yield from (posixpath.join(place, name) for name in names if not os.path.islink(posixpath.join(place, name)))
