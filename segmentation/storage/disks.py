"""What it means for the user that something cannot be written: a disk that is full, read-only, or not theirs."""

import errno
import os
import shutil
import tempfile
from urllib.parse import urlsplit

from segmentation.errors import SettingsError

_FULL, _READ_ONLY, _FORBIDDEN, _BROKEN = "is full", "is read-only", "may not be written to", "cannot be written: an input/output error"
_ERRNOS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EIO: _BROKEN,
}
_JAVA_SIGNS = {"No space left on device": _FULL, "Disk quota exceeded": _FULL, "Read-only file system": _READ_ONLY}
_NO_FOLDER = "Mkdirs failed to create"
_FAILED_WRITES = (_NO_FOLDER, "Failed to rename", "Could not rename", "TASK_WRITE_FAILED", "Job aborted", "java.io.IOException")
"""Java does not always tell why."""
_REMEDIES = {
    _FULL: "Free some space",
    _READ_ONLY: "Mount it to be written",
    _FORBIDDEN: "Mend its owner or permissions",
    _BROKEN: "See to the disk",
}
_SCRATCH = "spark.local.dir or SPARK_LOCAL_DIRS, else the folder for temporary files"
_FULL_BELOW_BYTES = 2**20


def explained_disk(error: BaseException, output: str, name: str) -> SettingsError | None:
    """What a failed write means for the user; None where the error is none.

    Parameters
    ----------
    error
        Python's, or one of Spark's that tells what Java met.
    output
        Root of what is written. Where its disk is not full now, both this and Spark's own are named.
    name
        What the user sets it with.
    """
    fault = _fault(error, output)
    if fault is None:
        return None
    if fault is _FULL and not _is_full(output):
        said = f"a disk was full: {_either(output, name)}"
    else:
        said = f"{name}: the disk of {output} {fault}"
    return SettingsError(f"{said}. Nothing was published; what was, stays. {_REMEDIES[fault]}, or name another place, and run this again")


def _fault(error: BaseException, output: str) -> str | None:
    if isinstance(error, OSError):
        fault = _ERRNOS.get(error.errno or 0)
        # What cannot be read is the input's affair.
        return fault if fault is _FULL or _is_below(error.filename, output) else None
    if not type(error).__module__.startswith(("pyspark", "py4j")):
        return None
    text = str(error)
    if found := next((fault for sign, fault in _JAVA_SIGNS.items() if sign in text), None):
        return found
    if any(sign in text for sign in _FAILED_WRITES) and (found := _as_it_is(output)):
        return found
    return _FORBIDDEN if _NO_FOLDER in text else None


def _as_it_is(output: str) -> str | None:
    """Why nothing can be written there, as far as the disk tells."""
    if _is_full(output):
        return _FULL
    return _READ_ONLY if _is_here(output) and os.statvfs(_nearest(output)).f_flag & os.ST_RDONLY else None


def _either(output: str, name: str) -> str:
    """Which disks it may have been: what a failed write takes back is gone by now, and of an executor's disks nothing is known here."""
    scratch = os.environ.get("SPARK_LOCAL_DIRS", tempfile.gettempdir()).split(",")[0]
    there = f" ({_megabytes(_nearest(output))})" if _is_here(output) else ""
    return f"that of {name} {output}{there}, or one that Spark works on ({_SCRATCH}: {_megabytes(_nearest(scratch))})"


def _megabytes(path: str) -> str:
    return f"{shutil.disk_usage(path).free / 1e6:,.0f} MB free here now"


def _is_full(output: str) -> bool:
    return _is_here(output) and shutil.disk_usage(_nearest(output)).free < _FULL_BELOW_BYTES


def _is_here(output: str) -> bool:
    """Whether an output lies on a disk of this machine."""
    return urlsplit(output).scheme in ("", "file")


def _is_below(file: str | bytes | None, output: str) -> bool:
    if file is None or not _is_here(output):
        return False
    path, root = os.path.abspath(os.fsdecode(file)), os.path.abspath(_plain(output))
    return path == root or path.startswith(root + os.sep)


def _nearest(output: str) -> str:
    """The output, or what is there of the path to it."""
    path = os.path.abspath(_plain(output))
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _plain(output: str) -> str:
    return os.path.expanduser(urlsplit(output).path)
