"""The files of an input table: which there are, their sizes and versions."""

import os
import posixpath
import re
from collections.abc import Collection
from typing import Any, Literal, Protocol
from urllib.parse import unquote

import fsspec
from fsspec.implementations.local import LocalFileSystem
from pyspark.sql import DataFrame

from segmentation.errors import InputError

_FILE_FORMATS = ("csv", "json", "parquet")
_FILE_SELECTING_OPTIONS = {"pathglobfilter", "recursivefilelookup", "modifiedbefore", "modifiedafter"}
"""Reader options, in lower case, with which the user selects files."""
_VERSION_KEYS = ("ETag", "etag", "mtime", "last_modified", "LastModified", "updated")
"""Names under which file systems list a file's tag or time of change; the first present one counts."""

SourceFiles = tuple[fsspec.AbstractFileSystem, list[str]]
"""A file system, and files on it."""


class Source(Protocol):
    """Settings that say where an input table is: the log, or a lookup."""

    @property
    def format(self) -> Literal["csv", "parquet", "json", "delta", "table"]:
        """Its format."""

    @property
    def path(self) -> str:
        """File, folder, glob, or a table's name in the catalog."""

    @property
    def options(self) -> dict[str, str | bool | int | float]:
        """Spark's reader options."""


def list_source_files(source: Source) -> SourceFiles | None:
    """Data files of a source, without those Spark ignores (names with a leading _ or .); None if only Spark can list them."""
    try:
        filesystem, target = fsspec.core.url_to_fs(source.path)
        roots = filesystem.glob(target) if any(sign in target for sign in "*?[{") else [target]
        files = [(file, root) for root in roots for file in (filesystem.find(root) if filesystem.exists(root) else [])]
        return filesystem, [file for file, root in files if not any(map(_is_hidden, _names_below(file, root)))]
    except (ImportError, OSError, ValueError):
        return None


def input_bytes(source: Source) -> int | None:
    """Total size of a source's files in bytes; None if only Spark can list them."""
    listed = list_source_files(source)
    if listed is None:
        return None
    filesystem, files = listed
    return sum(filesystem.size(file) or 0 for file in files)


def require_files(source: Source, section: str) -> None:
    """Raise InputError if a source has no files; `section` is its place in the settings, for messages."""
    listed = None if source.format == "table" else list_source_files(source)
    if listed is None or listed[1]:
        return
    filesystem, target = fsspec.core.url_to_fs(source.path)
    what = "an empty folder" if filesystem.isdir(target) else "no such file or folder"
    root, _, _ = section.partition(".")
    hint = ", or give another with --input" if root == "input" else ""
    raise InputError(f"{source.path}: {what}. Check {root}.path{hint}")


def require_no_skipped_files(frame: DataFrame, source: Source, section: str) -> None:
    """Raise InputError if Spark reads fewer files than there are: by default it ignores those in subfolders."""
    if source.format not in _FILE_FORMATS or _FILE_SELECTING_OPTIONS & {key.lower() for key in source.options}:
        return
    listed, read = list_source_files(source), {_without_scheme(unquote(file)) for file in frame.inputFiles()}
    if listed is None or len(listed[1]) <= len(read):
        return
    filesystem, files = listed
    skipped = [file for file in files if _without_scheme(file) not in read and filesystem.size(file)]
    if skipped:
        raise InputError(
            f"{source.path}: {len(skipped):,} of {len(files):,} files are in subfolders and would not be read, such as {skipped[0]}. "
            f"Set {section.partition('.')[0]}.options.recursiveFileLookup to true, or name these folders in the path"
        )


def file_versions(source: DataFrame) -> dict[str, str] | None:
    """Version of every file that a table is read from: its size, and its tag or time of change.

    Keys are the files' names as Spark spells them. None if the file system gives no versions.
    """
    listings: dict[str, dict[str, Any]] = {}
    try:
        return {file: _version(unquote(file), listings) for file in source.inputFiles()}
    except (ImportError, OSError, ValueError, KeyError, StopIteration):
        return None


def rows_from_files(source: DataFrame, files: Collection[str]) -> DataFrame:
    """Rows of a table that come from some of its files, named as by `file_versions`; Spark does not open the others."""
    # Spark lists a local file as file:///a, and reads it as file:/a.
    names = {name for file in files for name in (file, re.sub("^file:/+", "file:/", file))}
    return source.where(source.metadataColumn("_metadata").getField("file_path").isin(*sorted(names)))


def _version(file: str, listings: dict[str, dict[str, Any]]) -> str:
    """Size, and tag or time of change; each folder is listed once, since every request to an object store is slow."""
    filesystem, target = fsspec.core.url_to_fs(file)
    if isinstance(filesystem, LocalFileSystem):
        # A listing would give the time of a link, not of its target.
        status = os.stat(target)
        return f"{status.st_size} {status.st_mtime_ns}"
    folder = posixpath.dirname(target)
    if folder not in listings:
        filesystem.invalidate_cache(folder)
        listings[folder] = {entry["name"]: entry for entry in filesystem.ls(folder, detail=True)}
    entry = listings[folder][target]
    return f"{entry['size']} {next(entry[name] for name in _VERSION_KEYS if name in entry)}"


def _without_scheme(file: str) -> str:
    """A file's path without its scheme, which Spark and fsspec spell differently."""
    return file.rpartition("://")[2].removeprefix("file:").lstrip("/")


def _names_below(file: str, root: str) -> list[str]:
    """Names of the folders from a root down to a file, and of the file."""
    return [posixpath.basename(file)] if file == root else posixpath.relpath(file, root).split("/")


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name)
