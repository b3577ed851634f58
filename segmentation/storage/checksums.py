"""Sizes and SHA-256 sums of files, to tell later whether they are as they were."""

import hashlib
import posixpath
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import fsspec

_THREADS = 8
"""Enough to keep two cores or an object store busy; hashing leaves Python's lock alone."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class FileSum:
    """One file: its size in bytes, and its SHA-256 in hexadecimal."""

    bytes: int
    sha256: str


def file_sums(folder: str) -> dict[str, FileSum]:
    """Every file below a folder, hidden ones too, by its path from there; none where there is no folder."""
    filesystem, target = fsspec.core.url_to_fs(folder)
    # A listing kept from before Spark wrote would miss files.
    filesystem.invalidate_cache()
    files = sorted(filesystem.find(target))
    return dict(zip((posixpath.relpath(file, target) for file in files), _summed(filesystem, files), strict=True))


def text_sum(text: str) -> str:
    """SHA-256 of a text as `write_text` writes it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _summed(filesystem: Any, files: Iterable[str]) -> list[FileSum]:
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(partial(_sum, filesystem), files))


def _sum(filesystem: Any, file: str) -> FileSum:
    found, size = hashlib.sha256(), 0
    with filesystem.open(file, "rb") as opened:
        while block := opened.read(_BLOCK):
            found.update(block)
            size += len(block)
    return FileSum(size, found.hexdigest())
