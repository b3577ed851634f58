"""Delta tables: those updated in place, and the log that makes a Delta table of a table written as Parquet."""

import json
import posixpath
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import fsspec
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from segmentation.connectors import DELTA_CONF, on_databricks
from segmentation.errors import MissingDependencyError
from segmentation.schemas import quoted
from segmentation.storage.files import join, make_folder, spark_path, write_text
from segmentation.storage.permissions import apply_permissions
from segmentation.storage.tables import DELTA_LOG, is_delta_table, stored_schema_of_file, table_files

IS_DELETED = "is_deleted"
"""Column of rows to merge: whether the row is to be deleted from the table."""

_PROPERTIES = {
    # Otherwise the log would contain the minimum and maximum customer id of each file.
    "delta.dataSkippingNumIndexedCols": "0",
    # Each batch adds small files.
    "delta.autoOptimize.autoCompact": "true",
}
_SOURCE_VIEW = "segmentation_rows_to_merge"
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


def require_delta(spark: SparkSession, reason: str = "live tables are Delta tables") -> None:
    """Raise MissingDependencyError unless the session can change Delta tables in place and show them in a catalog.

    The message begins with `reason`, which says what Delta is needed for.
    """
    if on_databricks():
        return
    missing = [name for name, value in DELTA_CONF.items() if value not in (spark.conf.get(name, None) or "")]
    if missing:
        options = " ".join(f"--conf {name}={DELTA_CONF[name]}" for name in missing)
        raise MissingDependencyError(
            f"{reason}, and this session was started without Delta: give spark-submit its package and {options} (docs/streaming.md)"
        )


def load_or_create_delta(spark: SparkSession, path: str, schema: StructType) -> DataFrame:
    """Load a Delta table; a missing one is created empty, with the given columns."""
    if not is_delta_table(path):
        make_folder(path)
        empty = spark.createDataFrame([], schema)
        empty.write.format("delta").options(**_PROPERTIES).mode("ignore").save(spark_path(path))
        apply_permissions(path)
    return read_delta(spark, path)


def read_delta(spark: SparkSession, path: str) -> DataFrame:
    """The current version of a Delta table."""
    return spark.read.format("delta").load(spark_path(path))


def append_idempotent(rows: DataFrame, path: str, writer: str, version: int) -> None:
    """Append rows, unless this writer has appended this version or a later one before.

    New columns are added to the table. `writer` identifies the sequence of versions (Delta's txnAppId). `version` rises from call to call
    (Delta's txnVersion).
    """
    options = {"txnAppId": writer, "txnVersion": str(version), "mergeSchema": "true"}
    rows.write.format("delta").options(**options).mode("append").save(spark_path(path))
    apply_permissions(path)


def merge_rows(rows: DataFrame, path: str, keys: Sequence[str]) -> None:
    """Upsert rows, and delete those with `is_deleted`.

    There is at most one row per key; nulls are equal.
    """
    columns = [name for name in rows.columns if name != IS_DELETED]
    updates = ", ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in columns)
    names, values = (", ".join(f"{prefix}{quoted(name)}" for name in columns) for prefix in ("", "s."))
    clauses = (
        f"WHEN MATCHED AND s.{IS_DELETED} THEN DELETE WHEN MATCHED THEN UPDATE SET {updates} "
        f"WHEN NOT MATCHED AND NOT s.{IS_DELETED} THEN INSERT ({names}) VALUES ({values})"
    )
    _merge(rows, path, keys, clauses)


def delete_rows(keys: DataFrame, path: str, unless: str = "FALSE") -> None:
    """Delete all rows that equal one of the keys in all columns of the keys.

    Nulls are equal. `unless` is an SQL condition on the table's rows, as `t`, that exempts them.
    """
    _merge(keys, path, keys.columns, f"WHEN MATCHED AND NOT ({unless}) THEN DELETE")


def vacuum(spark: SparkSession, path: str) -> None:
    """Remove files that no version of the past week needs."""
    spark.sql(f"VACUUM delta.{quoted(spark_path(path))}").collect()


def _merge(rows: DataFrame, path: str, keys: Sequence[str], clauses: str) -> None:
    spark = rows.sparkSession
    condition = " AND ".join(f"t.{quoted(name)} <=> s.{quoted(name)}" for name in keys)
    rows.createOrReplaceTempView(_SOURCE_VIEW)
    try:
        spark.sql(f"MERGE INTO delta.{quoted(spark_path(path))} t USING {_SOURCE_VIEW} s ON {condition} {clauses}").collect()
    finally:
        spark.catalog.dropTempView(_SOURCE_VIEW)
    apply_permissions(path)


def write_delta_log(path: str, description: str | None = None, comment: Callable[[str], str | None] = lambda _: None) -> None:
    """Turn a complete Parquet table into a Delta table: version 0 adds all its files, without statistics of their content.

    Any Delta reader can open it (reader version 1, writer version 2 of the protocol), and the files remain readable as Parquet.

    The table has at least one file. Its columns are those of the first file, all nullable, as Spark reads Parquet. `comment` gives the
    comment of a column by its name, None for no comment.

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


def _metadata_action(schema: StructType, description: str | None, comment: Callable[[str], str | None]) -> dict[str, Any]:
    columns = _as_nullable(json.loads(schema.json()))
    for field in columns["fields"]:
        field["metadata"] = {"comment": text} if (text := comment(field["name"])) else {}
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
