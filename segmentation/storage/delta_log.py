"""A table of Parquet files made a Delta table as well: its files are never changed, so that one commit tells of them for good."""

import json
import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import fsspec
from pyarrow import parquet
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from segmentation.storage.files import join, make_folder, write_text
from segmentation.storage.folders import DELTA_LOG, has_log, table_files
from segmentation.storage.tables import schema_in

_FIRST = "00000000000000000000.json"
_OF_EVERY_READER = {"minReaderVersion": 1, "minWriterVersion": 2}
_CONFIGURATION = {
    # The files are sealed: no row of theirs goes or changes.
    "delta.appendOnly": "true",
    # Should anybody write on, the log is not to tell the least and the greatest customer id of each file.
    "delta.dataSkippingNumIndexedCols": "0",
}
_MAY_BE_NULL = ("nullable", "containsNull", "valueContainsNull")


def write_log(path: str) -> None:
    """Make a table that is complete a Delta table: version 0 adds the Parquet files there are, without statistics of what is in them.

    Every reader opens it (reader version 1, writer version 2 of the Delta protocol), and the files can be read as Parquet as before.

    Parameters
    ----------
    path
        The table, with a file at least; columns are those of its first file, all of which may be null, as Spark reads Parquet.

    Raises
    ------
    FileExistsError
        It is a Delta table already.
    FileNotFoundError
        There is no file.
    """
    if has_log(path):
        raise FileExistsError(f"{path} is a Delta table already")
    filesystem, files = table_files(path)
    if not files:
        raise FileNotFoundError(f"{path}: no Parquet file, and so no columns")
    acts = [{"protocol": _OF_EVERY_READER}, _described(_schema_of(filesystem, files[0])), *_added(filesystem, path, files)]
    make_folder(join(path, DELTA_LOG))
    write_text(join(path, DELTA_LOG, _FIRST), "".join(f"{json.dumps(act)}\n" for act in acts))


def _schema_of(filesystem: fsspec.AbstractFileSystem, file: str) -> StructType:
    """What Spark left there, else what Arrow finds."""
    left = schema_in(filesystem.unstrip_protocol(file))
    if left:
        return left
    with filesystem.open(file, "rb") as opened:
        return from_arrow_schema(parquet.read_schema(opened))


def _described(schema: StructType) -> dict[str, Any]:
    text = json.dumps(_as_read(json.loads(schema.json())))
    kind = {"provider": "parquet", "options": {}}
    return {"metaData": {"id": str(uuid4()), "format": kind, "schemaString": text, "partitionColumns": [], "configuration": _CONFIGURATION}}


def _as_read(kind: Any) -> Any:
    """A schema's JSON as both ways of reading give it: any value may be null, and marks of MLlib on a column are none of a reader's."""
    if isinstance(kind, list):
        return [_as_read(part) for part in kind]
    if not isinstance(kind, dict):
        return kind
    return {key: {} if key == "metadata" else True if key in _MAY_BE_NULL else _as_read(part) for key, part in kind.items()}


def _added(filesystem: fsspec.AbstractFileSystem, path: str, files: list[str]) -> Iterator[dict[str, Any]]:
    _, target = fsspec.core.url_to_fs(path)
    for file in files:
        name, size = quote(posixpath.relpath(file, target)), filesystem.size(file)
        told = {"path": name, "partitionValues": {}, "size": size, "modificationTime": _changed_at(filesystem, file), "dataChange": True}
        yield {"add": told}


def _changed_at(filesystem: fsspec.AbstractFileSystem, file: str) -> int:
    """Milliseconds since 1970; 0, which keeps nobody from reading, where a file system does not tell."""
    try:
        return int(filesystem.modified(file).timestamp() * 1000)
    except NotImplementedError:
        return 0
