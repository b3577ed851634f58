"""The files behind a table of the user's: which there are, whether one has changed, and what some of them hold."""

import os
import posixpath
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

import fsspec
from fsspec.implementations.local import LocalFileSystem
from pyspark.sql import DataFrame

_STAMPS = ("ETag", "etag", "mtime", "last_modified", "LastModified", "updated")
"""What file systems call that which changes with a file's content; the first that is there is taken."""


def file_stamps(source: DataFrame) -> dict[str, str] | None:
    """Every file a table is read from, as Spark names it, with its size and its tag or time of change; None where these cannot be told."""
    folders: dict[str, dict[str, Any]] = {}
    try:
        return {file: _stamp(unquote(file), folders) for file in source.inputFiles()}
    except (ImportError, OSError, ValueError, KeyError, StopIteration):
        return None


def read_within(source: DataFrame, files: Collection[str]) -> DataFrame:
    """What a table holds in some of its files, named as by `file_stamps`; the others are not opened."""
    # A local file is called file:///a in a list of files, and file:/a where it is read.
    names = {name for file in files for name in (file, re.sub("^file:/+", "file:/", file))}
    return source.where(source.metadataColumn("_metadata").getField("file_path").isin(*sorted(names)))


def _stamp(file: str, folders: dict[str, dict[str, Any]]) -> str:
    """Size, and tag or time of change; folders are listed once each, since an object store takes its time over every question."""
    filesystem, target = fsspec.core.url_to_fs(file)
    if isinstance(filesystem, LocalFileSystem):
        # A listing would tell the time of a link, not of what it leads to.
        status = os.stat(target)
        return f"{status.st_size} {status.st_mtime_ns}"
    folder = posixpath.dirname(target)
    if folder not in folders:
        filesystem.invalidate_cache(folder)
        folders[folder] = {entry["name"]: entry for entry in filesystem.ls(folder, detail=True)}
    entry = folders[folder][target]
    return f"{entry['size']} {next(entry[name] for name in _STAMPS if name in entry)}"
