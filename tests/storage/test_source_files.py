"""Versions of a table's files change when the files do, and rows of some files are read without the others."""

import os

import fsspec
import pyarrow as arrow
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from pyarrow import parquet

from segmentation.session import required_conf
from segmentation.settings import CategoryLookup
from segmentation.storage import file_versions, read_source, rows_from_files

WHO = {"customer_id": "who", "quantity": "units"}


def _source(path, kind="csv", **options):
    return CategoryLookup(format=kind, path=str(path), options=options, product_id="p", category="c")


@pytest.fixture
def csv(tmp_path):
    """Write a text to a file of that name."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


class Listed:
    """A table with files elsewhere."""

    def __init__(self, *files):
        self.files = files

    def inputFiles(self):  # noqa: N802 - Spark's name
        return list(self.files)


class Store(fsspec.AbstractFileSystem):
    """An object store with a tag per file, which counts its listings."""

    protocol = "store"
    listings = 0

    def ls(self, path, detail=True, **kwargs):
        Store.listings += 1
        return [{"name": f"{path}/{name}", "size": 4, "ETag": f"tag of {name}", "mtime": 0} for name in ("a b.csv", "c.csv")]


def test_a_folder_of_a_store_is_listed_once_and_its_tags_are_the_versions():
    fsspec.register_implementation("store", Store, clobber=True)
    versions = file_versions(Listed("store://log/a%20b.csv", "store://log/c.csv"))
    assert versions == {"store://log/a%20b.csv": "4 tag of a b.csv", "store://log/c.csv": "4 tag of c.csv"}
    assert Store.listings == 1


@pytest.mark.parametrize("file", ["memory://no/such.csv", "unheard-of://log/a.csv", "file:///no/such.csv"])
def test_files_that_cannot_be_reached_have_no_versions(file):
    assert file_versions(Listed(file)) is None


def test_a_file_system_without_times_of_change_gives_no_versions():
    MemoryFileSystem().pipe_file("/log/a.csv", b"text")
    assert file_versions(Listed("memory://log/a.csv")) is None


def test_a_links_version_is_that_of_its_target(tmp_path):
    (tmp_path / "a.csv").write_text("text")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    link = Listed((tmp_path / "link.csv").as_uri())
    before = file_versions(link)
    os.utime(tmp_path / "a.csv", ns=(0, 0))
    assert file_versions(link) != before


def test_a_changed_or_new_file_has_a_new_version_and_others_do_not(spark, csv):
    path = csv("log/a b%[1].csv", "units,who\n1,ann\n")
    source = _source(path.parent)
    before = file_versions(read_source(spark, source, WHO))
    assert len(before) == 1
    csv("log/é.csv", "units,who\n2,bob\n")
    more = file_versions(read_source(spark, source, WHO))
    assert {name: more[name] for name in before} == before
    csv("log/a b%[1].csv", "units,who\n3,ann\n")
    os.utime(path, ns=(0, 0))
    after = file_versions(read_source(spark, source, WHO))
    assert [name for name in more if after[name] != more[name]] == list(before)


@pytest.mark.parametrize("folder", ["log", "a log/day=2024-03-01"])
def test_rows_of_some_files_are_read(spark, csv, tmp_path, folder):
    csv(f"{folder}/a b%[1].csv", "units,who\n1,ann\n")
    csv(f"{folder}/é,ü.csv", "units,who\n2,bob\n")
    source = read_source(spark, _source(tmp_path / folder.split("/")[0]), WHO)
    (one,) = (name for name in file_versions(source) if "a%20b" in name)
    assert [row.customer_id for row in rows_from_files(source, [one]).collect()] == ["ann"]
    assert rows_from_files(source, []).count() == 0


def test_other_files_are_not_opened(spark, csv):
    csv("log/a.csv", "units,who\n1,ann\n")
    source = read_source(spark, _source(csv("log/b.csv", "units,who\n2,bob\n").parent), WHO)
    first, second = sorted(file_versions(source))
    csv("log/b.csv", "not,the,header\n1,2,3\n")
    assert [row.customer_id for row in rows_from_files(source, [first]).collect()] == ["ann"]
    with pytest.raises(Exception, match=r"header|FAILED_READ_FILE"):
        rows_from_files(source, [second]).collect()


def test_rows_of_some_files_with_nanoseconds_are_read(spark, tmp_path):
    times = arrow.array([1_709_294_400_000_000_001], arrow.timestamp("ns"))
    for name in ("a", "b"):
        parquet.write_table(arrow.table({"who": [name], "units": times}), tmp_path / f"{name}.parquet")
    with required_conf(spark):
        source = read_source(spark, _source(tmp_path, "parquet"), WHO)
        rows = rows_from_files(source, [name for name in file_versions(source) if "/b." in name]).collect()
    assert [row.customer_id for row in rows] == ["b"]
