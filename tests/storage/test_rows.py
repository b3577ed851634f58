"""Small tables are written whole, as Spark, DuckDB and Arrow read them, and never over another."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from chispa import assert_df_equality
from pyspark.sql.types import ArrayType, StringType, StructType

from segmentation.errors import IntegrityError, SegmentationError
from segmentation.storage import explained, is_of_rows, parquet_rows, read_rows, read_table, write_rows, write_table
from segmentation.storage.permissions import written_for
from segmentation.storage.tables import schema_in

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
def place(tmp_path):
    place = str(tmp_path / "run" / "segments")
    write_rows(ROWS, SCHEMA, place)
    return place


def test_rows_come_back_as_they_were(place):
    assert read_rows(place) == WHOLE
    assert parquet_rows(place) == 2
    assert is_of_rows(place)


def test_spark_reads_them_under_the_same_schema_given_left_and_found(spark, place):
    assert schema_in(f"{place}/rows.parquet") == SCHEMA
    expected = spark.createDataFrame([tuple(row[name] for name in SCHEMA.names) for row in WHOLE], SCHEMA)
    for found in (read_table(spark, place), read_table(spark, place, SCHEMA), spark.read.parquet(place)):
        assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


def test_duckdb_reads_them(place):
    found = duckdb.sql(f"SELECT * FROM '{place}/*.parquet' ORDER BY segment_id")
    assert [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()] == WHOLE


def test_a_table_without_rows_has_its_columns(spark, tmp_path):
    place = str(tmp_path / "none")
    write_rows([], SCHEMA, place)
    assert read_rows(place) == []
    assert read_table(spark, place).schema == SCHEMA


def test_what_spark_wrote_is_read_row_by_row_too_and_is_told_apart(spark, place, tmp_path):
    other = str(tmp_path / "spark")
    write_table(read_table(spark, place).repartition(2), other)
    assert sorted(read_rows(other), key=lambda row: row["segment_id"]) == WHOLE
    assert not is_of_rows(other)


def test_a_table_that_is_there_stays(place):
    with pytest.raises(FileExistsError, match="is there already"):
        write_rows([], SCHEMA, place)
    assert read_rows(place) == WHOLE


def test_a_value_that_does_not_fit_is_refused(tmp_path):
    with pytest.raises((TypeError, ValueError)):
        write_rows([{"segment_id": "first"}], SCHEMA, str(tmp_path / "other"))


def test_only_the_owner_may_read_where_that_is_asked_for(tmp_path):
    with written_for("owner"):
        write_rows(ROWS, SCHEMA, str(tmp_path / "mine"))
    assert [path.stat().st_mode & 0o077 for path in (tmp_path / "mine", *Path(tmp_path, "mine").iterdir())] == [0, 0]


def test_what_lies_hidden_in_a_folder_is_no_part_of_its_table(spark, place):
    write_rows([{"segment_id": 9}] * 3, StructType().add("other", "string"), f"{place}/_night/lines")
    Path(place, "_night", "night.json").write_text("{}")
    Path(place, ".rows.parquet.crc").write_bytes(b"crc")
    assert (parquet_rows(place), read_rows(place)) == (2, WHOLE)
    assert read_table(spark, place).schema == SCHEMA


@pytest.mark.parametrize("damage", [lambda whole: whole[:-10], lambda whole: b"", lambda whole: whole + b"x"])
def test_a_damaged_table_is_told_by_its_place_and_by_spark_too(spark, place, damage):
    file = Path(place, "rows.parquet")
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(IntegrityError, match=f"{place}: a file of this table is damaged"):
        read_rows(place)
    with pytest.raises(Exception, match=r"CANNOT_READ_FILE_FOOTER|UNABLE_TO_INFER_SCHEMA") as raised:
        read_table(spark, place)
    assert isinstance(explained(raised.value), SegmentationError)
