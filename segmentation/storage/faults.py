"""What errors of Spark and of disks mean for the user."""

import re
from urllib.parse import unquote

from segmentation.errors import InputError, SegmentationError, SettingsError
from segmentation.storage.disks import explained_disk

_INPUT_SIGNS = {
    "CSV header does not conform": "its header differs from the other files': same columns, same order, in every file",
    "Number of column in CSV header": "its header differs from the other files': same columns, same order, in every file",
    "EOFException": "the compressed file ends too early; it was probably cut off. Fetch it again",
    "ZipException": "not a gzip file, though it is named like one",
    "not a gzip file": "not a gzip file, though it is named like one",
    "incorrect header check": "not a gzip file, though it is named like one",
    "invalid block type": "the compressed file is damaged. Fetch it again",
    "is not a Parquet file": "not a Parquet file. Is input.format right?",
    "CANNOT_READ_FILE_FOOTER": "not a Parquet file, or a cut-off one. Is input.format right?",
    "FAILED_READ_FILE": "the file cannot be read; it may be damaged, or of another format than input.format",
    "PATH_NOT_FOUND": "no such file or folder",
    "DATA_SOURCE_NOT_FOUND": "this Spark has no reader for input.format; add its package (for delta: io.delta:delta-spark)",
    "COLUMN_ALREADY_EXISTS": "two of its columns have names that differ only in case; rename one",
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


def explained(error: BaseException, output: str | None = None) -> SegmentationError | None:
    """What an error of Spark's, or of a disk, means for the user; None where it is no fault of the input, the settings or the output.

    Parameters
    ----------
    error
        As caught.
    output
        Root of what was being written; without one, no disk is looked at.
    """
    if output is not None and (disk := explained_disk(error, output)):
        return disk
    if not type(error).__module__.startswith(("pyspark", "py4j")):
        return None
    text = str(error)
    for sign, meaning in _SETTINGS_SIGNS.items():
        if sign in text:
            return SettingsError(meaning)
    file = re.search(r"((?:file|s3a?|hdfs|abfss?|gs|dbfs|wasbs?):/[^\s,\]]+)", text)
    where = unquote(file[1].rstrip(".")) if file else "the input"
    return next((InputError(f"{where}: {meaning}") for sign, meaning in _INPUT_SIGNS.items() if sign in text), None)
