"""A standalone cluster of several processes, all on this machine."""

import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pyspark
import pytest

SPARK_HOME = Path(pyspark.__file__).parent
STARTS_WITHIN_SECONDS = 90
_MASTER = ("org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
_WORKER = ("org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g")


@contextmanager
def standalone(folder, **environment):
    """Address of a master, and its two workers of one core each: processes that write what they pass on below `w1` and `w2`."""
    logs = [folder / f"{name}.log" for name in ("master", "w1", "w2")]
    with daemon(logs[0], *_MASTER, **environment) as master:
        address = wait_for_log(logs[0], r"spark://127\.0\.0\.1:\d+", master)
        with worker(folder, "w1", address, **environment) as first, worker(folder, "w2", address, **environment) as second:
            for log, process in zip(logs[1:], (first, second), strict=True):
                wait_for_log(log, "Successfully registered with master", process)
            yield address, (first, second)


def worker(folder, name, address, **environment):
    """One worker, which keeps what its executors write in a folder of its own."""
    places = {"SPARK_LOCAL_DIRS": str(folder / name), **environment}
    return daemon(folder / f"{name}.log", *_WORKER, "--work-dir", str(folder / name), address, **places)


@contextmanager
def daemon(log, *command, **environment):
    """A process of Spark's own and its children, ended by their group's id whatever happens."""
    environment = {**os.environ, "SPARK_HOME": str(SPARK_HOME), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "512m", **environment}
    with log.open("w") as output:
        command = [SPARK_HOME / "bin" / "spark-class", *command]
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            killed(process)


def killed(process):
    """End a daemon and its children at once, as when their machine fails."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for_log(log, pattern, process):
    """What matches the pattern in a daemon's log, once it does."""
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        match = re.search(pattern, log.read_text())
        if match:
            return match[0]
        time.sleep(0.2)
    pytest.fail(f"{log.name} never said {pattern!r}:\n{log.read_text()[-3000:]}")
