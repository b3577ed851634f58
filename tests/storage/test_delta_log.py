"""A Delta log of one version makes a table readable by every Delta reader, and contains no values of it."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as arrow
import pytest
from deltalake import DeltaTable
from pyarrow import parquet
from pyspark.sql import types as T

from segmentation.storage import (
    count_rows,
    is_delta_table,
    read_arrow_table,
    read_rows,
    read_table,
    write_delta_log,
    write_rows,
    write_table,
)
from segmentation.storage.permissions import output_permissions

SCHEMA = (
    T.StructType()
    .add("customer_id", "string", nullable=False)
    .add("segment_id", "integer")
    .add("orders", "long")
    .add("revenue", T.DecimalType(18, 4))
    .add("share", "double")
    .add("is_active", "boolean")
    .add("as_of", "date")
    .add("reasons", T.ArrayType(T.StringType(), containsNull=False))
    .add("units", T.MapType(T.StringType(), T.IntegerType(), valueContainsNull=False))
)
AT = datetime(2026, 1, 1, 12, 30, 0, 1, tzinfo=UTC)
WHO = {"customer_id": "C1000001", "segment_id": 1, "orders": 2**40, "revenue": Decimal("-12345678901234.1234"), "share": 0.1}
ROWS = [
    {**WHO, "is_active": True, "as_of": date(2026, 1, 2), "reasons": ["a"], "units": [("b", 1)]},
    {"customer_id": "C1000002"},
]


@pytest.fixture
def table(tmp_path):
    """A small table with a Delta log."""
    write_rows(ROWS, SCHEMA, str(tmp_path / "run" / "segments"))
    write_delta_log(str(tmp_path / "run" / "segments"))
    return tmp_path / "run" / "segments"


def actions(table):
    lines = (table / "_delta_log" / "00000000000000000000.json").read_text().splitlines()
    return [next(iter(json.loads(line).items())) for line in lines]


def test_delta_and_parquet_readers_read_the_same_rows(table):
    rows = DeltaTable(str(table)).to_pyarrow_table()
    assert rows.equals(read_arrow_table(str(table)).cast(rows.schema))
    assert (rows.num_rows, count_rows(str(table)), len(read_rows(str(table)))) == (2, 2, 2)
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{table}/*.parquet')").fetchall() == [(2,)]


def test_a_table_of_several_files_is_complete(spark, tmp_path):
    path = str(tmp_path / "many")
    write_table(spark.range(10).selectExpr("id", "timestamp_micros(1767270600000001) AS at").repartition(2), path)
    write_delta_log(path)
    rows = DeltaTable(path).to_pyarrow_table()
    assert (sorted(rows.column("id").to_pylist()), set(rows.column("at").to_pylist())) == (list(range(10)), {AT})
    assert {Path(file).name for file in DeltaTable(path).file_uris()} == {file.name for file in Path(path).glob("*.parquet")}
    assert read_table(spark, path).count() == 10


def test_columns_have_sparks_types_and_are_all_nullable(table):
    (schema,) = (T.StructType.fromJson(json.loads(metadata["schemaString"])) for action, metadata in actions(table) if action == "metaData")
    assert schema.simpleString() == SCHEMA.simpleString()
    assert all(field.nullable for field in schema.fields)
    assert (schema["reasons"].dataType.containsNull, schema["units"].dataType.valueContainsNull) == (True, True)


def test_the_log_lists_files_without_statistics(table):
    status = (table / "rows.parquet").stat()
    (protocol, versions), (_, metadata), (added, file) = actions(table)
    assert (protocol, versions) == ("protocol", {"minReaderVersion": 1, "minWriterVersion": 2})
    assert metadata["configuration"] == {"delta.appendOnly": "true", "delta.dataSkippingNumIndexedCols": "0"}
    at = file.pop("modificationTime")
    assert (added, file) == ("add", {"path": "rows.parquet", "partitionValues": {}, "size": status.st_size, "dataChange": True})
    assert abs(at - status.st_mtime * 1000) <= 1


def test_hidden_files_and_folders_are_not_part_of_the_table(tmp_path):
    path = str(tmp_path / "orders")
    write_rows(ROWS, SCHEMA, path)
    write_rows(ROWS, SCHEMA, f"{path}/_incremental/lines")
    (tmp_path / "orders" / ".rows.parquet.crc").write_bytes(b"crc")
    write_delta_log(path)
    assert DeltaTable(path).to_pyarrow_table().num_rows == 2
    assert not is_delta_table(f"{path}/_incremental/lines")


def test_column_metadata_of_mllib_is_not_copied(tmp_path):
    path = tmp_path / "with_metadata"
    write_rows([{"a": 1}], T.StructType([T.StructField("a", T.IntegerType(), True, {"ml_attr": {"vals": ["C1000001"]}})]), str(path))
    write_delta_log(str(path))
    assert "C1000001" not in (path / "_delta_log" / "00000000000000000000.json").read_text()


def test_a_file_without_spark_schema_has_its_own(tmp_path):
    parquet.write_table(arrow.table({"a": [1, None], "at": [AT, None]}), tmp_path / "part one.parquet")
    write_delta_log(str(tmp_path))
    assert DeltaTable(str(tmp_path)).to_pyarrow_table().to_pylist() == [{"a": 1, "at": AT}, {"a": None, "at": None}]


def test_a_log_is_written_once_and_only_for_a_table_with_files(table, tmp_path):
    with pytest.raises(FileExistsError, match="is a Delta table already"):
        write_delta_log(str(table))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no Parquet file"):
        write_delta_log(str(tmp_path / "empty"))


def test_only_the_owner_may_read_it_if_so_set(tmp_path):
    with output_permissions("owner"):
        write_rows(ROWS, SCHEMA, str(tmp_path / "mine"))
        write_delta_log(str(tmp_path / "mine"))
    log = tmp_path / "mine" / "_delta_log"
    assert [path.stat().st_mode & 0o077 for path in (log, *log.iterdir())] == [0, 0]


def test_a_table_on_another_file_system_has_a_log_too():
    write_rows(ROWS, SCHEMA, "memory://delta/segments")
    write_delta_log("memory://delta/segments")
    assert is_delta_table("memory://delta/segments")
