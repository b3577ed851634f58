"""Errors of Spark and of disks, translated into what they mean for the user."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from segmentation.errors import InputError, SegmentationError, SettingsError

_OTHER_HEADER = "its header differs from the other files': same columns, same order, in every file"
_OVERSIZED_RECORD = "a record has more fields or a longer one than the parser takes (maxColumns, maxCharsPerColumn)"
_NOT_GZIP = "not a gzip file, or a damaged one, though it is named like one. Fetch it again"
_DUPLICATE_COLUMNS = "two of its columns have the same name, or names that differ only in case; rename one"
_OVERFLOW = "amounts add up to more than the tables can hold (99,999,999,999,999.9999). Are quantities and prices in the right columns?"

_INPUT_ERRORS = {
    "CSV header does not conform": _OTHER_HEADER,
    "Number of column in CSV header": _OTHER_HEADER,
    "MALFORMED_CSV_RECORD": _OVERSIZED_RECORD,
    "TextParsingException": _OVERSIZED_RECORD,
    "PARQUET_COLUMN_DATA_TYPE_MISMATCH": "a column has another type than in the other files: write it with one type in all of them",
    "EOFException": "the compressed file ends too early; it was probably cut off. Fetch it again",
    "ZipException": _NOT_GZIP,
    "not a gzip file": _NOT_GZIP,
    "incorrect header check": _NOT_GZIP,
    "invalid block type": "the compressed file is damaged. Fetch it again",
    "is not a Parquet file": "not a Parquet file. Is input.format right?",
    "CANNOT_READ_FILE_FOOTER": "not a Parquet file, or a cut-off one. Is input.format right?",
    "could not verify page integrity": "the file is damaged: a checksum does not match. Fetch it again",
    "native zStandard library not available": "this Spark cannot unpack zstd; unpack the file, or pack it as .gz",
    "native snappy library not available": "this Spark cannot unpack snappy; unpack the file, or pack it as .gz",
    "FAILED_READ_FILE": "the file cannot be read; it may be of another format than input.format, or damaged. Fetch it again",
    "PATH_NOT_FOUND": "no such file or folder",
    "DATA_SOURCE_NOT_FOUND": "this Spark has no reader for input.format; add its package (for delta: io.delta:delta-spark)",
    "COLUMN_ALREADY_EXISTS": _DUPLICATE_COLUMNS,
    "AMBIGUOUS_REFERENCE": _DUPLICATE_COLUMNS,
    "UNABLE_TO_INFER_SCHEMA": "no file there that would be read: files in subfolders need recursiveFileLookup: true in the options",
    "UNSUPPORTED_TIME_TYPE": "a column holds times of day, which Spark does not read; write it as a timestamp",
    "PARQUET_TYPE_ILLEGAL": "a column is of a type that this Spark does not read, such as times of day; write it as a timestamp or a text",
    "ARITHMETIC_OVERFLOW": _OVERFLOW,
    "NUMERIC_VALUE_OUT_OF_RANGE": _OVERFLOW,
    "TABLE_OR_VIEW_NOT_FOUND": "no such table in the catalog; check input.path",
}
"""Part of Spark's or Java's message → what to tell the user; the first match counts."""
_SETTINGS_ERRORS = {
    **dict.fromkeys(
        ("DATETIME_PATTERN", "DATETIME_WEEK_BASED_PATTERN", "Illegal pattern", "Unknown pattern letter"),
        "input.timestamp_format: not a datetime pattern that Spark knows, such as yyyy-MM-dd HH:mm:ss",
    ),
    **dict.fromkeys(
        ("INVALID_PARAMETER_VALUE.PATTERN", "PatternSyntaxException", "INVALID_REGEXP"),
        "categories.patterns: a pattern is not a regular expression that Java knows",
    ),
}

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
_JAVA_DISK_ERRORS = {"No space left on device": _FULL, "Disk quota exceeded": _FULL, "Read-only file system": _READ_ONLY}
_MKDIRS_FAILED = "Mkdirs failed to create"
_FAILED_WRITES = (_MKDIRS_FAILED, "Failed to rename", "Could not rename", "TASK_WRITE_FAILED", "Job aborted", "java.io.IOException")
"""Failures for which Java may give no reason."""
_REMEDIES = {
    _FULL: "Free some space",
    _READ_ONLY: "Mount it writable",
    _FORBIDDEN: "Change its owner or permissions",
    _BROKEN: "Check the disk",
}
_SCRATCH = "spark.local.dir or SPARK_LOCAL_DIRS, else the folder for temporary files"
_FULL_BELOW_BYTES = 2**20


def translate_error(error: BaseException, output: str | None = None, setting: str = "output.path") -> SegmentationError | None:
    """What an error of Spark or of a disk means for the user; None if input, settings and output did not cause it.

    `output` is the root of what was being written; without it disk errors are not translated. `setting` is the setting that names this
    root, for messages.
    """
    if output is not None and (disk_error := _translate_disk_error(error, output, setting)):
        return disk_error
    if not _is_from_spark(error):
        return None
    text = str(error)
    for sign, meaning in _SETTINGS_ERRORS.items():
        if sign in text:
            return SettingsError(meaning)
    file = re.search(r"((?:file|s3a?|hdfs|abfss?|gs|dbfs|wasbs?):/[^\s,\]]+)", text)
    where = unquote(file[1].rstrip(".")) if file else "the input"
    return next((InputError(f"{where}: {meaning}") for sign, meaning in _INPUT_ERRORS.items() if sign in text), None)


def translate_option_error(error: BaseException, options: Mapping[str, object], section: str) -> SettingsError | None:
    """What an error raised before any file was read means: Spark rejects a reader option. None if the user set no options."""
    if not options or not _is_from_spark(error):
        return None
    exception = re.search(r"Exception: ([^\n]+)", str(error))
    reason = exception[1] if exception else str(error).partition("\n")[0]
    return SettingsError(f"{section.partition('.')[0]}.options: Spark does not take them: {reason}")


@contextmanager
def cleanup_on_error(cleanup: Callable[[], object], translate: Callable[[BaseException], BaseException | None]) -> Iterator[None]:
    """If the block fails, translate its error, then call `cleanup` to remove what it wrote.

    The error is translated first, since what it wrote may be what fills the disk. `translate` returns the error to raise instead; None
    raises the original.
    """
    try:
        yield
    except BaseException as error:
        translated = translate(error) or error
        cleanup()
        raise translated from None


def _is_from_spark(error: BaseException) -> bool:
    return type(error).__module__.startswith(("pyspark", "py4j"))


def _translate_disk_error(error: BaseException, output: str, setting: str) -> SettingsError | None:
    cause = _disk_error_cause(error, output)
    if cause is None:
        return None
    if cause is _FULL and not _is_full(output):
        where = f"a disk was full: {_candidate_disks(output, setting)}"
    else:
        where = f"{setting}: the disk of {output} {cause}"
    remedy = f"{_REMEDIES[cause]}, or name another place, and run this again"
    return SettingsError(f"{where}. Nothing was published; the published run is unchanged. {remedy}")


def _disk_error_cause(error: BaseException, output: str) -> str | None:
    if isinstance(error, OSError):
        cause = _ERRNOS.get(error.errno or 0)
        # A file elsewhere is input, for which the caller has a better message.
        return cause if cause is _FULL or _is_below(error.filename, output) else None
    if not _is_from_spark(error):
        return None
    text = str(error)
    if cause := next((cause for sign, cause in _JAVA_DISK_ERRORS.items() if sign in text), None):
        return cause
    if any(sign in text for sign in _FAILED_WRITES) and (cause := _disk_state(output)):
        return cause
    return _FORBIDDEN if _MKDIRS_FAILED in text else None


def _disk_state(output: str) -> str | None:
    if _is_full(output):
        return _FULL
    return _READ_ONLY if _is_local(output) and os.statvfs(_nearest_existing(output)).f_flag & os.ST_RDONLY else None


def _candidate_disks(output: str, setting: str) -> str:
    """The disks that may have been full: cleanup may have freed space since, and disks of executors are unknown here."""
    scratch = os.environ.get("SPARK_LOCAL_DIRS", tempfile.gettempdir()).split(",")[0]
    free = f" ({_free_space(_nearest_existing(output))})" if _is_local(output) else ""
    return f"that of {setting} {output}{free}, or one that Spark works on ({_SCRATCH}: {_free_space(_nearest_existing(scratch))})"


def _free_space(path: str) -> str:
    return f"{shutil.disk_usage(path).free / 1e6:,.0f} MB free here now"


def _is_full(output: str) -> bool:
    return _is_local(output) and shutil.disk_usage(_nearest_existing(output)).free < _FULL_BELOW_BYTES


def _is_local(output: str) -> bool:
    return urlsplit(output).scheme in ("", "file")


def _is_below(file: str | bytes | None, output: str) -> bool:
    if file is None or not _is_local(output):
        return False
    path, root = os.path.abspath(os.fsdecode(file)), _absolute(output)
    return path == root or path.startswith(root + os.sep)


def _nearest_existing(output: str) -> str:
    """The path itself or its nearest existing parent."""
    path = _absolute(output)
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _absolute(output: str) -> str:
    return os.path.abspath(os.path.expanduser(urlsplit(output).path))
