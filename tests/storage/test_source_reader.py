"""The mapped columns of an input table are read with unchanged values, in every format, or an error says what is wrong."""

import gzip
import json

import pyarrow as arrow
import pytest
from pyarrow import parquet
from pyspark.sql import functions as F

from segmentation.errors import InputError, SettingsError
from segmentation.session import required_conf
from segmentation.settings import CategoryLookup
from segmentation.storage import input_bytes, read_source

WHO = {"customer_id": "who", "quantity": "units"}


def _source(path, kind="csv", **options):
    return CategoryLookup(format=kind, path=str(path), options=options, product_id="p", category="c")


def _read(spark, source, columns=WHO):
    return sorted((tuple(row) for row in read_source(spark, source, columns).collect()), key=str)


@pytest.fixture
def csv(tmp_path):
    """Write a text to a file of that name; also gzipped, where the name says so."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


def test_csv_columns_are_text_in_the_order_of_the_mapping(spark, csv):
    path = csv("log.csv", "units,more,who\n02,x,17850.0\n -1 ,y,\n")
    frame = read_source(spark, _source(path), WHO)
    assert frame.dtypes == [("customer_id", "string"), ("quantity", "string"), ("record", "string")]
    assert [tuple(row) for row in frame.collect()] == [("17850.0", "02", None), (None, " -1 ", None)]


def test_csv_columns_stay_text_even_where_the_options_would_infer_types(spark, csv):
    path = csv("log.csv", "units,who\n02,17850.0\n")
    assert _read(spark, _source(path, inferSchema=True)) == [("17850.0", "02", None)]


def test_csv_without_a_header_is_mapped_by_position(spark, csv):
    path = csv("log.csv", "7;2\n8;3\n")
    assert _read(spark, _source(path, header=False, sep=";"), {"customer_id": "_c0", "quantity": "_c1"}) == [
        ("7", "2", None),
        ("8", "3", None),
    ]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_csv_with_another_separator(spark, csv, separator):
    path = csv("log.csv", f"who{separator}units\n7,5{separator}2\n")
    assert _read(spark, _source(path, sep=separator)) == [("7,5", "2", None)]


def test_a_folder_of_csv_plain_and_gzipped_is_one_table(spark, csv):
    folder = csv("log/a.csv", "who,units\n7,1\n").parent
    csv("log/b.csv.gz", "who,units\n8,2\n")
    csv("log/_SUCCESS", "")
    csv("log/.hidden.csv", "what,ever\n9,9\n")
    assert _read(spark, _source(folder)) == [("7", "1", None), ("8", "2", None)]


def test_a_glob_takes_the_files_it_names(spark, csv):
    for year in (2022, 2023, 2024):
        folder = csv(f"log/{year}.csv", f"who,units\n{year},1\n").parent
    assert _read(spark, _source(folder / "202[23].csv")) == [("2022", "1", None), ("2023", "1", None)]


def test_columns_may_have_blanks_dots_and_backticks_in_their_names(spark, csv):
    path = csv("log.csv", "Customer ID,a.b,c`d\n7,1,2\n")
    columns = {"customer_id": "Customer ID", "quantity": "a.b", "unit_price": "c`d"}
    assert _read(spark, _source(path), columns) == [("7", "1", "2", None)]


def test_a_path_may_have_blanks_and_percent_signs(spark, csv):
    assert _read(spark, _source(csv("my logs/50%20.csv", "who,units\n7,1\n"))) == [("7", "1", None)]


def test_quoted_values_may_contain_separators_and_doubled_quotes(spark, csv):
    path = csv("log.csv", 'who,units\n"7, or ""8""",1\n')
    assert _read(spark, _source(path)) == [('7, or "8"', "1", None)]


def test_records_with_missing_or_extra_fields_are_unreadable(spark, csv):
    path = csv("log.csv", "who,units\n7\n7,1\n7,1,9\n\n")
    assert {record for *_, record in _read(spark, _source(path))} == {None, "7,1,9", "7"}


def test_csv_written_by_pandas_with_its_index_is_read(spark, csv):
    assert _read(spark, _source(csv("log.csv", ",who,units\n0,7,1\n1,8,2\n"))) == [("7", "1", None), ("8", "2", None)]


