"""File permissions of the output, on file systems that have owners, groups and modes."""

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
from fsspec.implementations.local import LocalFileSystem

from segmentation.errors import SettingsError

logger = logging.getLogger(__name__)

_UMASKS = {"owner": 0o077, "group": 0o027}
"""By setting; `inherit` leaves the umask of the process."""

_mask: int | None = None


@contextmanager
def output_permissions(readers: str) -> Iterator[None]:
    """Set who may read what is written within the block: `owner`, `group`, or `inherit` for the process's own umask.

    The umask belongs to the whole process, so jobs with different permissions must not run at the same time in one process.
    """
    global _mask  # noqa: PLW0603 - like the umask, it applies to all threads
    if readers not in _UMASKS:
        yield
        return
    previous, _mask = _mask, _UMASKS[readers]
    umask = os.umask(_mask)
    try:
        yield
    finally:
        os.umask(umask)
        _mask = previous


def prepare_folder(path: str) -> bool:
    """Create the folder that Spark is about to write, since Java has its own umask; False if there is no need to."""
    filesystem, target = fsspec.core.url_to_fs(path)
    if _mask is None or not isinstance(filesystem, LocalFileSystem) or os.path.lexists(target):
        return False
    os.makedirs(target)
    return True


def apply_permissions(path: str) -> None:
    """Set the permissions of a file or folder that Spark wrote."""
    mask = _mask
    filesystem, target = fsspec.core.url_to_fs(path)
    if mask is None or not isinstance(filesystem, LocalFileSystem):
        return
    try:
        if os.path.isfile(target):
            os.chmod(target, 0o666 & ~mask)
        for folder, _, files in os.walk(target):
            os.chmod(folder, 0o777 & ~mask)
            for name in files:
                os.chmod(os.path.join(folder, name), 0o666 & ~mask)
    except OSError as error:
        logger.warning("%s: its permissions cannot be set: %s", path, error.strerror)


def make_private_folder(path: str, where: str) -> None:
    """Create a folder that only its owner may enter; an existing one keeps its permissions.

    Messages call it by `where`, the setting that names it.

    Raises SettingsError where it cannot be created, or where it exists and everybody may read or write it.
    """
    filesystem, target = fsspec.core.url_to_fs(path)
    try:
        filesystem.makedirs(os.path.dirname(target), exist_ok=True)
        if not isinstance(filesystem, LocalFileSystem):
            filesystem.makedirs(target, exist_ok=True)
        elif not os.path.isdir(target):
            os.mkdir(target, 0o700)
        elif os.stat(target).st_mode & (stat.S_IRWXO):
            raise SettingsError(f"{where}: everybody may enter {path}. Take their right away (chmod 700), or name another folder")
    except OSError as error:
        raise SettingsError(f"{where}: {path} cannot be written: {error.strerror}. Name another folder") from None
