"""Files of a table are told apart, and what some of them hold is read without the others."""

import os

import fsspec
import pyarrow as arrow
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from pyarrow import parquet

from segmentation.session import settled
from segmentation.settings import CategoryLookup
from segmentation.storage import file_stamps, read_source, read_within

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
    """A table of files elsewhere."""

    def __init__(self, *files):
        self.files = files

    def inputFiles(self):  # noqa: N802 - Spark's name
        return list(self.files)


class Store(fsspec.AbstractFileSystem):
    """An object store that tells a tag of each file, and counts what it is asked."""

    protocol = "store"
    asked = 0

    def ls(self, path, detail=True, **kwargs):
        Store.asked += 1
        return [{"name": f"{path}/{name}", "size": 4, "ETag": f"tag of {name}", "mtime": 0} for name in ("a b.csv", "c.csv")]


def test_a_folder_of_a_store_is_listed_once_and_its_tags_tell_what_changes():
    fsspec.register_implementation("store", Store, clobber=True)
    found = file_stamps(Listed("store://log/a%20b.csv", "store://log/c.csv"))
    assert found == {"store://log/a%20b.csv": "4 tag of a b.csv", "store://log/c.csv": "4 tag of c.csv"}
    assert Store.asked == 1


@pytest.mark.parametrize("file", ["memory://no/such.csv", "unheard-of://log/a.csv", "file:///no/such.csv"])
def test_where_files_cannot_be_asked_nothing_is_told(file):
    assert file_stamps(Listed(file)) is None


def test_a_file_that_tells_no_time_of_change_is_not_taken_for_unchanged():
    MemoryFileSystem().pipe_file("/log/a.csv", b"text")
    assert file_stamps(Listed("memory://log/a.csv")) is None


def test_a_link_tells_of_what_it_leads_to(tmp_path):
    (tmp_path / "a.csv").write_text("text")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    link = Listed((tmp_path / "link.csv").as_uri())
    before = file_stamps(link)
    os.utime(tmp_path / "a.csv", ns=(0, 0))
    assert file_stamps(link) != before


def test_a_tables_files_are_told_with_what_changes_when_they_do(spark, csv):
    path = csv("log/a b%[1].csv", "units,who\n1,ann\n")
    source = _source(path.parent)
    before = file_stamps(read_source(spark, source, WHO))
    assert len(before) == 1
    csv("log/é.csv", "units,who\n2,bob\n")
    more = file_stamps(read_source(spark, source, WHO))
    assert {name: more[name] for name in before} == before
    csv("log/a b%[1].csv", "units,who\n3,ann\n")
    os.utime(path, ns=(0, 0))
    after = file_stamps(read_source(spark, source, WHO))
    assert [name for name in more if after[name] != more[name]] == list(before)


@pytest.mark.parametrize("folder", ["log", "a log/day=2024-03-01"])
def test_a_table_can_be_read_within_some_of_its_files(spark, csv, tmp_path, folder):
    csv(f"{folder}/a b%[1].csv", "units,who\n1,ann\n")
    csv(f"{folder}/é,ü.csv", "units,who\n2,bob\n")
    source = read_source(spark, _source(tmp_path / folder.split("/")[0]), WHO)
    (one,) = (name for name in file_stamps(source) if "a%20b" in name)
    assert [row.customer_id for row in read_within(source, [one]).collect()] == ["ann"]
    assert read_within(source, []).count() == 0


def test_only_the_files_asked_for_are_opened(spark, csv):
    csv("log/a.csv", "units,who\n1,ann\n")
    source = read_source(spark, _source(csv("log/b.csv", "units,who\n2,bob\n").parent), WHO)
    first, second = sorted(file_stamps(source))
    csv("log/b.csv", "not,the,header\n1,2,3\n")
    assert [row.customer_id for row in read_within(source, [first]).collect()] == ["ann"]
    with pytest.raises(Exception, match=r"header|FAILED_READ_FILE"):
        read_within(source, [second]).collect()


def test_nanosecond_files_can_be_read_apart(spark, tmp_path):
    times = arrow.array([1_709_294_400_000_000_001], arrow.timestamp("ns"))
    for name in ("a", "b"):
        parquet.write_table(arrow.table({"who": [name], "units": times}), tmp_path / f"{name}.parquet")
    with settled(spark):
        source = read_source(spark, _source(tmp_path, "parquet"), WHO)
        found = read_within(source, [name for name in file_stamps(source) if "/b." in name]).collect()
    assert [row.customer_id for row in found] == ["b"]
