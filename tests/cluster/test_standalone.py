"""The job submitted to a real cluster: a standalone master and two workers on this machine, closed to anyone without their secret."""

import os
import secrets
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from oracle.published_tables import ALWAYS

from cluster.standalone import SPARK_HOME, standalone, wait_for_log, worker

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

REPOSITORY = Path(__file__).resolve().parents[2]
FINISHES_WITHIN_SECONDS = 600
FEWER = [
    *("clustering.k_max=5", "clustering.n_init=1", "clustering.max_iter=8"),
    *("clustering.n_bootstrap=3", "clustering.n_references=2", "baskets.use=false"),
]
CLUSTER_CONF = REPOSITORY / "conf" / "spark-cluster.conf"
SEVERAL = 5
OF_DAEMONS = ("spark.authenticate ", "spark.network.crypto.", "spark.master.rest.")


def conf_folder(folder, secret):
    """A SPARK_CONF_DIR as docs/running.md asks for: what conf/spark-cluster.conf says of the network, and the secret, if there is one."""
    folder.mkdir()
    lines = [line for line in CLUSTER_CONF.read_text().splitlines() if line.startswith(OF_DAEMONS)]
    assert len(lines) == 6
    file = folder / "spark-defaults.conf"
    file.touch(mode=0o600)
    file.write_text("\n".join([*lines, f"spark.authenticate.secret {secret}"] if secret else []) + "\n")
    return folder


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def conf(logs):
    return conf_folder(logs / "conf", secrets.token_hex(32))


@pytest.fixture(scope="module")
def cluster(logs, conf):
    """Address of a master with two workers of one core each."""
    with standalone(logs, SPARK_CONF_DIR=str(conf)) as (address, _):
        yield address


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The library as --py-files takes it."""
    archive = tmp_path_factory.mktemp("package") / "segmentation"
    return shutil.make_archive(str(archive), "zip", REPOSITORY, "segmentation")


class Watch:
    """Reads what executors leave on disk while they work: files of shuffles and of what is held, and those that hold known texts."""

    def __init__(self, folders, texts):
        self.folders, self.texts = folders, texts
        self.files, self.readable = set(), set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(0.1):
            # Folders come and go meanwhile, which os.walk passes over.
            for parent, _, names in (entry for folder in self.folders for entry in os.walk(folder)):
                for name in names:
                    if name.startswith(("shuffle_", "temp_shuffle_", "rdd_", "temp_local_")):
                        self._look(Path(parent, name))

    def _look(self, path):
        try:
            content = path.read_bytes()
        except OSError:  # gone, or no file
            return
        if content:
            self.files.add(path.name)
            # Five digits may turn up in noise; several of them together do not.
            if sum(text in content for text in self.texts) >= SEVERAL:
                self.readable.add(path.name)


def submitted(address, package, log, output, conf, *more):
    command = [
        *(SPARK_HOME / "bin" / "spark-submit", "--master", address, "--py-files", package, "--load-spark-defaults"),
        *("--properties-file", CLUSTER_CONF, "--conf", "spark.executor.cores=1"),
        *("--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1"),
        *("--conf", "spark.sql.shuffle.partitions=2", *more),
        *("--conf", "spark.executor.memory=800m", "--conf", "spark.driver.memory=1g"),
        *(REPOSITORY / "jobs" / "segment.py", "--config", REPOSITORY / "conf" / "demo.yaml"),
        *("--input", log, "--output", output, *(part for setting in FEWER for part in ("--set", setting))),
    ]
    places = {"SPARK_HOME": str(SPARK_HOME), "SPARK_CONF_DIR": str(conf), "SPARK_LOCAL_DIRS": f"{output}.local"}
    environment = {**os.environ, **places, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
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
    file = f"'{root}/current/{name}/*.parquet'"
    columns = [column for column in duckdb.sql(f"SELECT * FROM {file} LIMIT 0").columns if not column.endswith("run_id")]
    return duckdb.sql(f"SELECT {', '.join(columns)} FROM {file} ORDER BY ALL").fetchall()


def customers(log):
    rows = duckdb.sql(f"SELECT DISTINCT customer_id FROM '{log}/*.parquet' WHERE length(customer_id) >= 5 ORDER BY 1 LIMIT 300").fetchall()
    assert len(rows) > 100
    return [row[0].encode() for row in rows]


def test_a_submitted_job_publishes_what_local_mode_publishes_and_leaves_nothing_readable_on_disk(
    cluster, conf, logs, package, retailer, tmp_path
):
    log, there, here = retailer / "transactions", tmp_path / "cluster", tmp_path / "local"
    texts = customers(log)
    with Watch([logs / "w1", logs / "w2", Path(f"{there}.local")], texts) as encrypted:
        on_cluster = submitted(cluster, package, log, there, conf)
    assert on_cluster.returncode == 0, on_cluster.stderr[-3000:]
    with Watch([Path(f"{here}.local")], texts) as plain:
        local = submitted("local[2]", package, log, here, conf, "--conf", "spark.io.encryption.enabled=false")
    assert local.returncode == 0, local.stderr[-3000:]
    assert [name for name in ALWAYS if table(there, name) != table(here, name)] == []
    assert len(table(there, "segment_summary")) >= 3
    # What the look would find, were it not encrypted.
    assert len(plain.readable) > 0
    assert (len(encrypted.files) > 5, encrypted.readable) == (True, set())
    assert "spark.authenticate.secret" not in on_cluster.stderr
    assert (conf / "spark-defaults.conf").read_text().split()[-1] not in on_cluster.stderr + on_cluster.stdout


@pytest.mark.parametrize("secret", ["0" * 64, None])
def test_a_worker_with_another_secret_or_none_is_refused(cluster, logs, tmp_path, secret):
    with worker(tmp_path, "stranger", cluster, SPARK_CONF_DIR=str(conf_folder(tmp_path / "conf", secret))) as stranger:
        wait_for_log(tmp_path / "stranger.log", "Failed to connect to master", stranger)
    assert "Successfully registered" not in (tmp_path / "stranger.log").read_text()
    assert (logs / "master.log").read_text().count("Registering worker") == 2
    assert "service on port 6066" not in (logs / "master.log").read_text()
