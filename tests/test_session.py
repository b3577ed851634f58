"""A session that starts where Java allows it, and gives back what it found."""

import gc
import os
from types import SimpleNamespace

import pytest

from segmentation import session
from segmentation.errors import EnvironmentFault
from segmentation.session import REQUIRED, SMALL_INPUT_BYTES, check_java, local_defaults, settled, shuffle_parts, start_session

GIVERS = ("PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION", "SPARK_REMOTE")
REMEDY = "Install one (Debian and Ubuntu: apt-get install openjdk-17-jre-headless) or point JAVA_HOME at it."


@pytest.fixture
def java(tmp_path, monkeypatch):
    """Put a java of a given answer in JAVA_HOME; returns where it stands."""

    def put(said, stream=2):
        path = tmp_path / "jdk" / "bin" / "java"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\ncat >&{stream} <<'END'\n{said}\nEND\n")
        path.chmod(0o755)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
        return path

    return put


@pytest.fixture
def alone(monkeypatch):
    """No one brings a session."""
    for key in GIVERS:
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def built(monkeypatch):
    """What is asked of a session's builder, and how often Java was looked at."""
    asked, looks = {}, []

    class Builder:
        def appName(self, name):  # noqa: N802 - Spark's name
            asked["name"] = name
            return self

        def config(self, key, value):
            asked[key] = value
            return self

        def getOrCreate(self):  # noqa: N802 - Spark's name
            return "session"

    monkeypatch.setattr(session, "SparkSession", SimpleNamespace(builder=Builder()))
    monkeypatch.setattr(session, "check_java", lambda: looks.append("looked"))
    return asked, looks


def test_the_java_at_hand_will_do():
    assert check_java() is None


def test_no_java_on_the_path_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFault) as raised:
        check_java()
    assert str(raised.value) == f"Java 17 or newer is needed, and there is no java on the PATH. {REMEDY}"


def test_a_java_home_without_java_is_named_though_there_is_one_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EnvironmentFault, match=f"JAVA_HOME is {tmp_path}, and has no bin/java"):
        check_java()


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('java version "1.8.0_392"\nJava(TM) SE Runtime Environment (build 1.8.0_392-b08)', "8"),
        ('openjdk version "11.0.2" 2019-01-15', "11"),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx17g\nopenjdk version "16" 2021-03-16', "16"),
    ],
)
def test_a_java_too_old_is_named_with_its_version(java, said, version):
    path = java(said)
    with pytest.raises(EnvironmentFault) as raised:
        check_java()
    assert str(raised.value) == f"Java 17 or newer is needed; {path} is version {version}. {REMEDY}"


@pytest.mark.parametrize("said", ["", "command not found", 'openjdk version "unknown"'])
def test_a_java_that_does_not_tell_its_version_is_refused(java, said):
    java(said)
    with pytest.raises(EnvironmentFault, match="does not tell its version"):
        check_java()


@pytest.mark.parametrize("version", ["17", "17.0.12", "21-ea", "25.0.1"])
def test_java_17_and_newer_will_do(java, version):
    java(f'openjdk version "{version}" 2025-10-21')
    assert check_java() is None


def test_small_inputs_get_a_jvm_that_starts_fast_and_few_partitions():
    small = local_defaults(SMALL_INPUT_BYTES - 1, cores=4)
    assert "-XX:TieredStopAtLevel=1" in small["spark.driver.extraJavaOptions"]
    assert small["spark.sql.shuffle.partitions"] == "4"


@pytest.mark.parametrize("size", [SMALL_INPUT_BYTES, None])
def test_inputs_that_are_large_or_unknown_get_a_jvm_that_runs_fast_and_more_partitions(size):
    large = local_defaults(size, cores=4)
    assert "-XX:TieredStopAtLevel" not in large["spark.driver.extraJavaOptions"]
    assert "-XX:+UseParallelGC" in large["spark.driver.extraJavaOptions"]
    assert large["spark.sql.shuffle.partitions"] == "32"


