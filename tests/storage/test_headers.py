"""Headers compared before Spark meets one that differs, and told without what they hold."""

import bz2
import gzip

import fsspec
import pytest

from segmentation.errors import InputError
from segmentation.storage import read_source
from segmentation.storage.headers import check_headers

LINE = "7,RAWID-000123\n"


def _checked(folder, **options):
    filesystem = fsspec.filesystem("file")
    check_headers(filesystem, sorted(map(str, folder.iterdir())), options)


@pytest.mark.parametrize(
    "other",
    [
        "Who,Units\n1,2\n",
        "who,UNITS\r\n",
        '"Who","Units"\n',
        "\ufeffWho,Units\n",
        "\n\nWho,Units\n",
        "",
    ],
)
def test_headers_that_spark_takes_for_the_same_are(tmp_path, other):
    (tmp_path / "a.csv").write_text("Who,Units\n" + LINE)
    (tmp_path / "b.csv").write_bytes(other.encode())
    _checked(tmp_path)


@pytest.mark.parametrize("other", ["Units,Who\n", "Who\n", "Who,Units,More\n", LINE, "Who;Units\n"])
def test_another_header_is_told_by_its_file_alone(tmp_path, other):
    for name in "ac":
        (tmp_path / f"{name}.csv").write_text("Who,Units\n" + LINE)
    (tmp_path / "b.csv").write_text(other)
    with pytest.raises(InputError) as refused:
        _checked(tmp_path)
    assert str(refused.value) == f"{tmp_path}/b.csv: its header differs from the other files': same columns, same order, in every file"


def test_packed_files_other_separators_and_encodings_are_read(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress("Wér;Units\n".encode("latin-1")))
    (tmp_path / "b.csv.bz2").write_bytes(bz2.compress("wér;units\n".encode("latin-1")))
    _checked(tmp_path, sep=";", encoding="ISO-8859-1")
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(LINE.encode()))
    with pytest.raises(InputError, match=r"c\.csv\.gz: its header differs"):
        _checked(tmp_path, sep=";", encoding="ISO-8859-1")


def test_several_are_counted(tmp_path):
    for name in "abcd":
        (tmp_path / f"{name}.csv").write_text(LINE if name in "bd" else "Who,Units\n")
    with pytest.raises(InputError, match=r"b\.csv: .* and so do those of 1 others"):
        _checked(tmp_path)


def test_a_file_that_cannot_be_read_is_left_to_spark(tmp_path):
    (tmp_path / "a.csv").write_text("Who,Units\n")
    (tmp_path / "b.csv.gz").write_bytes(b"not packed")
    _checked(tmp_path)


class Source:
    format, options = "csv", {"header": True}

    def __init__(self, path):
        self.path = str(path)


def test_columns_that_were_found_are_told_unless_nothing_may_be_quoted(spark, tmp_path):
    (tmp_path / "a.csv").write_text(LINE * 2)
    with pytest.raises(InputError, match="Found: '7', 'RAWID-000123'"):
        read_source(spark, Source(tmp_path), {"customer_id": "RAWID"})
    with pytest.raises(
        InputError, match=r"1 of 1 columns are missing\n  - 'RAWID' \(input.columns.customer_id\)\nFound: 2 others\. They are"
    ) as told:
        read_source(spark, Source(tmp_path), {"customer_id": "RAWID"}, quotes=False)
    assert "000123" not in str(told.value)


def test_a_line_of_any_number_of_columns_and_letters_is_no_error_of_sparks(spark, tmp_path):
    (tmp_path / "a.csv").write_text(f"who,units\n{'x' * 50},1\n7{30_000 * ','}\n")
    source = Source(tmp_path)
    source.options = {"maxCharsPerColumn": 20}
    rows = read_source(spark, source, {"customer_id": "who", "quantity": "units"}, quotes=False).collect()
    assert [len(row.customer_id) for row in rows] == [50, 1]
    assert [row.record is None for row in rows] == [True, False]
