"""What errors of Spark and of disks mean for the user."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import unquote

from segmentation.errors import InputError, SegmentationError, SettingsError
from segmentation.storage.disks import explained_disk

_TOO_MUCH = "amounts add up to more than the tables can hold (99,999,999,999,999.9999). Are quantities and prices in the right columns?"

_INPUT_SIGNS = {
    "CSV header does not conform": "its header differs from the other files': same columns, same order, in every file",
    "Number of column in CSV header": "its header differs from the other files': same columns, same order, in every file",
    "MALFORMED_CSV_RECORD": "a record has more fields or a longer one than the parser takes (maxColumns, maxCharsPerColumn)",
    "TextParsingException": "a record has more fields or a longer one than the parser takes (maxColumns, maxCharsPerColumn)",
    "PARQUET_COLUMN_DATA_TYPE_MISMATCH": "a column has another type than in the other files: write it with one type in all of them",
    "EOFException": "the compressed file ends too early; it was probably cut off. Fetch it again",
    "ZipException": "not a gzip file, or a damaged one, though it is named like one. Fetch it again",
    "not a gzip file": "not a gzip file, or a damaged one, though it is named like one. Fetch it again",
    "incorrect header check": "not a gzip file, or a damaged one, though it is named like one. Fetch it again",
    "invalid block type": "the compressed file is damaged. Fetch it again",
    "is not a Parquet file": "not a Parquet file. Is input.format right?",
    "CANNOT_READ_FILE_FOOTER": "not a Parquet file, or a cut-off one. Is input.format right?",
    "could not verify page integrity": "the file is damaged: a checksum does not hold. Fetch it again",
    "native zStandard library not available": "this Spark cannot unpack zstd; unpack the file, or pack it as .gz",
    "native snappy library not available": "this Spark cannot unpack snappy; unpack the file, or pack it as .gz",
    "FAILED_READ_FILE": "the file cannot be read; it may be of another format than input.format, or damaged. Fetch it again",
    "PATH_NOT_FOUND": "no such file or folder",
    "DATA_SOURCE_NOT_FOUND": "this Spark has no reader for input.format; add its package (for delta: io.delta:delta-spark)",
    "COLUMN_ALREADY_EXISTS": "two of its columns have the same name, or names that differ only in case; rename one",
    "AMBIGUOUS_REFERENCE": "two of its columns have the same name, or names that differ only in case; rename one",
    "UNABLE_TO_INFER_SCHEMA": "no file there that would be read: files in folders below need recursiveFileLookup: true in the options",
    "UNSUPPORTED_TIME_TYPE": "a column holds times of day, which Spark does not read; write it as a timestamp",
    "PARQUET_TYPE_ILLEGAL": "a column is of a type that this Spark does not read, such as times of day; write it as a timestamp or a text",
    "ARITHMETIC_OVERFLOW": _TOO_MUCH,
    "NUMERIC_VALUE_OUT_OF_RANGE": _TOO_MUCH,
    "TABLE_OR_VIEW_NOT_FOUND": "no such table in the catalog; check input.path",
}


_SETTINGS_SIGNS = {
    **dict.fromkeys(
        ("DATETIME_PATTERN", "DATETIME_WEEK_BASED_PATTERN", "Illegal pattern", "Unknown pattern letter"),
        "input.timestamp_format: not a datetime pattern that Spark knows, such as yyyy-MM-dd HH:mm:ss",
    ),
    **dict.fromkeys(
        ("INVALID_PARAMETER_VALUE.PATTERN", "PatternSyntaxException", "INVALID_REGEXP"),
        "categories.patterns: a pattern is not a regular expression that Java knows",
    ),
}


def explained(error: BaseException, output: str | None = None, name: str = "output.path") -> SegmentationError | None:
    """What an error of Spark's, or of a disk, means for the user; None where it is no fault of the input, the settings or the output.

    Parameters
    ----------
    error
        As caught.
    output
        Root of what was being written; without one, no disk is looked at.
    name
        What the user sets that root with.
    """
    if output is not None and (disk := explained_disk(error, output, name)):
        return disk
    if not _is_of_spark(error):
        return None
    text = str(error)
    for sign, meaning in _SETTINGS_SIGNS.items():
        if sign in text:
            return SettingsError(meaning)
    file = re.search(r"((?:file|s3a?|hdfs|abfss?|gs|dbfs|wasbs?):/[^\s,\]]+)", text)
    where = unquote(file[1].rstrip(".")) if file else "the input"
    return next((InputError(f"{where}: {meaning}") for sign, meaning in _INPUT_SIGNS.items() if sign in text), None)


@contextmanager
def taking_back(undo: Callable[[], object], explain: Callable[[BaseException], BaseException | None]) -> Iterator[None]:
    """Where the block fails, explain why and take back what it wrote: in this order, since that may be what fills the disk.

    Parameters
    ----------
    undo
        Takes back what was written.
    explain
        What an error means for the user; None leaves it as it is.
    """
    try:
        yield
    except BaseException as error:
        fault = explain(error) or error
        undo()
        raise fault from None


def of_options(error: BaseException, options: Mapping[str, object], section: str) -> SettingsError | None:
    """What an error means that came up before anything was read: Spark does not take an option. None where none was given."""
    if not options or not _is_of_spark(error):
        return None
    said = re.search(r"Exception: ([^\n]+)", str(error))
    reason = said[1] if said else str(error).partition("\n")[0]
    return SettingsError(f"{section.partition('.')[0]}.options: Spark does not take them: {reason}")


def _is_of_spark(error: BaseException) -> bool:
    return type(error).__module__.startswith(("pyspark", "py4j"))
