"""What a run of a fixed log makes Spark do, counted and not timed: more than this must be meant."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyspark
import pytest

ROOT = Path(__file__).resolve().parents[2]

MOST = {
    "jobs": 46,
    "stages": 79,
    "tasks": 120,
    "records read": 131_119,
    "records shuffled": 26_622,
    "kilobytes shuffled": 743,
}
"""For a Parquet log of 20,000 lines: each is looked at five times, once to count products exactly; the rest is orders and customers.
Tables of a few rows are written and audited without Spark, and what is read back has left its schema in its files."""
if pyspark.__version__ < "4.2":
    MOST |= {"stages": 80, "tasks": 125}


CONFIGURATION = """
spark.master local[2]
spark.ui.enabled false
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.sql.shuffle.partitions 2
spark.sql.adaptive.enabled false
spark.eventLog.enabled true
spark.eventLog.compress false
spark.eventLog.rolling.enabled false
"""
AS_CLIENT = ("SPARK_REMOTE", "SPARK_LOCAL_REMOTE", "SPARK_CONNECT_MODE_ENABLED")
"""What a client of Spark Connect leaves in its environment."""


@pytest.fixture(scope="module")
def effort(retailer, tmp_path_factory):
    """Counts from Spark's event log of one run, submitted where workers would find no Python."""
    folder = tmp_path_factory.mktemp("effort")
    events = folder / "events"
    events.mkdir()
    (folder / "spark-defaults.conf").write_text(f"{CONFIGURATION}spark.eventLog.dir {events.as_uri()}\n")
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    # Baskets take another look at the lines where they are asked for; what every run does is held here.
    places = ["--input", str(retailer / "transactions"), "--output", str(folder / "out"), "--set", "baskets.use=false"]
    pythons = {"PYSPARK_DRIVER_PYTHON": sys.executable, "PYSPARK_PYTHON": str(folder / "no-python")}
    given = {key: value for key, value in os.environ.items() if key not in AS_CLIENT}
    environment = {**given, **pythons, "SPARK_CONF_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    command = [submit, ROOT / "jobs" / "segment.py", "--config", ROOT / "conf" / "demo.yaml", *places]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    (log,) = events.iterdir()
    return _counted(json.loads(line) for line in log.read_text().splitlines())


def test_a_run_asks_no_more_of_spark_than_it_did(effort):
    assert {name: count for name, count in effort.items() if count > MOST[name]} == {}


def test_the_limits_are_close_to_what_a_run_needs(effort):
    assert {name: count for name, count in effort.items() if count < 0.95 * MOST[name]} == {}


def _counted(events):
    counts = Counter()
    for event in events:
        kind = event["Event"]
        counts["jobs"] += kind == "SparkListenerJobStart"
        counts["stages"] += kind == "SparkListenerStageCompleted"
        if kind == "SparkListenerTaskEnd":
            metrics = event["Task Metrics"]
            counts["tasks"] += 1
            counts["records read"] += metrics["Input Metrics"]["Records Read"]
            counts["records shuffled"] += metrics["Shuffle Write Metrics"]["Shuffle Records Written"]
            counts["kilobytes shuffled"] += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"] / 1000
    return {name: round(count) for name, count in counts.items()}
