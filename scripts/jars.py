"""Jars by exact version for what no Python package brings: `python scripts/jars.py GROUP` fetches them and tells where they are.

Spark's own resolver asks the registry that this machine is set up for. What Spark has itself is left out, since two versions of one
class in one process do not go together; a broker is a process of its own, and gets everything.
"""

import fcntl
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyspark

from segmentation.connectors import KAFKA, delta_of

HOME = Path(__file__).resolve().parents[1] / ".jars"
SPARK, VERSION = Path(pyspark.__file__).parent, pyspark.__version__
_NOTHING = "pass\n"


@dataclass(frozen=True)
class Package:
    """One package, without those of its needs that are named; `brings_all` where Spark's own do not serve it."""

    name: str
    without: tuple[str, ...] = ()
    brings_all: bool = False


GROUPS = {
    "delta": [Package(delta_of(VERSION), ("org.apache.hadoop:hadoop-client-api", "org.apache.hadoop:hadoop-client-runtime"))],
    # Registries may lack the newest token provider, which no test needs: an older one serves.
    "kafka-connector": [
        Package(f"{KAFKA}:{VERSION}", ("org.apache.spark:spark-token-provider-kafka-0-10_2.13",)),
        Package("org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.0.0", ("org.apache.kafka:kafka-clients",)),
    ],
    "kafka-broker": [Package("org.apache.kafka:kafka_2.13:4.1.2", brings_all=True)],
}


def jars(group: str) -> list[str]:
    """Paths of a group's jars; fetched once, whoever else asks at the same time."""
    home = HOME / group
    home.mkdir(parents=True, exist_ok=True)
    with open(home / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for package in GROUPS[group]:
            _fetch(package, home / re.sub(r"[^\w.-]", "_", package.name))
    return sorted(str(jar) for package in GROUPS[group] for jar in _needed(package, home / re.sub(r"[^\w.-]", "_", package.name)))


def _fetch(package: Package, home: Path) -> None:
    done, script = home / ".ready", home / "nothing.py"
    if done.exists():
        return
    home.mkdir(parents=True, exist_ok=True)
    script.write_text(_NOTHING, encoding="utf-8")
    command = [str(SPARK / "bin" / "spark-submit"), "--packages", package.name, "--conf", f"spark.jars.ivy={home}"]
    excluded = ["--exclude-packages", ",".join(package.without)] if package.without else []
    environment = {key: value for key, value in os.environ.items() if key not in ("SPARK_HOME", "PYSPARK_SUBMIT_ARGS")}
    found = subprocess.run([*command, *excluded, str(script)], capture_output=True, text=True, check=False, env=environment)
    if found.returncode:
        told = [line for line in found.stderr.splitlines() if "not found" in line or "Exception" in line]
        raise RuntimeError(f"{package.name} cannot be fetched:\n" + "\n".join(told[-5:]))
    done.touch()


def _needed(package: Package, home: Path) -> list[Path]:
    of_spark = set() if package.brings_all else {_artifact(jar.name) for jar in (SPARK / "jars").glob("*.jar")}
    return [jar for jar in (home / "jars").glob("*.jar") if _artifact(jar.name.partition("_")[2]) not in of_spark]


def _artifact(name: str) -> str:
    """A jar's name without its version."""
    return re.sub(r"-\d[\w.]*(-\w+)?\.jar$", "", name)


if __name__ == "__main__":
    print(",".join(jars(sys.argv[1])))
