"""A file that is not what it should be is known by its first bytes."""

import gzip

import fsspec
import pytest

from segmentation.storage.appearance import appearance


def _of(tmp_path, content, name="log.csv"):
    (tmp_path / name).write_bytes(content)
    return appearance(fsspec.filesystem("file"), str(tmp_path / name))


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
def test_a_file_is_called_by_what_it_looks_like(tmp_path, content, words):
    assert words in _of(tmp_path, content)


@pytest.mark.parametrize("content", [b"", b"who,units\n", "größe".encode(), b"\x07\x00\x13\x99"])
def test_a_file_that_looks_like_nothing_known_is_called_nothing(tmp_path, content):
    assert _of(tmp_path, content) is None


def test_what_is_packed_is_looked_into_and_what_cannot_be_opened_is_not(tmp_path):
    assert "UTF-16" in _of(tmp_path, gzip.compress("who".encode("utf-16")), "log.csv.gz")
    assert _of(tmp_path, b"\x1f\x8b\x08", "cut.csv.gz").startswith("damaged, or not packed at all")
    assert appearance(fsspec.filesystem("file"), str(tmp_path / "nowhere")) is None