def test_an_empty_input_is_small():
    assert local_defaults(0, cores=4) == local_defaults(1, cores=4)


@pytest.mark.parametrize(("gibibytes", "memory"), [(1, "2g"), (12, "4g"), (64, "8g")])
def test_the_driver_takes_a_third_of_the_memory_between_2_and_8_gib(monkeypatch, gibibytes, memory):
    monkeypatch.delenv("SEGMENTATION_DRIVER_GB", raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": gibibytes * 2**18}.__getitem__)
    assert local_defaults(None)["spark.driver.memory"] == memory


def test_the_drivers_memory_may_be_given(monkeypatch):
    monkeypatch.setenv("SEGMENTATION_DRIVER_GB", "13")
    assert local_defaults(None)["spark.driver.memory"] == "13g"


def test_a_local_session_is_started_with_settings_for_its_input(alone, built):
    asked, looks = built
    assert start_session(input_bytes=1, app_name="night") == "session"
    assert asked == {"name": "night", **local_defaults(1)}
    assert looks == ["looked"]


@pytest.mark.parametrize("giver", GIVERS)
def test_a_session_that_is_given_keeps_its_settings_and_its_java(alone, built, monkeypatch, giver):
    monkeypatch.setenv(giver, "1")
    asked, looks = built
    assert start_session() == "session"
    assert asked == {"name": "segmentation"}
    assert looks == []


def test_settings_that_results_rest_on_are_held_and_given_back(spark):
    before = {"spark.sql.session.timeZone": "Asia/Tokyo", "spark.sql.ansi.enabled": "false", "spark.sql.legacy.parquet.nanosAsLong": "true"}
    before["spark.sql.icu.caseMappings.enabled"] = "true"
    try:
        for key, value in before.items():
            spark.conf.set(key, value)
        with settled(spark) as same:
            held = {key: same.conf.get(key) for key in REQUIRED}
        assert held == REQUIRED
        assert {key: spark.conf.get(key) for key in REQUIRED} == before
    finally:
        for key, value in REQUIRED.items():
            spark.conf.set(key, value)


def test_after_a_failure_settings_are_given_back_and_those_not_set_are_not_set():
    given = {"spark.sql.session.timeZone": "Asia/Tokyo"}
    conf = SimpleNamespace(get=given.get, set=given.__setitem__, unset=given.__delitem__)
    held = {}

    def fail_while_settled():
        with settled(SimpleNamespace(conf=conf)):
            held.update(given)
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail_while_settled()
    assert held == REQUIRED
    assert given == {"spark.sql.session.timeZone": "Asia/Tokyo"}


@pytest.mark.parametrize(("given", "parts"), [("7", 7), ("auto", 200), (None, 200)])
def test_a_shuffle_has_as_many_parts_as_are_set_where_a_number_is(given, parts):
    conf = SimpleNamespace(get=lambda key, default: given if key == "spark.sql.shuffle.partitions" else default)
    assert shuffle_parts(SimpleNamespace(conf=conf)) == parts


class Gone:
    """Tells of its end."""

    def __init__(self, ends):
        self.ends, self.me = ends, self

    def __del__(self):
        self.ends.append("collected")


@pytest.mark.parametrize(("remote", "meanwhile"), [(True, []), (False, ["collected"])])
def test_a_client_of_spark_connect_collects_garbage_when_its_work_is_done(spark, monkeypatch, remote, meanwhile):
    monkeypatch.setattr(session, "is_remote", lambda: remote)
    ends = []
    with settled(spark), settled(spark):
        Gone(ends)
        young = [[] for _ in range(gc.get_threshold()[0] + 1)]  # so many that Python looks for garbage by itself
        assert ends == meanwhile
    assert (ends, gc.isenabled(), len(young) > 0) == (["collected"], True, True)
