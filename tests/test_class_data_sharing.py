"""The archive of Java's classes belongs to one Java and one Spark, and is used if it exists."""

import os
import subprocess
import sys

import pyspark
import pytest

from segmentation import class_data_sharing
from segmentation.errors import MissingDependencyError
from segmentation.session import local_conf
from segmentation.warm_up import warm_up


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def java_home(tmp_path, monkeypatch):
    """A broken Java."""
    java = tmp_path / "jdk" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    return java


def _create_archive():
    archive = class_data_sharing.archive_path()
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.touch()
    return archive


def test_a_local_session_starts_from_the_archive(cache):
    without = local_conf(0)["spark.driver.extraJavaOptions"]
    archive = _create_archive()
    assert "-XX:SharedArchiveFile" not in without
    assert (
        local_conf(0)["spark.driver.extraJavaOptions"] == f"{without} -XX:SharedArchiveFile={archive} -Xlog:cds=off -Xlog:cds+dynamic=off"
    )


def test_another_spark_does_not_use_the_archive(cache, monkeypatch):
    _create_archive()
    monkeypatch.setattr(pyspark, "__version__", "9.9.9")
    assert class_data_sharing.use_archive_option() == ""


def test_an_updated_java_does_not_use_the_archive(cache, java_home):
    _create_archive()
    os.utime(java_home, ns=(1, 1))
    assert class_data_sharing.use_archive_option() == ""


def test_an_archive_with_a_blank_in_its_path_is_not_used(cache, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache / "of mine"))
    _create_archive()
    assert class_data_sharing.use_archive_option() == ""


def test_without_a_home_folder_there_is_no_archive(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/dev/null/nowhere")
    assert class_data_sharing.use_archive_option() == ""


def test_a_failed_warm_up_says_why_and_leaves_nothing(cache, java_home):
    with pytest.raises(
        MissingDependencyError, match=r"^no classes archived; runs work as before\. The warm-up run printed: error: Java 17 or newer"
    ):
        warm_up()
    assert list((cache / "segmentation").iterdir()) == []


def test_a_cache_folder_that_cannot_be_created_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(MissingDependencyError, match=r"file/segmentation: Not a directory\. Name another folder in XDG_CACHE_HOME"):
        warm_up()


@pytest.mark.slow
def test_after_a_warm_up_spark_is_loaded_from_the_archive(cache, tmp_path):
    archive = warm_up()
    loaded = tmp_path / "loaded"
    environment = {**os.environ, "JDK_JAVA_OPTIONS": f"-Xlog:class+load:file={loaded}"}
    start = "from segmentation.session import start_session; start_session(0).range(3).count()"
    subprocess.run([sys.executable, "-c", start], env=environment, capture_output=True, check=True, timeout=120)
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    assert "org.apache.spark.SparkContext source: shared objects file (top)" in loaded.read_text()
