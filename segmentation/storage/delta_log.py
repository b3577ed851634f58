"""The Delta log of a published table: since its Parquet files never change, one commit describes it for good."""

import json
import posixpath
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import fsspec
from pyarrow import parquet
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from segmentation.storage.files import join, make_folder, write_text
from segmentation.storage.tables import DELTA_LOG, is_delta_table, stored_schema_of_file, table_files

_FIRST_COMMIT = "00000000000000000000.json"
_PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 2}
"""The lowest versions, which every reader supports."""
_CONFIGURATION = {
    # The files are sealed: rows are neither removed nor changed.
    "delta.appendOnly": "true",
    # Should anybody append, the log must not contain the minimum and maximum customer id of each file.
    "delta.dataSkippingNumIndexedCols": "0",
}
_NULLABILITY_KEYS = ("nullable", "containsNull", "valueContainsNull")


def write_delta_log(path: str, description: str | None = None, comment: Callable[[str], str] | None = None) -> None:
    """Turn a complete Parquet table into a Delta table: version 0 adds all its files, without statistics of their content.

    Any Delta reader can open it (reader version 1, writer version 2 of the protocol), and the files remain readable as Parquet.

    Parameters
    ----------
    path
        The table, with at least one file. Its columns are those of the first file, all nullable, as Spark reads Parquet.
    description
        Of the table.
    comment
        Of a column, by its name.

    Raises
    ------
    FileExistsError
        It is a Delta table already.
    FileNotFoundError
        It has no file.
    """
    if is_delta_table(path):
        raise FileExistsError(f"{path} is a Delta table already")
    filesystem, files = table_files(path)
    if not files:
        raise FileNotFoundError(f"{path}: no Parquet file, and so no columns")
    actions = [
        {"protocol": _PROTOCOL},
        _metadata_action(_schema_of(filesystem, files[0]), description, comment),
        *_add_actions(filesystem, path, files),
    ]
    make_folder(join(path, DELTA_LOG))
    write_text(join(path, DELTA_LOG, _FIRST_COMMIT), "".join(f"{json.dumps(action)}\n" for action in actions))


def _schema_of(filesystem: fsspec.AbstractFileSystem, file: str) -> StructType:
    if stored := stored_schema_of_file(filesystem.unstrip_protocol(file)):
        return stored
    with filesystem.open(file, "rb") as opened:
        return from_arrow_schema(parquet.read_schema(opened))


def _metadata_action(schema: StructType, description: str | None, comment: Callable[[str], str] | None) -> dict[str, Any]:
    columns = _as_nullable(json.loads(schema.json()))
    if comment:
        columns["fields"] = [{**field, "metadata": {"comment": comment(field["name"])}} for field in columns["fields"]]
    metadata = {
        "id": str(uuid4()),
        **({"description": description} if description else {}),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(columns),
        "partitionColumns": [],
        "configuration": _CONFIGURATION,
    }
    return {"metaData": metadata}


def _as_nullable(schema: Any) -> Any:
    """A schema's JSON with everything nullable, and without the metadata that MLlib attaches to columns."""
    if isinstance(schema, list):
        return [_as_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: {} if key == "metadata" else True if key in _NULLABILITY_KEYS else _as_nullable(part) for key, part in schema.items()}


def _add_actions(filesystem: fsspec.AbstractFileSystem, path: str, files: list[str]) -> Iterator[dict[str, Any]]:
    _, target = fsspec.core.url_to_fs(path)
    for file in files:
        name, size = quote(posixpath.relpath(file, target)), filesystem.size(file)
        modified = _modification_millis(filesystem, file)
        yield {"add": {"path": name, "partitionValues": {}, "size": size, "modificationTime": modified, "dataChange": True}}


def _modification_millis(filesystem: fsspec.AbstractFileSystem, file: str) -> int:
    """Milliseconds since 1970; 0, which readers accept, if the file system does not know."""
    try:
        return int(filesystem.modified(file).timestamp() * 1000)
    except NotImplementedError:
        return 0
