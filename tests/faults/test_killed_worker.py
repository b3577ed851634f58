"""A worker of a cluster that fails in mid-shuffle: the job goes on without it, and publishes what it would have."""

import os
import subprocess
import sys
import threading
import time

import pytest
from cluster.standalone import SPARK_HOME, killed, standalone

from faults.conftest import copied
from faults.readers import differences, seen

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

JOB = """
from segmentation.cli.app import app
app()
"""


def test_a_job_outlives_a_worker_killed_in_mid_shuffle(shop, tmp_path):
    root, context = copied(shop.before, tmp_path / "out"), tmp_path / "job.py"
    context.write_text(JOB)
    with standalone(tmp_path) as (address, (worker, _)):
        killing = threading.Thread(target=killed_in_mid_shuffle, args=(worker, tmp_path / "w1"))
        killing.start()
        done = submitted(address, context, "segment", "--config", shop.config, "--output", root)
        killing.join()
    assert "Lost executor" in done.stderr
    assert done.returncode == 0, done.stderr[-3000:]
    assert seen(root) != shop.old
    assert differences(root, shop.whole) == []


def killed_in_mid_shuffle(worker, folder):
    """End a worker and its executor as soon as there is something of theirs for others to fetch."""
    until = time.monotonic() + 200
    while time.monotonic() < until and not any(folder.rglob("shuffle_*.data")):
        time.sleep(0.02)
    killed(worker)


def submitted(address, *context):
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.executor.memory": "800m",
        "spark.driver.memory": "1g",
        # Lost shuffle files are recomputed, so that retrying to fetch them is useless.
        "spark.shuffle.io.maxRetries": "1",
        "spark.shuffle.io.retryWait": "1s",
    }
    command = [SPARK_HOME / "bin" / "spark-submit", "--master", address]
    command += [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    environment = {**os.environ, "SPARK_HOME": str(SPARK_HOME), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    return subprocess.run(
        [*map(str, command), *map(str, context)], capture_output=True, text=True, env=environment, timeout=400, check=False
    )
