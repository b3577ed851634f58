"""One at a time, where several processes write beside each other."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
from fsspec.implementations.local import LocalFileSystem

from segmentation.errors import EnvironmentFault

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"
"""The file that is locked; it stays, and is empty."""
_PATIENCE_SECONDS = 60.0


@contextmanager
def locked(root: str, patience_seconds: float = _PATIENCE_SECONDS) -> Iterator[bool]:
    """Hold what one process at a time may hold under a root; yields whether it is held.

    The system lets go of it when the process ends, however it ends. Object stores, and disks without locks, have no such thing:
    there it yields False, and nothing is held.

    Raises
    ------
    EnvironmentFault
        Another process holds it for too long.
    """
    handle = _opened(root)
    try:
        yield handle is not None and _taken(handle, root, time.monotonic() + patience_seconds)
    finally:
        if handle is not None:
            os.close(handle)


def _opened(root: str) -> int | None:
    filesystem, target = fsspec.core.url_to_fs(root)
    if fcntl is None or not isinstance(filesystem, LocalFileSystem):
        return None
    try:
        return os.open(os.path.join(target, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        return None


def _taken(handle: int, root: str, until: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EINTR):
                return False
        else:
            return True
        if time.monotonic() > until:
            raise EnvironmentFault(f"{root}: another process has been publishing here for a minute. See what it does, and run this again")
        time.sleep(0.02)
