"""Delta tables that are updated in place. Each change is one commit, and repeating it changes nothing."""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from segmentation.connectors import DELTA_CONF, on_databricks
from segmentation.errors import MissingDependencyError
from segmentation.schemas import quoted
from segmentation.storage.files import make_folder, spark_path
from segmentation.storage.permissions import apply_permissions
from segmentation.storage.tables import is_delta_table

IS_DELETED = "is_deleted"
"""Column of rows to merge: whether the row is to be deleted from the table."""

_PROPERTIES = {
    # Otherwise the log would contain the minimum and maximum customer id of each file.
    "delta.dataSkippingNumIndexedCols": "0",
    # Each batch adds small files.
    "delta.autoOptimize.autoCompact": "true",
}
_SOURCE_VIEW = "segmentation_rows_to_merge"


def require_delta(spark: SparkSession, reason: str = "live tables are Delta tables") -> None:
    """Raise unless the session can change Delta tables in place and show them in a catalog.

    Parameters
    ----------
    spark
        The session.
    reason
        What Delta is needed for, for the message.

    Raises
    ------
    MissingDependencyError
        The session was started without Delta's extension.
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

    Parameters
    ----------
    rows
        What to append; new columns are added to the table.
    path
        The table.
    writer
        Identifies the sequence of versions (Delta's txnAppId).
    version
        Rises from call to call (Delta's txnVersion).
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
