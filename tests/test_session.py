"""Sessions start with settings for their input, need Java 17, and restore the settings they change."""

import gc
import os
from types import SimpleNamespace

import pytest

from segmentation import session
from segmentation.errors import MissingDependencyError, SettingsError
from segmentation.session import REQUIRED_CONF, SMALL_INPUT_BYTES, check_java, local_conf, required_conf, shuffle_partitions, start_session

PROVIDERS = ("PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION", "SPARK_REMOTE")
REMEDY = "Install one (Debian and Ubuntu: apt-get install openjdk-17-jre-headless) or point JAVA_HOME at it."


@pytest.fixture
def java(tmp_path, monkeypatch):
    """Put a java that prints a text into JAVA_HOME; returns its path."""

    def put(output, stream=2):
        path = tmp_path / "jdk" / "bin" / "java"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\ncat >&{stream} <<'END'\n{output}\nEND\n")
        path.chmod(0o755)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
        return path

    return put


@pytest.fixture
def not_provided(monkeypatch):
    """Nobody provides a session."""
    for key in PROVIDERS:
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def built(monkeypatch):
    """What the session's builder is given, and how often Java is checked."""
    conf, checks = {}, []

    class Builder:
        def appName(self, name):  # noqa: N802 - Spark's name
            conf["name"] = name
            return self

        def config(self, key, value):
            conf[key] = value
            return self

        def getOrCreate(self):  # noqa: N802 - Spark's name
            return "session"

    monkeypatch.setattr(session, "SparkSession", SimpleNamespace(builder=Builder()))
    monkeypatch.setattr(session, "check_java", lambda: checks.append("checked"))
    return conf, checks


def test_this_machines_java_is_accepted():
    assert check_java() is None


def test_no_java_on_the_path_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError) as raised:
        check_java()
    assert str(raised.value) == f"Java 17 or newer is needed, and there is no java on the PATH. {REMEDY}"


def test_a_java_home_without_java_is_reported_even_if_there_is_one_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingDependencyError, match=f"JAVA_HOME is {tmp_path}, and has no bin/java"):
        check_java()


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ('java version "1.8.0_392"\nJava(TM) SE Runtime Environment (build 1.8.0_392-b08)', "8"),
        ('openjdk version "11.0.2" 2019-01-15', "11"),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx17g\nopenjdk version "16" 2021-03-16', "16"),
    ],
)
def test_a_java_that_is_too_old_is_reported_with_its_version(java, output, version):
    path = java(output)
    with pytest.raises(MissingDependencyError) as raised:
        check_java()
    assert str(raised.value) == f"Java 17 or newer is needed; {path} is version {version}. {REMEDY}"


@pytest.mark.parametrize("output", ["", "command not found", 'openjdk version "unknown"'])
def test_a_java_without_a_version_is_rejected(java, output):
    java(output)
    with pytest.raises(MissingDependencyError, match="does not report its version"):
        check_java()


@pytest.mark.parametrize("version", ["17", "17.0.12", "21-ea", "25.0.1"])
def test_java_17_and_newer_are_accepted(java, version):
    java(f'openjdk version "{version}" 2025-10-21')
    assert check_java() is None


def test_small_inputs_get_a_jvm_that_starts_fast_and_a_small_number_of_partitions():
    small = local_conf(SMALL_INPUT_BYTES - 1, cores=4)
    assert "-XX:TieredStopAtLevel=1" in small["spark.driver.extraJavaOptions"]
    assert small["spark.sql.shuffle.partitions"] == "4"


@pytest.mark.parametrize("size", [SMALL_INPUT_BYTES, None])
def test_inputs_that_are_large_or_unknown_get_a_jvm_that_runs_fast_and_more_partitions(size):
    large = local_conf(size, cores=4)
    assert "-XX:TieredStopAtLevel" not in large["spark.driver.extraJavaOptions"]
    assert "-XX:+UseParallelGC" in large["spark.driver.extraJavaOptions"]
    assert large["spark.sql.shuffle.partitions"] == "32"


