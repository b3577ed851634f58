"""Files of an input table are checked against each other and the settings; messages name the file and quote nothing they must not."""

import bz2
import gzip

import fsspec
import pyarrow as arrow
import pytest
from pyarrow import parquet

from segmentation.errors import InputError
from segmentation.storage.source_checks import (
    check_csv_headers,
    check_parquet_schemas,
    detect_file_type,
    duplicate_names,
    has_generated_names,
)

LOCAL = fsspec.filesystem("file")
LINE = "7,RAWID-000123\n"
MILLISECONDS, MICROSECONDS, NANOSECONDS = (arrow.array([0], arrow.timestamp(unit)) for unit in ("ms", "us", "ns"))


def _detected(tmp_path, content, name="log.csv"):
    (tmp_path / name).write_bytes(content)
    return detect_file_type(LOCAL, str(tmp_path / name))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("who".encode("utf-16"), "UTF-16 text"),
        ("who".encode("utf-16-le"), "UTF-16LE"),
        ("who".encode("utf-16-be"), "UTF-16BE"),
        ("who".encode("utf-32"), "UTF-32"),
        (b"PK\x03\x04...", "Excel workbook"),
        (b"\x1f\x8b\x08", "gzipped"),
        (b"PAR1", "Parquet"),
        (b"<html>", "web page"),
        (b'{"a": 1}', "JSON"),
        (b"\0" * 20, "nothing but zero bytes"),
    ],
)
def test_a_files_type_is_detected_by_its_first_bytes(tmp_path, content, words):
    assert words in _detected(tmp_path, content)


@pytest.mark.parametrize("content", [b"", b"who,units\n", "größe".encode(), b"\x07\x00\x13\x99"])
def test_text_and_unknown_types_are_not_reported(tmp_path, content):
    assert _detected(tmp_path, content) is None


def test_compressed_files_are_inspected_and_unreadable_ones_are_not(tmp_path):
    assert "UTF-16" in _detected(tmp_path, gzip.compress("who".encode("utf-16")), "log.csv.gz")
    assert _detected(tmp_path, b"\x1f\x8b\x08", "cut.csv.gz").startswith("damaged, or not compressed")
    assert detect_file_type(LOCAL, str(tmp_path / "nowhere")) is None


def test_names_that_spark_generates_are_recognised():
    assert has_generated_names(["_c0", "who"])
    assert has_generated_names(["x0", "who", "X2"])
    assert not has_generated_names(["who", "q2", "q3", "c_c0"])
    assert duplicate_names(["x0", "who", "X2", "y3"]) == {"x"}


def _check_headers(folder, **options):
    check_csv_headers(LOCAL, sorted(map(str, folder.iterdir())), options)


@pytest.mark.parametrize("other", ["Who,Units\n1,2\n", "who,UNITS\r\n", '"Who","Units"\n', "\ufeffWho,Units\n", "\n\nWho,Units\n", ""])
def test_headers_that_are_equal_for_spark_pass(tmp_path, other):
    (tmp_path / "a.csv").write_text("Who,Units\n" + LINE)
    (tmp_path / "b.csv").write_bytes(other.encode())
    _check_headers(tmp_path)


@pytest.mark.parametrize("other", ["Units,Who\n", "Who\n", "Who,Units,More\n", LINE, "Who;Units\n"])
def test_a_different_header_is_reported_by_its_file_only(tmp_path, other):
    for name in "ac":
        (tmp_path / f"{name}.csv").write_text("Who,Units\n" + LINE)
    (tmp_path / "b.csv").write_text(other)
    with pytest.raises(InputError) as refused:
        _check_headers(tmp_path)
    assert str(refused.value) == f"{tmp_path}/b.csv: its header differs from the other files': same columns, same order, in every file"


def test_different_headers_are_counted(tmp_path):
    for name in "abcd":
        (tmp_path / f"{name}.csv").write_text(LINE if name in "bd" else "Who,Units\n")
    with pytest.raises(InputError, match=r"b\.csv: .* and so do those of 1 others"):
        _check_headers(tmp_path)


def test_headers_are_compared_in_compressed_files_and_with_other_separators_and_encodings(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress("Wér;Units\n".encode("latin-1")))
    (tmp_path / "b.csv.bz2").write_bytes(bz2.compress("wér;units\n".encode("latin-1")))
    _check_headers(tmp_path, sep=";", encoding="ISO-8859-1")
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(LINE.encode()))
    with pytest.raises(InputError, match=r"c\.csv\.gz: its header differs"):
        _check_headers(tmp_path, sep=";", encoding="ISO-8859-1")


def test_a_csv_file_that_cannot_be_read_is_left_to_spark(tmp_path):
    (tmp_path / "a.csv").write_text("Who,Units\n")
    (tmp_path / "b.csv.gz").write_bytes(b"not compressed")
    _check_headers(tmp_path)


def _check_schemas(tmp_path, names, *tables):
    paths = [str(tmp_path / f"{letter}.parquet") for letter, _ in zip("abc", tables, strict=False)]
    for path, columns in zip(paths, tables, strict=True):
        parquet.write_table(arrow.table(columns), path)
    check_parquet_schemas(LOCAL, paths, names)


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        (({"Who": ["7"], "units": [1]}, {"who": ["8"]}), r"'units' is missing in 1 of 2 files, such as .*b\.parquet"),
        (({"units": MILLISECONDS}, {"units": NANOSECONDS}), r"'units' is in nanoseconds in 1 of 2 files, such as .*b\.parquet"),
        (
            ({"units": [0]}, {"units": MICROSECONDS}),
            r"'units' is a whole number in 1 of 2 files, such as .*a\.parquet, and a time in others",
        ),
    ],
)
def test_parquet_files_that_disagree_on_a_column_are_reported(tmp_path, tables, fault):
    with pytest.raises(InputError, match=fault):
        _check_schemas(tmp_path, ["units", "day"], *tables)


@pytest.mark.parametrize(
    "tables",
    [({"Who": ["7"], "more": [1]}, {"who": ["8"]}), ({"who": MILLISECONDS}, {"who": MICROSECONDS}), ({"who": NANOSECONDS},)],
)
def test_parquet_files_may_differ_in_case_in_other_columns_and_in_coarse_units(tmp_path, tables):
    _check_schemas(tmp_path, ["who", "day"], *tables)


def test_a_file_that_is_not_parquet_is_left_to_spark(tmp_path):
    (tmp_path / "b.parquet").write_text("who")
    _check_schemas(tmp_path, ["who"], {"who": ["7"]})
    check_parquet_schemas(LOCAL, [str(tmp_path / name) for name in ("a.parquet", "b.parquet", "nowhere")], ["who"])
