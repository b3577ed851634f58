"""The job submitted to a real cluster: a standalone master and two workers, all on this machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from cluster.standalone import SPARK_HOME, standalone
from segmentation.publish.run import TABLES

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

REPOSITORY = Path(__file__).resolve().parents[2]
FINISHES_WITHIN_SECONDS = 600
FEWER = ["clustering.max_segments=5", "clustering.restarts=1", "clustering.max_iterations=8"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Address of a master with two workers of one core each."""
    with standalone(tmp_path_factory.mktemp("cluster")) as (address, _):
        yield address


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The library as --py-files takes it."""
    archive = tmp_path_factory.mktemp("package") / "segmentation"
    return shutil.make_archive(str(archive), "zip", REPOSITORY, "segmentation")


def submitted(address, package, log, output):
    command = [
        *(SPARK_HOME / "bin" / "spark-submit", "--master", address, "--py-files", package),
        *("--properties-file", REPOSITORY / "conf" / "spark-cluster.conf", "--conf", "spark.executor.cores=1"),
        *("--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1"),
        *("--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=2"),
        *("--conf", "spark.executor.memory=800m", "--conf", "spark.driver.memory=1g"),
        *(REPOSITORY / "jobs" / "segment.py", "--config", REPOSITORY / "conf" / "demo.yaml"),
        *("--input", log, "--output", output, *(part for setting in FEWER for part in ("--set", setting))),
    ]
    environment = {**os.environ, "SPARK_HOME": str(SPARK_HOME), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        env=environment,
        cwd=output.parent,
        timeout=FINISHES_WITHIN_SECONDS,
        check=False,
    )


def table(root, name):
    columns = "* EXCLUDE (run_id)" if name in ("customer_segments", "segment_summary") else "*"
    return duckdb.sql(f"SELECT {columns} FROM '{root}/current/{name}/*.parquet' ORDER BY ALL").fetchall()


def test_a_submitted_job_publishes_what_local_mode_publishes(cluster, package, retailer, tmp_path):
    log, there, here = retailer / "transactions", tmp_path / "cluster", tmp_path / "local"
    on_cluster = submitted(cluster, package, log, there)
    assert on_cluster.returncode == 0, on_cluster.stderr[-3000:]
    local = submitted("local[2]", package, log, here)
    assert local.returncode == 0, local.stderr[-3000:]
    assert [name for name in TABLES if table(there, name) != table(here, name)] == []
    assert len(table(there, "segment_summary")) >= 3