def test_an_empty_input_is_small():
    assert local_conf(0, cores=4) == local_conf(1, cores=4)


@pytest.mark.parametrize(("gibibytes", "memory"), [(1, "2g"), (12, "4g"), (64, "8g")])
def test_the_driver_gets_a_third_of_the_memory_between_2_and_8_gib(monkeypatch, gibibytes, memory):
    monkeypatch.delenv("SEGMENTATION_DRIVER_GB", raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": gibibytes * 2**18}.__getitem__)
    assert local_conf(None)["spark.driver.memory"] == memory


def test_the_drivers_memory_may_be_set(monkeypatch):
    monkeypatch.setenv("SEGMENTATION_DRIVER_GB", "13")
    assert local_conf(None)["spark.driver.memory"] == "13g"
    monkeypatch.setenv("SEGMENTATION_DRIVER_GB", "much")
    with pytest.raises(SettingsError, match="SEGMENTATION_DRIVER_GB is 'much'"):
        local_conf(None)


def test_a_local_session_is_started_with_settings_for_its_input(not_provided, built):
    conf, checks = built
    assert start_session(input_bytes=1, app_name="night") == "session"
    assert conf == {"name": "night", **local_conf(1)}
    assert checks == ["checked"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provided_session_is_used_as_it_is(not_provided, built, monkeypatch, provider):
    monkeypatch.setenv(provider, "1")
    conf, checks = built
    assert start_session() == "session"
    assert conf == {"name": "segmentation"}
    assert checks == []


def test_required_settings_are_set_and_restored(spark):
    before = {"spark.sql.session.timeZone": "Asia/Tokyo", "spark.sql.ansi.enabled": "false", "spark.sql.legacy.parquet.nanosAsLong": "true"}
    before["spark.sql.icu.caseMappings.enabled"] = "true"
    try:
        for key, value in before.items():
            spark.conf.set(key, value)
        with required_conf(spark) as same:
            during = {key: same.conf.get(key) for key in REQUIRED_CONF}
        assert during == REQUIRED_CONF
        assert {key: spark.conf.get(key) for key in REQUIRED_CONF} == before
    finally:
        for key, value in REQUIRED_CONF.items():
            spark.conf.set(key, value)


def test_after_an_error_settings_are_restored_and_unset_ones_are_unset():
    given = {"spark.sql.session.timeZone": "Asia/Tokyo"}
    conf = SimpleNamespace(get=given.get, set=given.__setitem__, unset=given.__delitem__)
    during = {}

    def fail_within_required_conf():
        with required_conf(SimpleNamespace(conf=conf)):
            during.update(given)
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail_within_required_conf()
    assert during == REQUIRED_CONF
    assert given == {"spark.sql.session.timeZone": "Asia/Tokyo"}


@pytest.mark.parametrize(("given", "partitions"), [("7", 7), ("auto", 200), (None, 200)])
def test_shuffle_partitions_are_those_set_or_sparks_default(given, partitions):
    conf = SimpleNamespace(get=lambda key, default: given if key == "spark.sql.shuffle.partitions" else default)
    assert shuffle_partitions(SimpleNamespace(conf=conf)) == partitions


class Cycle:
    """Garbage that records its collection."""

    def __init__(self, events):
        self.events, self.me = events, self

    def __del__(self):
        self.events.append("collected")


@pytest.mark.parametrize(("remote", "meanwhile"), [(True, []), (False, ["collected"])])
def test_over_spark_connect_garbage_is_collected_after_the_work(spark, monkeypatch, remote, meanwhile):
    monkeypatch.setattr(session, "is_remote", lambda: remote)
    events = []
    with required_conf(spark), required_conf(spark):
        Cycle(events)
        young = [[] for _ in range(gc.get_threshold()[0] + 1)]  # enough to trigger automatic collection
        assert events == meanwhile
    assert (events, gc.isenabled(), len(young) > 0) == (["collected"], True, True)
