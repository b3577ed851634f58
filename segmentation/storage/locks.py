"""An exclusive lock on an output, for processes that write at the same time."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
from fsspec.implementations.local import LocalFileSystem

from segmentation.errors import OutputBusyError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK_FILE = ".lock"
"""The locked file; it is empty and is never removed."""
_TIMEOUT_SECONDS = 60.0


@contextmanager
def exclusive_lock(root: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> Iterator[bool]:
    """Hold the lock of an output folder; yields whether it is held.

    The operating system releases it when the process ends, however it ends. On object stores, and on disks without locks, nothing is
    locked and it yields False.

    Raises OutputBusyError where another process held the lock until the timeout.
    """
    handle = _open_lock_file(root)
    try:
        yield handle is not None and _acquire(handle, root, time.monotonic() + timeout_seconds)
    finally:
        if handle is not None:
            os.close(handle)


def _open_lock_file(root: str) -> int | None:
    filesystem, target = fsspec.core.url_to_fs(root)
    if fcntl is None or not isinstance(filesystem, LocalFileSystem):
        return None
    try:
        return os.open(os.path.join(target, LOCK_FILE), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        return None


def _acquire(handle: int, root: str, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EINTR):
                return False
        else:
            return True
        if time.monotonic() > deadline:
            raise OutputBusyError(f"{root}: another process has been publishing here for a minute. See what it does, and run this again")
        time.sleep(0.02)