def test_csv_saved_by_excel_with_a_bom_and_its_line_ends_is_read(spark, csv):
    assert _read(spark, _source(csv("log.csv", "\ufeffwho,units\r\n7,1\r\n"))) == [("7", "1", None)]


def test_json_fields_are_text_and_broken_lines_are_unreadable(spark, csv):
    lines = [json.dumps({"units": 2, "who": 17850.0, "more": {"a": 1}}), json.dumps({"who": "8"}), '{"who": ', "[1]", ""]
    rows = _read(spark, _source(csv("log.jsonl.gz", "\n".join(lines)), "json"))
    assert rows == [("17850.0", "2", None), ("8", None, None), (None, None, "[1]"), (None, None, '{"who": ')]


def test_a_json_line_with_two_objects_is_unreadable(spark, csv):
    two = '{"who": "8", "units": 2}{"who": "9", "units": 3}'
    assert _read(spark, _source(csv("log.json", '{"who": "7", "units": 1}\n' + two), "json")) == [("7", "1", None), (None, None, two)]


def test_files_in_subfolders_are_not_skipped(spark, csv):
    folder = csv("log/a.csv", "who,units\n7,1\n").parent
    csv("log/more/b c.csv", "who,units\n8,1\n")
    with pytest.raises(InputError, match=r"1 of 2 files are in subfolders .*more/b c\.csv"):
        _read(spark, _source(folder))
    assert len(_read(spark, _source(folder, recursiveFileLookup=True))) == 2
    assert len(_read(spark, _source(folder, pathGlobFilter="a*"))) == 1


def test_columns_that_are_not_mapped_may_have_the_same_name(spark, csv):
    assert _read(spark, _source(csv("log.csv", "x,who,units,x\n0,7,1,0\n"))) == [("7", "1", None)]


def test_a_reader_option_that_spark_rejects_is_a_settings_error(spark, csv):
    with pytest.raises(SettingsError, match=r"input\.options: Spark does not take them: .*quote"):
        _read(spark, _source(csv("log.csv", "who,units\n7,1\n"), quote="''"))


def test_json_names_may_have_blanks_dots_and_backticks(spark, csv):
    path = csv("log.json", json.dumps({"Customer ID": 7, "a.b": 1.5, "c`d": None}))
    columns = {"customer_id": "Customer ID", "quantity": "a.b", "unit_price": "c`d"}
    assert _read(spark, _source(path, "json"), columns) == [("7", "1.5", None, None)]


def test_parquet_columns_have_their_own_types_and_only_the_mapped_ones_are_read(spark, tmp_path, capsys):
    path = tmp_path / "log.parquet"
    parquet.write_table(arrow.table({"a.b": [7.0], "units": [1], "more": ["x"], "most": ["y"]}), path)
    frame = read_source(spark, _source(path, "parquet"), {"customer_id": "a.b", "quantity": "units"})
    frame.explain()
    assert "ReadSchema: struct<a.b:double,units:bigint>" in capsys.readouterr().out
    assert frame.dtypes == [("customer_id", "double"), ("quantity", "bigint"), ("record", "string")]
    assert [tuple(row) for row in frame.collect()] == [(7.0, 1, None)]


def test_only_the_mapped_columns_of_csv_are_parsed(spark, csv, capsys):
    read_source(spark, _source(csv("log.csv", "more,who,units,most\n1,2,3,4\n")), WHO).explain()
    plan = capsys.readouterr().out
    assert "ReadSchema: struct<who:string,units:string," in plan
    assert [name for name in ("more", "most") if name in plan] == []


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_parquet_with_nanosecond_timestamps_is_truncated_to_microseconds(spark, tmp_path, zone):
    nanoseconds = [1_709_251_200_000_000_000, None, -1_500_000_000]
    times = arrow.array(nanoseconds, arrow.timestamp("ns", zone))
    table = arrow.table({"who": ["7", "8", "9"], "at time": times, "later": times})
    parquet.write_table(table, tmp_path / "log.parquet")
    with required_conf(spark):
        frame = read_source(spark, _source(tmp_path, "parquet"), {"customer_id": "who", "ordered_at": "at time"})
        texts = frame.select("customer_id", F.date_format("ordered_at", "yyyy-MM-dd HH:mm:ss.SSSSSS")).collect()
    assert dict(frame.dtypes)["ordered_at"] == "timestamp"
    assert {row[0]: row[1] for row in texts} == {"7": "2024-03-01 00:00:00.000000", "8": None, "9": "1969-12-31 23:59:58.500000"}


