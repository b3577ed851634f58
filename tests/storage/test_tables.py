"""Small tables are readable by Spark, DuckDB and Arrow, and never overwrite another."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from chispa import assert_df_equality
from pyspark.sql.types import ArrayType, StringType, StructType

from segmentation.errors import IntegrityError, SegmentationError
from segmentation.storage import count_rows, is_single_file_table, read_rows, read_table, translate_error, write_rows, write_table
from segmentation.storage.permissions import output_permissions
from segmentation.storage.tables import stored_schema_of_file

SCHEMA = (
    StructType()
    .add("segment_id", "integer")
    .add("name", "string")
    .add("as_of", "date")
    .add("revenue", "decimal(28,4)")
    .add("rules", ArrayType(StringType()))
)
ROWS = [
    {"segment_id": 1, "name": "Été", "as_of": date(2026, 1, 1), "revenue": Decimal("-12345678901234567890.1234"), "rules": ["a", None]},
    {"segment_id": 2, "as_of": None, "revenue": None, "rules": []},
]
WHOLE = [{"name": None, **row} for row in ROWS]


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / "run" / "segments")
    write_rows(ROWS, SCHEMA, path)
    return path


def test_rows_come_back_as_they_were(path):
    assert read_rows(path) == WHOLE
    assert count_rows(path) == 2
    assert is_single_file_table(path)


def test_spark_reads_them_with_a_given_stored_or_inferred_schema(spark, path):
    assert stored_schema_of_file(f"{path}/rows.parquet") == SCHEMA
    expected = spark.createDataFrame([tuple(row[name] for name in SCHEMA.names) for row in WHOLE], SCHEMA)
    for frame in (read_table(spark, path), read_table(spark, path, SCHEMA), spark.read.parquet(path)):
        assert_df_equality(frame, expected, ignore_row_order=True, ignore_nullable=True)


def test_duckdb_reads_them(path):
    rows = duckdb.sql(f"SELECT * FROM '{path}/*.parquet' ORDER BY segment_id")
    assert [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()] == WHOLE


def test_a_table_without_rows_has_its_columns(spark, tmp_path):
    path = str(tmp_path / "none")
    write_rows([], SCHEMA, path)
    assert read_rows(path) == []
    assert read_table(spark, path).schema == SCHEMA


def test_a_table_that_spark_wrote_is_read_as_rows_but_is_not_a_single_file_table(spark, path, tmp_path):
    other = str(tmp_path / "spark")
    write_table(read_table(spark, path).repartition(2), other)
    assert sorted(read_rows(other), key=lambda row: row["segment_id"]) == WHOLE
    assert not is_single_file_table(other)


def test_an_existing_table_is_not_overwritten(path):
    with pytest.raises(FileExistsError, match="exists already"):
        write_rows([], SCHEMA, path)
    assert read_rows(path) == WHOLE


def test_a_value_of_the_wrong_type_is_rejected(tmp_path):
    with pytest.raises((TypeError, ValueError)):
        write_rows([{"segment_id": "first"}], SCHEMA, str(tmp_path / "other"))


def test_only_the_owner_may_read_if_so_set(tmp_path):
    with output_permissions("owner"):
        write_rows(ROWS, SCHEMA, str(tmp_path / "mine"))
    assert [path.stat().st_mode & 0o077 for path in (tmp_path / "mine", *Path(tmp_path, "mine").iterdir())] == [0, 0]


def test_hidden_files_and_folders_are_not_part_of_the_table(spark, path):
    write_rows([{"segment_id": 9}] * 3, StructType().add("other", "string"), f"{path}/_incremental/lines")
    Path(path, "_incremental", "state.json").write_text("{}")
    Path(path, ".rows.parquet.crc").write_bytes(b"crc")
    assert (count_rows(path), read_rows(path)) == (2, WHOLE)
    assert read_table(spark, path).schema == SCHEMA


@pytest.mark.parametrize("damage", [lambda whole: whole[:-10], lambda whole: b"", lambda whole: whole + b"x"])
def test_a_damaged_table_is_reported_by_its_path(spark, path, damage):
    file = Path(path, "rows.parquet")
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(IntegrityError, match=f"{path}: a file of this table is damaged"):
        read_rows(path)
    with pytest.raises(Exception, match=r"CANNOT_READ_FILE_FOOTER|UNABLE_TO_INFER_SCHEMA") as raised:
        read_table(spark, path)
    assert isinstance(translate_error(raised.value), SegmentationError)
