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
"""Java does not tell why."""
_REMEDIES = {
    _FULL: "Free some space",
    _READ_ONLY: "Mount it to be written",
    _FORBIDDEN: "Mend its owner or permissions",
    _BROKEN: "See to the disk",
}
_SCRATCH = "spark.local.dir or SPARK_LOCAL_DIRS; without them the folder for temporary files"
_FULL_BELOW_BYTES = 2**20


def explained_disk(error: BaseException, output: str) -> SettingsError | None:
    """What a failed write means for the user; None where the error is none.

    Parameters
    ----------
    error
        Python's, or one of Spark's that tells what Java met.
    output
        Root of what is written. A full disk that is not this one's is said to be one that Spark works on.
    """
    fault = _fault(error, output)
    if fault is None:
        return None
    if fault is _FULL and not _is_full(output):
        where, remedy = _scratch(output), f"{_REMEDIES[fault]}, or name other folders for it"
    else:
        where, remedy = f"output.path: the disk of {output}", f"{_REMEDIES[fault]}, or name another with --output"
    return SettingsError(f"{where} {fault}. Nothing was published; what was, stays. {remedy}, and run this again")


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
    return _without_reason(output) if _NO_FOLDER in text else None


def _without_reason(output: str) -> str:
    """Why nothing can be made there, as far as the disk tells."""
    if _is_full(output):
        return _FULL
    is_read_only = _is_here(output) and os.statvfs(_nearest(output)).f_flag & os.ST_RDONLY
    return _READ_ONLY if is_read_only else _FORBIDDEN


def _scratch(output: str) -> str:
    """A disk of Spark's own; on a cluster it may be an executor's, of which nothing is known here."""
    here = shutil.disk_usage(os.environ.get("SPARK_LOCAL_DIRS", tempfile.gettempdir()).split(",")[0]).free
    return f"a disk that Spark works on, not that of output.path {output} ({_SCRATCH}: {here / 1e6:,.0f} MB are free there on this machine)"


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