def test_a_table_of_the_catalog_is_read_by_name(spark):
    spark.createDataFrame([("7", 1, "x")], "who STRING, units INT, more STRING").createOrReplaceTempView("log_of_the_catalog")
    assert _read(spark, _source("log_of_the_catalog", "table")) == [("7", 1, None)]


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_a_missing_file_is_reported(spark, tmp_path, kind):
    with pytest.raises(InputError, match=r"nowhere\.csv: no such file or folder\. Check input\.path"):
        read_source(spark, _source(tmp_path / "nowhere.csv", kind), WHO)


def test_a_glob_without_matches_is_reported(spark, csv):
    folder = csv("log/a.csv", "who,units\n7,1\n").parent
    with pytest.raises(InputError, match="no such file or folder"):
        read_source(spark, _source(folder / "*.parquet"), WHO)


def test_a_folder_without_data_is_reported_as_empty(spark, csv):
    folder = csv("log/_SUCCESS", "").parent
    with pytest.raises(InputError, match="log: an empty folder"):
        read_source(spark, _source(folder), WHO)


def test_missing_columns_are_reported_with_those_present_and_the_nearest_match(spark, csv):
    path = csv("log.csv", "CustomerID,Quantity,Price\n7,1,2\n")
    with pytest.raises(InputError) as refusal:
        read_source(spark, _source(path), {"customer_id": "Customer ID", "quantity": "Quantity", "ordered_at": "when"})
    assert str(refusal.value).splitlines() == [
        f"{path}: 2 of 3 columns are missing",
        "  - 'Customer ID' (input.columns.customer_id), did you mean 'CustomerID'?",
        "  - 'when' (input.columns.ordered_at)",
        "Found: 'CustomerID', 'Quantity', 'Price'",
    ]


def test_a_header_of_a_single_column_suggests_another_separator(spark, csv):
    with pytest.raises(InputError, match=r"single column: is the separator right\? Set input\.options\.sep"):
        read_source(spark, _source(csv("log.csv", "who;units\n7;1\n")), WHO)


def test_a_missing_column_of_a_proper_header_suggests_no_separator(spark, csv):
    with pytest.raises(InputError) as refusal:
        read_source(spark, _source(csv("log.csv", "who,unit\n7,1\n")), WHO)
    assert "separator" not in str(refusal.value)


def test_an_empty_file_has_no_columns(spark, csv):
    with pytest.raises(InputError, match=r"log\.csv: it is empty, without even a header"):
        read_source(spark, _source(csv("log.csv", "")), WHO)


def test_the_size_of_the_input_is_that_of_its_data_files(csv):
    folder = csv("log/a.csv", "12345").parent
    csv("log/b/c.csv", "123")
    csv("log/_SUCCESS", "1234567")
    assert (input_bytes(_source(folder)), input_bytes(_source(folder / "*.csv"))) == (8, 5)


def test_the_size_of_an_unknown_file_system_is_unknown():
    assert input_bytes(_source("nosuchscheme://bucket/log")) is None


def test_missing_columns_are_not_compared_with_the_header_if_messages_must_not_quote_it(spark, csv):
    source, columns = _source(csv("log.csv", "7,RAWID-000123\n" * 2)), {"customer_id": "RAWID"}
    with pytest.raises(InputError, match="Found: '7', 'RAWID-000123'"):
        read_source(spark, source, columns)
    with pytest.raises(InputError) as refused:
        read_source(spark, source, columns, may_quote=False)
    assert "1 of 1 columns are missing\n  - 'RAWID' (input.columns.customer_id)\nFound: 2 others. They are" in str(refused.value)
    assert "000123" not in str(refused.value)


def test_without_quoting_a_line_may_have_any_number_of_columns_and_characters(spark, csv):
    source = _source(csv("log.csv", f"who,units\n{'x' * 50},1\n7{30_000 * ','}\n"), maxCharsPerColumn=20)
    rows = read_source(spark, source, WHO, may_quote=False).collect()
    assert [len(row.customer_id) for row in rows] == [50, 1]
    assert [row.record is None for row in rows] == [True, False]
