"""A log of one version makes a table a Delta table, for every reader, and tells nothing of what is in it."""

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

from segmentation.storage import has_log, parquet_rows, read_arrow, read_rows, read_table, write_log, write_rows, write_table
from segmentation.storage.permissions import written_for

SCHEMA = (
    T.StructType()
    .add("customer_id", "string", nullable=False)
    .add("segment_id", "integer")
    .add("orders", "long")
    .add("revenue", T.DecimalType(18, 4))
    .add("share", "double")
    .add("is_held", "boolean")
    .add("as_of", "date")
    .add("reasons", T.ArrayType(T.StringType(), containsNull=False))
    .add("units", T.MapType(T.StringType(), T.IntegerType(), valueContainsNull=False))
)
AT = datetime(2026, 1, 1, 12, 30, 0, 1, tzinfo=UTC)
WHO = {"customer_id": "C1000001", "segment_id": 1, "orders": 2**40, "revenue": Decimal("-12345678901234.1234"), "share": 0.1}
ROWS = [
    {**WHO, "is_held": True, "as_of": date(2026, 1, 2), "reasons": ["a"], "units": [("b", 1)]},
    {"customer_id": "C1000002"},
]


@pytest.fixture
def table(tmp_path):
    """A small table, and what its log says, a line an act."""
    write_rows(ROWS, SCHEMA, str(tmp_path / "run" / "segments"))
    write_log(str(tmp_path / "run" / "segments"))
    return tmp_path / "run" / "segments"


def acts(table):
    lines = (table / "_delta_log" / "00000000000000000000.json").read_text().splitlines()
    return [next(iter(json.loads(line).items())) for line in lines]


def test_another_reader_finds_the_rows_and_a_parquet_reader_still_does(table):
    found = DeltaTable(str(table)).to_pyarrow_table()
    assert found.equals(read_arrow(str(table)).cast(found.schema))
    assert (found.num_rows, parquet_rows(str(table)), len(read_rows(str(table)))) == (2, 2, 2)
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{table}/*.parquet')").fetchall() == [(2,)]


def test_what_spark_wrote_in_parts_is_one_table_too(spark, tmp_path):
    place = str(tmp_path / "many")
    write_table(spark.range(10).selectExpr("id", "timestamp_micros(1767270600000001) AS at").repartition(2), place)
    write_log(place)
    found = DeltaTable(place).to_pyarrow_table()
    assert (sorted(found.column("id").to_pylist()), set(found.column("at").to_pylist())) == (list(range(10)), {AT})
    assert {Path(file).name for file in DeltaTable(place).file_uris()} == {file.name for file in Path(place).glob("*.parquet")}
    assert read_table(spark, place).count() == 10


def test_columns_have_sparks_types_and_may_all_be_null_as_in_parquet(table):
    (schema,) = (T.StructType.fromJson(json.loads(told["schemaString"])) for act, told in acts(table) if act == "metaData")
    assert schema.simpleString() == SCHEMA.simpleString()
    assert all(field.nullable for field in schema.fields)
    assert (schema["reasons"].dataType.containsNull, schema["units"].dataType.valueContainsNull) == (True, True)


def test_the_log_tells_of_files_and_of_nothing_in_them(table):
    status = (table / "rows.parquet").stat()
    (protocol, lowest), (_, described), (added, file) = acts(table)
    assert (protocol, lowest) == ("protocol", {"minReaderVersion": 1, "minWriterVersion": 2})
    assert described["configuration"] == {"delta.appendOnly": "true", "delta.dataSkippingNumIndexedCols": "0"}
    at = file.pop("modificationTime")
    assert (added, file) == ("add", {"path": "rows.parquet", "partitionValues": {}, "size": status.st_size, "dataChange": True})
    assert abs(at - status.st_mtime * 1000) <= 1


def test_what_lies_hidden_in_its_folder_is_no_part_of_the_table(tmp_path):
    place = str(tmp_path / "orders")
    write_rows(ROWS, SCHEMA, place)
    write_rows(ROWS, SCHEMA, f"{place}/_night/lines")
    (tmp_path / "orders" / ".rows.parquet.crc").write_bytes(b"crc")
    write_log(place)
    assert DeltaTable(place).to_pyarrow_table().num_rows == 2
    assert not has_log(f"{place}/_night/lines")


def test_marks_that_mllib_leaves_on_a_column_are_not_handed_on(tmp_path):
    place = tmp_path / "marked"
    write_rows([{"a": 1}], T.StructType([T.StructField("a", T.IntegerType(), True, {"ml_attr": {"vals": ["C1000001"]}})]), str(place))
    write_log(str(place))
    assert "C1000001" not in (place / "_delta_log" / "00000000000000000000.json").read_text()


def test_a_file_in_which_spark_left_no_schema_tells_its_own(tmp_path):
    parquet.write_table(arrow.table({"a": [1, None], "at": [AT, None]}), tmp_path / "part one.parquet")
    write_log(str(tmp_path))
    assert DeltaTable(str(tmp_path)).to_pyarrow_table().to_pylist() == [{"a": 1, "at": AT}, {"a": None, "at": None}]


def test_a_log_is_written_once_and_of_something(table, tmp_path):
    with pytest.raises(FileExistsError, match="is a Delta table already"):
        write_log(str(table))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no Parquet file"):
        write_log(str(tmp_path / "empty"))


def test_only_the_owner_may_read_it_where_that_is_asked_for(tmp_path):
    with written_for("owner"):
        write_rows(ROWS, SCHEMA, str(tmp_path / "mine"))
        write_log(str(tmp_path / "mine"))
    log = tmp_path / "mine" / "_delta_log"
    assert [path.stat().st_mode & 0o077 for path in (log, *log.iterdir())] == [0, 0]


def test_files_of_another_file_system_are_told_too():
    write_rows(ROWS, SCHEMA, "memory://delta/segments")
    write_log("memory://delta/segments")
    assert has_log("memory://delta/segments")
