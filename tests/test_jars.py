"""Jars are fetched despite a broken local Maven repository, and after a failure; a session that cannot fetch them says what to do."""

import os
import subprocess
import sys
import zipfile

import jars
import pyspark
import pytest

from segmentation.connectors import JARS_VARIABLE, delta_package

NAME = "org.example:lib:1.0"
DELTA = delta_package(pyspark.__version__)
POM = (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    "<groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></project>"
)
SETTINGS = """
input: {format: csv, path: log, columns: {customer_id: who, ordered_at: when, amount: paid}}
output: {path: out}
"""


def publish(repository, name=NAME, has_jar=True):
    """Put a package into a Maven repository, or only its POM."""
    group, artifact, version = name.split(":")
    folder = repository.joinpath(*group.split("."), artifact, version)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{artifact}-{version}.pom").write_text(POM.format(group, artifact, version))
    if has_jar:
        with zipfile.ZipFile(folder / f"{artifact}-{version}.jar", "w") as jar:
            jar.writestr("empty", "")


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """An empty registry on disk; Spark's resolver uses it, and a home folder without a Maven repository."""
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", (tmp_path / "registry").as_uri() + "/")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Duser.home={tmp_path / 'home'}")
    monkeypatch.setattr(jars, "HOME", tmp_path / "jars")
    monkeypatch.setitem(jars.GROUPS, "example", [jars.Package(NAME)])
    return tmp_path / "registry"


@pytest.fixture
def broken_maven_repository(tmp_path):
    """POMs without their jars in the home folder's Maven repository: Ivy asks no registry for the jars."""
    for name in (NAME, DELTA):
        publish(tmp_path / "home" / ".m2" / "repository", name, has_jar=False)


def test_a_pom_without_its_jar_in_the_local_maven_repository_is_ignored(registry, broken_maven_repository):
    publish(registry)
    (path,) = jars.jars("example")
    assert path.endswith("/jars/org.example_lib-1.0.jar")


def test_a_failure_leaves_no_folder_and_the_next_attempt_succeeds(registry, tmp_path):
    publish(registry, has_jar=False)
    with pytest.raises(RuntimeError, match=rf"{NAME} cannot be fetched:\n(.*\n)*.*(not found|FAILED|Exception)"):
        jars.jars("example")
    assert [path.name for path in (tmp_path / "jars" / "example").iterdir()] == [".lock"]
    publish(registry)
    assert len(jars.jars("example")) == 1


def test_a_fetch_that_fails_once_is_repeated_in_an_empty_folder(registry, monkeypatch):
    folders = []

    def resolve(package, folder):
        folders.append(folder.exists())
        folder.mkdir(parents=True, exist_ok=True)
        return "not found" if len(folders) == 1 else ""

    monkeypatch.setattr(jars, "_resolve", resolve)
    assert jars.jars("example") == jars.jars("example") == []
    assert folders == [False, False]


def test_a_stream_that_cannot_fetch_delta_says_what_to_do(registry, broken_maven_repository, tmp_path):
    (tmp_path / "shop.yaml").write_text(SETTINGS)
    environment = {key: value for key, value in os.environ.items() if key != JARS_VARIABLE} | {"SPARK_LOCAL_IP": "127.0.0.1"}
    command = [sys.executable, "-m", "segmentation.cli", "stream", "--once", "--config", str(tmp_path / "shop.yaml")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment, cwd=tmp_path)
    assert ended.returncode == 2, ended.stderr
    message = " ".join(ended.stderr[ended.stderr.rindex("error:") :].split())
    assert message.startswith(f"error: Spark ended while it fetched {DELTA}: ")
    assert "~/.m2/repository has its POM without the jar: remove its folder there, and Ivy's cache" in message
    assert JARS_VARIABLE in message
