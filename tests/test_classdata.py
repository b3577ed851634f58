"""Java's classes are kept for one Java and one Spark, and used where they are found."""

import os
import subprocess
import sys

import pyspark
import pytest

from segmentation import classdata
from segmentation.errors import EnvironmentFault
from segmentation.session import local_defaults
from segmentation.workflows.warm_up import warm_up


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty place for caches."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def java_home(tmp_path, monkeypatch):
    """A Java of no use."""
    java = tmp_path / "jdk" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    return java


def _kept():
    archive = classdata.archive()
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.touch()
    return archive


def test_a_local_session_starts_from_classes_that_were_kept(cache):
    without = local_defaults(0)["spark.driver.extraJavaOptions"]
    archive = _kept()
    assert "-XX:SharedArchiveFile" not in without
    assert (
        local_defaults(0)["spark.driver.extraJavaOptions"]
        == f"{without} -XX:SharedArchiveFile={archive} -Xlog:cds=off -Xlog:cds+dynamic=off"
    )


def test_another_spark_does_not_use_them(cache, monkeypatch):
    _kept()
    monkeypatch.setattr(pyspark, "__version__", "9.9.9")
    assert classdata.using() == ""


def test_another_java_does_not_use_them_nor_the_same_one_updated(cache, java_home):
    _kept()
    os.utime(java_home, ns=(1, 1))
    assert classdata.using() == ""


def test_a_place_with_a_blank_in_its_name_is_left_alone(cache, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache / "of mine"))
    _kept()
    assert classdata.using() == ""


def test_without_a_home_there_are_none(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/dev/null/nowhere")
    assert classdata.using() == ""


def test_a_warm_up_that_fails_says_why_and_leaves_nothing(cache, java_home):
    with pytest.raises(
        EnvironmentFault, match=r"^no classes kept; runs go on as before\. The warm-up run said: error: Java 17 or newer is needed"
    ):
        warm_up()
    assert list((cache / "segmentation").iterdir()) == []


def test_a_cache_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(EnvironmentFault, match=r"file/segmentation: Not a directory\. Name another place in XDG_CACHE_HOME"):
        warm_up()


@pytest.mark.slow
def test_after_a_warm_up_spark_comes_from_the_archive(cache, tmp_path):
    kept = warm_up()
    loaded = tmp_path / "loaded"
    environment = {**os.environ, "JDK_JAVA_OPTIONS": f"-Xlog:class+load:file={loaded}"}
    start = "from segmentation.session import start_session; start_session(0).range(3).count()"
    subprocess.run([sys.executable, "-c", start], env=environment, capture_output=True, check=True, timeout=120)
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert "org.apache.spark.SparkContext source: shared objects file (top)" in loaded.read_text()
