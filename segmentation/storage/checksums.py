"""Sizes and SHA-256 checksums of files, by which later changes are detected."""

import hashlib
import posixpath
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import fsspec

_THREADS = 8
"""Enough to keep two cores or an object store busy; hashing releases the GIL."""
_BLOCK_BYTES = 1 << 20


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
