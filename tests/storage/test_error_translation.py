"""Disk errors are translated: which disk, what events to the run, and what to do."""

import errno
import os
import shutil
from collections import namedtuple

import pytest

from segmentation.errors import SettingsError
from segmentation.storage import cleanup_on_error, translate_error

Usage = namedtuple("Usage", "total used free")
PySparkError = type("SparkException", (Exception,), {"__module__": "pyspark.errors"})


@pytest.fixture
def disk(monkeypatch):
    """Set the free bytes of every local disk."""

    def set_free(free):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**30, 2**30 - free, free))

    set_free(2**29)
    return set_free


def translated(error, output):
    error = translate_error(error, str(output))
    assert isinstance(error, SettingsError)
    return str(error)


def test_a_full_disk_of_the_output_is_reported(disk, tmp_path):
    disk(0)
    message = translated(OSError(errno.ENOSPC, "No space left on device"), tmp_path / "out" / "runs")
    assert (
        f"output.path: the disk of {tmp_path}/out/runs is full. Nothing was published; the published run is unchanged. Free some space"
        in message
    )


def test_if_the_outputs_disk_has_space_again_both_candidate_disks_are_named(disk, tmp_path):
    message = translated(PySparkError("Job aborted: java.io.IOException: No space left on device"), tmp_path)
    assert message.startswith(
        f"a disk was full: that of output.path {tmp_path} (537 MB free here now), or one that Spark works on (spark.local.dir"
    )


def test_the_disk_of_a_remote_output_is_not_inspected(disk):
    message = translated(PySparkError("java.io.IOException: No space left on device"), "s3://bucket/out")
    assert "output.path s3://bucket/out, or one that Spark works on" in message


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "is read-only"),
        (errno.EACCES, "may not be written to"),
        (errno.EPERM, "may not be written to"),
        (errno.EIO, "input/output"),
    ],
)
def test_a_file_below_the_output_that_cannot_be_written_is_reported_with_the_reason(disk, tmp_path, number, words):
    assert words in translated(OSError(number, os.strerror(number), str(tmp_path / "runs" / "r1")), tmp_path)


def test_a_file_elsewhere_that_cannot_be_opened_is_not_an_output_error(disk, tmp_path):
    for path in ("/elsewhere/log.csv", f"{tmp_path}2/log.csv"):
        assert translate_error(PermissionError(errno.EACCES, "Permission denied", path), str(tmp_path)) is None


def test_other_errors_are_not_translated(disk, tmp_path):
    assert translate_error(ValueError("No space left on device"), str(tmp_path)) is None
    assert translate_error(OSError(errno.ENOENT, "no such file"), str(tmp_path)) is None


def test_a_folder_that_java_could_not_create_is_reported_by_the_disks_state(disk, tmp_path):
    refused = PySparkError(f"java.io.IOException: Mkdirs failed to create file:{tmp_path}/runs")
    assert "may not be written to" in translated(refused, tmp_path)
    disk(0)
    assert "is full" in translated(refused, tmp_path)


@pytest.mark.parametrize("said", ["Failed to rename FileStatus{path=file:/out}", "[TASK_WRITE_FAILED] Task failed while writing rows"])
def test_a_failed_write_without_a_reason_is_reported_by_the_disks_state(disk, tmp_path, said):
    assert translate_error(PySparkError(said), str(tmp_path)) is None
    disk(0)
    assert "is full" in translated(PySparkError(said), tmp_path)


def test_an_error_is_translated_before_the_cleanup():
    events = []
    with (
        pytest.raises(SettingsError, match="translated"),
        cleanup_on_error(lambda: events.append("cleaned up"), lambda _: events.append("translated") or SettingsError("translated")),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert events == ["translated", "cleaned up"]


def test_an_error_without_a_translation_is_raised_unchanged():
    cleanups = []
    with pytest.raises(ValueError, match="unchanged"), cleanup_on_error(lambda: cleanups.append(True), lambda _: None):
        raise ValueError("unchanged")
    assert cleanups == [True]
