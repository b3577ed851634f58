"""`segmentation stream` in a process of its own or one after the other in one, and what it leaves, read by others than Spark."""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import duckdb
from deltalake import DeltaTable
from jars import jars

DRIVER, SERVING = (Path(__file__).with_name(name) for name in ("driver.py", "serving.py"))
GROUPS = ("delta", "kafka-connector")
NOT_COMPILED = (("spark.sql.codegen.wholeStage", "false"), ("spark.sql.codegen.factoryMode", "NO_CODEGEN"))


def environment(groups=GROUPS):
    """Of a process that finds this package, its tests, and the jars that it needs."""
    given = {
        "PYTHONPATH": os.pathsep.join(map(str, (DRIVER.parents[1], DRIVER.parents[2]))),
        "SEGMENTATION_JARS": ",".join(jar for group in groups for jar in jars(group)),
        "SEGMENTATION_DRIVER_GB": "2",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }
    return {**os.environ, **given}


def started(config, output, *more, plan=None):
    """A stream in a group of processes of its own, with Java in it; `plan` tells where it is killed (driver.py)."""
    command = [sys.executable, str(DRIVER), json.dumps(plan or {}), "stream", "--config", str(config), "--output", str(output), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True)


def drained(config, output, *more, plan=None, seconds=600):
    """What a stream that takes all there is ends with: code, and all that it said."""
    process = started(config, output, "--once", *more, plan=plan)
    said, complained = process.communicate(timeout=seconds)
    return process.returncode, said + complained


class Streams:
    """Streams that run one after the other in a process (serving.py), of which the first alone waits for Java to start.

    Plans are not compiled, as in the session of all tests; those of streams with a process of their own are.
    """

    def __init__(self, process, log):
        self.process, self.log = process, log

    def drained(self, config, output, *more):
        """As the function of this name."""
        before = len(self.log.read_text())
        command = ["stream", "--config", str(config), "--output", str(output), "--once", *more]
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        code = self.process.stdout.readline()
        said = self.log.read_text()[before:]
        assert code, said
        return int(code), said


@contextmanager
def streams(folder, more=None):
    """A process for streams that are not to be killed, with `more` in its environment; ended in the end, and Java with it."""
    log, pipe = folder / "said", subprocess.PIPE
    plain = {"PYSPARK_SUBMIT_ARGS": f"{' '.join(f'--conf {key}={value}' for key, value in NOT_COMPILED)} pyspark-shell"}
    given = {**environment(), **plain, **(more or {})}
    with log.open("w") as said:
        process = subprocess.Popen([sys.executable, str(SERVING)], stdin=pipe, stdout=pipe, stderr=said, text=True, env=given)
    with process:
        yield Streams(process, log)  # Once it is asked for no more, it ends.


def live(root, table):
    """A live table's rows, as DuckDB's relation over what delta-rs reads."""
    return duckdb.from_arrow(DeltaTable(str(Path(root, "live", table))).to_pyarrow_table())


def published(root, table):
    """A table of the published run."""
    root = Path(root)
    place = root / "current" / table if table != "orders" else root / json.loads((root / "current.json").read_text())["orders"]
    return duckdb.sql(f"SELECT * FROM '{place}/*.parquet'")


def difference(one, other):
    """Rows of one relation that are not in the other, each as often, both ways, compared column by column in the order of the first."""
    mine, theirs = (Counter(_rows(relation, [name for name in one.columns if name != "batch"])) for relation in (one, other))
    return {"more": list((mine - theirs).elements()), "fewer": list((theirs - mine).elements())}


def _rows(relation, names):
    """Times are UTC, whether a reader says so or not."""
    zoned = {name for name, kind in zip(relation.columns, map(str, relation.types), strict=True) if "ZONE" in kind}
    selected = (f"\"{name}\" AT TIME ZONE 'UTC'" if name in zoned else f'"{name}"' for name in names)
    return relation.select(", ".join(selected)).fetchall()


NONE = {"more": [], "fewer": []}
