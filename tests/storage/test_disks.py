"""A disk that takes no more is told as such: which one, what became of the run, and what to do."""

import errno
import os
import shutil
from collections import namedtuple

import pytest

from segmentation.errors import SettingsError
from segmentation.storage import explained, taking_back

Usage = namedtuple("Usage", "total used free")
PySparkError = type("SparkException", (Exception,), {"__module__": "pyspark.errors"})


@pytest.fixture
def disk(monkeypatch):
    """Says how many bytes every disk here has left."""

    def left(free):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**30, 2**30 - free, free))

    left(2**29)
    return left


def told(error, output):
    found = explained(error, str(output))
    assert isinstance(found, SettingsError)
    return str(found)


def test_a_full_disk_of_the_output_is_named_with_what_became_of_the_run(disk, tmp_path):
    disk(0)
    said = told(OSError(errno.ENOSPC, "No space left on device"), tmp_path / "out" / "runs")
    assert f"output.path: the disk of {tmp_path}/out/runs is full. Nothing was published; what was, stays. Free some space" in said


def test_where_the_outputs_disk_has_room_again_both_are_named_that_may_have_been_full(disk, tmp_path):
    said = told(PySparkError("Job aborted: java.io.IOException: No space left on device"), tmp_path)
    assert said.startswith(
        f"a disk was full: that of output.path {tmp_path} (537 MB free here now), or one that Spark works on (spark.local.dir"
    )


def test_of_an_output_elsewhere_no_disk_is_looked_at(disk):
    said = told(PySparkError("java.io.IOException: No space left on device"), "s3://bucket/out")
    assert "output.path s3://bucket/out, or one that Spark works on" in said


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "is read-only"),
        (errno.EACCES, "may not be written to"),
        (errno.EPERM, "may not be written to"),
        (errno.EIO, "input/output"),
    ],
)
def test_a_file_that_cannot_be_written_below_the_output_is_told_by_its_reason(disk, tmp_path, number, words):
    assert words in told(OSError(number, os.strerror(number), str(tmp_path / "runs" / "r1")), tmp_path)


def test_a_file_elsewhere_that_cannot_be_opened_is_no_fault_of_the_output(disk, tmp_path):
    for path in ("/elsewhere/log.csv", f"{tmp_path}2/log.csv"):
        assert explained(PermissionError(errno.EACCES, "Permission denied", path), str(tmp_path)) is None


def test_an_error_of_any_other_kind_is_not_explained_away(disk, tmp_path):
    assert explained(ValueError("No space left on device"), str(tmp_path)) is None
    assert explained(OSError(errno.ENOENT, "no such file"), str(tmp_path)) is None


def test_a_folder_that_java_could_not_make_is_told_by_what_the_disk_is(disk, tmp_path):
    refused = PySparkError(f"java.io.IOException: Mkdirs failed to create file:{tmp_path}/runs")
    assert "may not be written to" in told(refused, tmp_path)
    disk(0)
    assert "is full" in told(refused, tmp_path)


@pytest.mark.parametrize("said", ["Failed to rename FileStatus{path=file:/out}", "[TASK_WRITE_FAILED] Task failed while writing rows"])
def test_a_failed_write_without_a_reason_is_told_by_what_the_disk_is(disk, tmp_path, said):
    assert explained(PySparkError(said), str(tmp_path)) is None
    disk(0)
    assert "is full" in told(PySparkError(said), tmp_path)


def test_what_is_taken_back_was_explained_before():
    happened = []
    with (
        pytest.raises(SettingsError, match="explained"),
        taking_back(lambda: happened.append("undone"), lambda _: happened.append("explained") or SettingsError("explained")),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert happened == ["explained", "undone"]


def test_an_error_that_means_nothing_more_is_raised_as_it_is():
    undone = []
    with pytest.raises(ValueError, match="as it is"), taking_back(lambda: undone.append(True), lambda _: None):
        raise ValueError("as it is")
    assert undone == [True]
