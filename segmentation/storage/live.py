"""Tables that are kept up to date in place: Delta, changed by one commit at a time, each of which can be made again without harm."""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from segmentation.connectors import DELTA_EXTENSION, on_databricks
from segmentation.errors import EnvironmentFault
from segmentation.schemas import quoted
from segmentation.storage.files import make_folder, spark_path
from segmentation.storage.folders import has_log
from segmentation.storage.permissions import settle

IS_GONE = "is_gone"
"""Of rows to merge: whether this one is to be taken out."""

_PROPERTIES = {
    # The log of a table would tell the least and the greatest customer id of each file.
    "delta.dataSkippingNumIndexedCols": "0",
    # Each batch adds small files.
    "delta.autoOptimize.autoCompact": "true",
}
_SOURCE = "segmentation_rows_to_merge"


def check_delta(spark: SparkSession, why: str = "live tables are Delta tables") -> None:
    """Raise unless the session can change Delta tables in place, and show them in a catalog; `why` tells what it is for.

    Raises
    ------
    EnvironmentFault
        It was started without Delta's extension.
    """
    if on_databricks():
        return
    lacking = [name for name, value in DELTA_EXTENSION.items() if value not in (spark.conf.get(name, None) or "")]
    if lacking:
        told = " ".join(f"--conf {name}={DELTA_EXTENSION[name]}" for name in lacking)
        raise EnvironmentFault(
            f"{why}, and this session was started without Delta: give spark-submit its package and {told} (docs/streaming.md)"
        )


def is_live(path: str) -> bool:
    """Whether there is a live table."""
    return has_log(path)


def live_table(spark: SparkSession, path: str, schema: StructType) -> DataFrame:
    """A live table as it is now; made empty, with these columns, where there is none yet."""
    if not is_live(path):
        make_folder(path)
        empty = spark.createDataFrame([], schema)
        empty.write.format("delta").options(**_PROPERTIES).mode("ignore").save(spark_path(path))
        settle(path)
    return read_live(spark, path)


def read_live(spark: SparkSession, path: str) -> DataFrame:
    """A live table as it is now."""
    return spark.read.format("delta").load(spark_path(path))


def append_once(rows: DataFrame, path: str, writer: str, number: int) -> None:
    """Add rows, unless this writer has added its part of that number, or a later one, before.

    Parameters
    ----------
    rows
        What to add; columns that are new are added to the table.
    path
        The table.
    writer
        Whose numbers these are.
    number
        Rising from call to call.
    """
    told = {"txnAppId": writer, "txnVersion": str(number), "mergeSchema": "true"}
    rows.write.format("delta").options(**told).mode("append").save(spark_path(path))
    settle(path)


def merge(rows: DataFrame, path: str, keys: Sequence[str]) -> None:
    """Put rows in place of those of the same keys, add those that are new, and take out those that are gone.

    Parameters
    ----------
    rows
        The table's columns and `is_gone`; one row a key at most. Nulls are equal.
    path
        The table.
    keys
        What tells its rows apart.
    """
    spark = rows.sparkSession
    values = [name for name in rows.columns if name != IS_GONE]
    same = " AND ".join(f"t.{quoted(name)} <=> s.{quoted(name)}" for name in keys)
    updates = ", ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in values)
    names, found = (", ".join(f"{prefix}{quoted(name)}" for name in values) for prefix in ("", "s."))
    rows.createOrReplaceTempView(_SOURCE)
    try:
        spark.sql(
            f"MERGE INTO delta.{quoted(spark_path(path))} t USING {_SOURCE} s ON {same} "
            f"WHEN MATCHED AND s.{IS_GONE} THEN DELETE WHEN MATCHED THEN UPDATE SET {updates} "
            f"WHEN NOT MATCHED AND NOT s.{IS_GONE} THEN INSERT ({names}) VALUES ({found})"
        ).collect()
    finally:
        spark.catalog.dropTempView(_SOURCE)
    settle(path)


def take_out(keys: DataFrame, path: str, but: str = "FALSE") -> None:
    """Take out every row that agrees with one of the keys in all of its columns.

    Parameters
    ----------
    keys
        One row a key.
    path
        The table.
    but
        A condition on the table's rows, as `t`, that leaves them in.
    """
    spark = keys.sparkSession
    same = " AND ".join(f"t.{quoted(name)} <=> s.{quoted(name)}" for name in keys.columns)
    keys.createOrReplaceTempView(_SOURCE)
    try:
        spark.sql(
            f"MERGE INTO delta.{quoted(spark_path(path))} t USING {_SOURCE} s ON {same} WHEN MATCHED AND NOT ({but}) THEN DELETE"
        ).collect()
    finally:
        spark.catalog.dropTempView(_SOURCE)
    settle(path)


def sweep_old_files(spark: SparkSession, path: str) -> None:
    """Remove files that the table has had no use for in a week."""
    spark.sql(f"VACUUM delta.{quoted(spark_path(path))}").collect()
