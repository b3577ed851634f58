"""Paths, folders, small files and their checksums, on any file system that fsspec knows."""

import hashlib
import os
import posixpath
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

from segmentation.errors import SettingsError

TEMP_SUFFIX = ".tmp"
"""Suffix of files that are written under a temporary name before they are renamed."""
_THREADS = 8
"""Enough to keep two cores or an object store busy; hashing releases the GIL."""
_BLOCK_BYTES = 1 << 20


def join(root: str, *parts: str) -> str:
    """A path below a root."""
    return posixpath.join(root, *parts)


def spark_path(path: str) -> str:
    """A path as Spark reads it: without a scheme it is local (or a Databricks volume), not on Spark's default file system."""
    has_scheme = urlsplit(path).scheme or path.startswith("/Volumes/")
    return path if has_scheme else "file://" + os.path.abspath(os.path.expanduser(path))


def exists(path: str) -> bool:
    """Whether there is a file or folder at a path."""
    filesystem, target = fsspec.core.url_to_fs(path)
    return bool(filesystem.exists(target))


def write_text(path: str, text: str) -> None:
    """Write a small text file atomically (UTF-8)."""
    filesystem, target = fsspec.core.url_to_fs(path)
    if not isinstance(filesystem, LocalFileSystem):
        filesystem.pipe_file(target, text.encode())
        return
    temporary = temp_name(target)
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def temp_name(path: str) -> str:
    """A temporary name for a file, unique among all processes and threads."""
    return f"{path}.{uuid4().hex[:12]}{TEMP_SUFFIX}"


def read_text(path: str) -> str:
    """The text of a small file (UTF-8)."""
    filesystem, target = fsspec.core.url_to_fs(path)
    return str(filesystem.cat_file(target).decode())


def iter_text_lines(path: str) -> Iterator[str]:
    """Lines of a text file, decompressed according to its extension; bytes that are not UTF-8 are dropped."""
    with fsspec.open(path, "r", encoding="utf-8", errors="ignore", compression="infer") as file:
        yield from file


def make_folder(path: str) -> None:
    """Create a folder and its parents.

    Raises SettingsError where it cannot be created or is not writable.
    """
    filesystem, target = fsspec.core.url_to_fs(path)
    try:
        filesystem.makedirs(target, exist_ok=True)
        if isinstance(filesystem, LocalFileSystem) and not os.access(target, os.W_OK):
            raise PermissionError(f"no right to write to {target}")
    except OSError as error:
        raise _not_writable(path, error) from None


def make_new_folder(path: str) -> None:
    """Create a folder that must not exist yet, and its parents.

    On a local disk this is atomic: one of several concurrent callers succeeds. Object stores have no folders; there it only checks that
    no object is below the path.

    Raises
    ------
    FileExistsError
        The folder exists.
    SettingsError
        It cannot be created.
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
        raise _not_writable(path, error) from None


def remove(*paths: str) -> None:
    """Remove files or folders of this project; missing ones are ignored."""
    for path in paths:
        filesystem, target = fsspec.core.url_to_fs(path)
        if isinstance(filesystem, LocalFileSystem) and not os.path.isdir(target):
            Path(target).unlink(missing_ok=True)
        elif filesystem.exists(target):
            filesystem.rm(target, recursive=True)


def list_names(path: str) -> list[str]:
    """Sorted names of the files and folders in a folder; empty if there is no such folder."""
    filesystem, target = fsspec.core.url_to_fs(path)
    filesystem.invalidate_cache()
    if not filesystem.isdir(target):
        return []
    if isinstance(filesystem, LocalFileSystem):
        return sorted(os.listdir(target))
    return sorted(posixpath.basename(entry.rstrip("/")) for entry in filesystem.ls(target, detail=False))


def list_files(path: str) -> list[str]:
    """Sorted relative paths of all files at any depth below a path; symbolic links are neither listed nor followed."""
    filesystem, target = fsspec.core.url_to_fs(path)
    if isinstance(filesystem, LocalFileSystem):
        walked = ((folder, name) for folder, _, names in os.walk(target) for name in names)
        files = [posixpath.join(folder, name) for folder, name in walked if not os.path.islink(posixpath.join(folder, name))]
    else:
        filesystem.invalidate_cache()
        files = filesystem.find(target) if filesystem.exists(target) else []
    return sorted(posixpath.relpath(file, target) for file in files)


def copy_file(source: str, target: str) -> None:
    """Copy a file within a file system; parent folders are created."""
    filesystem, source_path = fsspec.core.url_to_fs(source)
    _, target_path = fsspec.core.url_to_fs(target)
    filesystem.makedirs(posixpath.dirname(target_path), exist_ok=True)
    filesystem.cp_file(source_path, target_path)


def download_file(source: str, target: str) -> None:
    """Copy a file to a local path; parent folders are created."""
    filesystem, source_path = fsspec.core.url_to_fs(source)
    os.makedirs(posixpath.dirname(target), exist_ok=True)
    filesystem.get_file(source_path, target)


def _not_writable(path: str, error: OSError) -> SettingsError:
    return SettingsError(f"output.path: {path} cannot be written: {error}. Name another with --output")


@dataclass(frozen=True)
class FileChecksum:
    """Size of a file in bytes, and its SHA-256 in hexadecimal."""

    bytes: int
    sha256: str


def file_checksums(folder: str) -> dict[str, FileChecksum]:
    """Checksums of all files below a folder, hidden ones included, by relative path; empty if there is no folder."""
    filesystem, target = fsspec.core.url_to_fs(folder)
    # A listing cached before Spark wrote would miss files.
    filesystem.invalidate_cache()
    files = sorted(filesystem.find(target))
    with ThreadPoolExecutor(_THREADS) as pool:
        checksums = pool.map(partial(_checksum, filesystem), files)
        return dict(zip((posixpath.relpath(file, target) for file in files), checksums, strict=True))


def text_sha256(text: str) -> str:
    """SHA-256 of the file that `write_text` writes for a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(filesystem: Any, file: str) -> FileChecksum:
    digest, size = hashlib.sha256(), 0
    with filesystem.open(file, "rb") as opened:
        while block := opened.read(_BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return FileChecksum(size, digest.hexdigest())
