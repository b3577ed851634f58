"""Where a table of the user's lies, and which files it is made of."""

import posixpath
from typing import Literal, Protocol
from urllib.parse import unquote

import fsspec
from pyspark.sql import DataFrame

from segmentation.errors import InputError

CORRUPT = "__unreadable_record"
"""Column of a table as it is read: the text of a record that is none."""

_BY_FILES = ("csv", "json", "parquet")
_CHOOSING = {"pathglobfilter", "recursivefilelookup", "modifiedbefore", "modifiedafter"}
"""Options, in small letters, by which the user says which files are read."""

Files = tuple[fsspec.AbstractFileSystem, list[str]]
"""A file system, and files on it."""


class Source(Protocol):
    """Where a table of the user's lies: the log, or a lookup."""

    @property
    def format(self) -> Literal["csv", "parquet", "json", "delta", "table"]:
        """How it is written."""

    @property
    def path(self) -> str:
        """File, folder, glob, or a table's name."""

    @property
    def options(self) -> dict[str, str | bool | int | float]:
        """Spark's reader options."""


def files_of(source: Source) -> Files | None:
    """Data files of a source, without what Spark passes over (names with _ or . in front); None where only Spark can list them."""
    try:
        filesystem, target = fsspec.core.url_to_fs(source.path)
        roots = filesystem.glob(target) if any(sign in target for sign in "*?[{") else [target]
        found = [(file, root) for root in roots for file in (filesystem.find(root) if filesystem.exists(root) else [])]
        return filesystem, [file for file, root in found if not any(map(_is_hidden, _below(file, root)))]
    except (ImportError, OSError, ValueError):
        return None


def input_bytes(source: Source) -> int | None:
    """Bytes of the input's files; None where they cannot be listed from here."""
    listed = files_of(source)
    if listed is None:
        return None
    filesystem, files = listed
    return sum(filesystem.size(file) or 0 for file in files)


def check_presence(source: Source, section: str) -> None:
    """Raise where no file lies."""
    listed = None if source.format == "table" else files_of(source)
    if listed is None or listed[1]:
        return
    filesystem, target = fsspec.core.url_to_fs(source.path)
    what = "an empty folder" if filesystem.isdir(target) else "no such file or folder"
    root, _, _ = section.partition(".")
    hint = ", or give another with --input" if root == "input" else ""
    raise InputError(f"{source.path}: {what}. Check {root}.path{hint}")


def check_none_passed_over(frame: DataFrame, source: Source, section: str) -> None:
    """Raise where Spark reads fewer files than lie there: it takes no notice of those in folders below."""
    if source.format not in _BY_FILES or _CHOOSING & {key.lower() for key in source.options}:
        return
    listed, read = files_of(source), {_place(unquote(file)) for file in frame.inputFiles()}
    if listed is None or len(listed[1]) <= len(read):
        return
    filesystem, files = listed
    passed = [file for file in files if _place(file) not in read and filesystem.size(file)]
    if passed:
        raise InputError(
            f"{source.path}: {len(passed):,} of {len(files):,} files lie in folders below it and would not be read, such as {passed[0]}. "
            f"Set {section.partition('.')[0]}.options.recursiveFileLookup to true, or name these folders in the path"
        )


def _place(file: str) -> str:
    """A file without its scheme, which Spark and others write in different ways."""
    return file.rpartition("://")[2].removeprefix("file:").lstrip("/")


def _below(file: str, root: str) -> list[str]:
    """Names of the folders from a root down to a file, and its own."""
    return [posixpath.basename(file)] if file == root else posixpath.relpath(file, root).split("/")


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name)
