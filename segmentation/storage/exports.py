"""Tables for other people's tools: one CSV file each, however many rows."""

import posixpath

import fsspec
from pyspark.sql import DataFrame

from segmentation.storage.files import spark_path
from segmentation.storage.permissions import settle

_AS_IT_STANDS = {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}
_RFC_4180 = {"header": "true", "quoteAll": "true", "escape": '"', "encoding": "UTF-8", "lineSep": "\n"}


def write_csv(frame: DataFrame, path: str) -> None:
    """Write one CSV file to a path where nothing is yet: UTF-8, with a header, every cell in quotes, quotes doubled (RFC 4180)."""
    aside = f"{path}.parts"
    rows = frame.coalesce(1).sortWithinPartitions(*frame.columns)
    rows.write.mode("error").options(**_RFC_4180, **_AS_IT_STANDS).csv(spark_path(aside))
    filesystem, target = fsspec.core.url_to_fs(path)
    _, folder = fsspec.core.url_to_fs(aside)
    # Listed and not globbed: a folder's name may hold signs that mean something in a pattern.
    (part,) = (file for file in filesystem.ls(folder, detail=False) if posixpath.basename(file).startswith("part-"))
    filesystem.mv(part, target)
    filesystem.rm(folder, recursive=True)
    settle(path)
