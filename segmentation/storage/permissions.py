"""Who may read what is written, on file systems that tell it by owner, group and everybody."""

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
from fsspec.implementations.local import LocalFileSystem

from segmentation.errors import SettingsError

logger = logging.getLogger(__name__)

_KEPT_FROM = {"owner": 0o077, "group": 0o027}
"""Rights taken away; of `inherit` those that the process is started with."""

_mask: int | None = None


@contextmanager
def written_for(readers: str) -> Iterator[None]:
    """While it lasts, whatever is written here is for its owner alone, for a group to read too, or as the process has it.

    It is a matter of the whole process, as its umask is: jobs with other readers wait for one another.
    """
    global _mask  # noqa: PLW0603 - as the umask, and for every thread
    if readers not in _KEPT_FROM:
        yield
        return
    before, _mask = _mask, _KEPT_FROM[readers]
    umask = os.umask(_mask)
    try:
        yield
    finally:
        os.umask(umask)
        _mask = before


def make_ready(path: str) -> bool:
    """Make the folder that Spark is about to write, since Java has an umask of its own; whether that was done."""
    filesystem, target = fsspec.core.url_to_fs(path)
    if _mask is None or not isinstance(filesystem, LocalFileSystem) or os.path.lexists(target):
        return False
    os.makedirs(target)
    return True


def settle(path: str) -> None:
    """Give what Spark has written the rights that everything has here."""
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
    """Make a folder that its owner alone may enter; one that is there stays as it is.

    Raises
    ------
    SettingsError
        It cannot be made, or everybody may read or write it; `where` names it.
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
