"""What a failed read means for the user."""

import re

from pyspark.errors import PySparkException

from segmentation.errors import InputError, SegmentationError

_SIGNS = {
    "CSV header does not conform": "its header differs from the other files': same columns, same order, in every file",
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
    "TABLE_OR_VIEW_NOT_FOUND": "no such table in the catalog; check input.path",
}


def explained(error: PySparkException) -> SegmentationError | None:
    """What a failed read means for the user, or None where it is no fault of the input."""
    text = str(error)
    file = re.search(r"(?:file|Path:?|path)\s*(?:\[?)((?:file|s3a?|hdfs|abfss?|gs|dbfs):/[^\s,\]]+)", text)
    where = file[1].rstrip(".") if file else "the input"
    for sign, meaning in _SIGNS.items():
        if sign in text:
            return InputError(f"{where}: {meaning}")
    return None
