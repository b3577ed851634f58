"""Fetch jars that no Python package contains, by exact version: `python scripts/jars.py GROUP` prints their paths.

Spark's own resolver (Ivy) downloads them from Maven Central, or from DEFAULT_ARTIFACT_REPOSITORY. Jars that Spark has are left out, since
two versions of a class in one process conflict; a broker is a process of its own and gets all jars.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pyspark

from segmentation.connectors import KAFKA, delta_package

HOME = Path(__file__).resolve().parents[1] / ".jars"
SPARK, VERSION = Path(pyspark.__file__).parent, pyspark.__version__
_TRIES = 2
_MAVEN_CENTRAL = "https://repo1.maven.org/maven2/"
# Without the local Maven repository (~/.m2), which Spark's default settings ask first: Ivy takes a POM there without its jar for complete.
_IVY_SETTINGS = """<ivysettings>
  <property name="ivy.maven.lookup.sources" value="false"/>
  <property name="ivy.maven.lookup.javadoc" value="false"/>
  <settings defaultResolver="registry"/>
  <resolvers><ibiblio name="registry" m2compatible="true" usepoms="true" root={root}/></resolvers>
</ivysettings>
"""


@dataclass(frozen=True)
class Package:
    """A Maven package; `excluded` names dependencies to leave out, and `brings_all` includes jars that Spark has too."""

    name: str
    excluded: tuple[str, ...] = ()
    brings_all: bool = False


GROUPS = {
    "delta": [Package(delta_package(VERSION), ("org.apache.hadoop:hadoop-client-api", "org.apache.hadoop:hadoop-client-runtime"))],
    # Registries may lack the newest token provider, which no test needs: an older one will do.
    "kafka-connector": [
        Package(f"{KAFKA}:{VERSION}", ("org.apache.spark:spark-token-provider-kafka-0-10_2.13",)),
        Package("org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.0.0", ("org.apache.kafka:kafka-clients",)),
    ],
    "kafka-broker": [Package("org.apache.kafka:kafka_2.13:4.1.2", brings_all=True)],
}


def jars(group: str) -> list[str]:
    """Paths of a group's jars; they are downloaded once, also when several processes ask at the same time."""
    home = HOME / group
    home.mkdir(parents=True, exist_ok=True)
    folders = {package: home / re.sub(r"[^\w.-]", "_", package.name) for package in GROUPS[group]}
    with open(home / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for package, folder in folders.items():
            _fetch(package, folder)
    return sorted(str(jar) for package, folder in folders.items() for jar in _required_jars(package, folder))


def _fetch(package: Package, folder: Path) -> None:
    """Resolve a package into a folder; after a failure the folder is removed, since Ivy remembers there what it did not find."""
    done, errors = folder / ".ready", ""
    for _ in range(_TRIES):
        if done.exists():
            return
        errors = _resolve(package, folder)
        if not errors:
            done.touch()
            return
        shutil.rmtree(folder)
    raise RuntimeError(f"{package.name} cannot be fetched:\n{errors}")


def _resolve(package: Package, folder: Path) -> str:
    """Have Spark resolve a package; its errors, empty on success."""
    folder.mkdir(parents=True, exist_ok=True)
    script, settings = folder / "nothing.py", folder / "ivysettings.xml"
    script.write_text("pass\n", encoding="utf-8")
    root = os.environ.get("DEFAULT_ARTIFACT_REPOSITORY", _MAVEN_CENTRAL)
    settings.write_text(_IVY_SETTINGS.format(root=quoteattr(root)), encoding="utf-8")
    conf = ("--conf", f"spark.jars.ivy={folder}", "--conf", f"spark.jars.ivySettings={settings}")
    command = [str(SPARK / "bin" / "spark-submit"), "--packages", package.name, *conf]
    excluded = ["--exclude-packages", ",".join(package.excluded)] if package.excluded else []
    environment = {key: value for key, value in os.environ.items() if key not in ("SPARK_HOME", "PYSPARK_SUBMIT_ARGS")}
    done = subprocess.run([*command, *excluded, str(script)], capture_output=True, text=True, check=False, env=environment)
    if not done.returncode:
        return ""
    lines = done.stderr.splitlines()
    errors = [line for line in lines if any(word in line for word in ("not found", "FAILED", "Exception"))] or lines
    return "\n".join(errors[-5:]) or f"spark-submit ended with {done.returncode}"


def _required_jars(package: Package, folder: Path) -> list[Path]:
    of_spark = set() if package.brings_all else {_artifact(jar.name) for jar in (SPARK / "jars").glob("*.jar")}
    return [jar for jar in (folder / "jars").glob("*.jar") if _artifact(jar.name.partition("_")[2]) not in of_spark]


def _artifact(name: str) -> str:
    """A jar's name without its version."""
    return re.sub(r"-\d[\w.]*(-\w+)?\.jar$", "", name)


if __name__ == "__main__":
    print(",".join(jars(sys.argv[1])))
