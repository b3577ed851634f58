"""The DAGs as the real Airflow imports and renders them."""

import json
import os
import shlex
import subprocess
import sys
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.commands import DEPLOY, parsed

HERE = DEPLOY / "airflow"
DAGS, PINNED = HERE / "segmentation_dags.py", HERE / "constraints.txt"
CONFIG = "/data/my shop/$(evil).yaml"
HOME = DEPLOY.parent / ".venv-airflow"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def airflow():
    """Airflow's Python, with its own packages: they conflict with ours."""
    stamp, wanted = HOME / ".ready", sha256(PINNED.read_bytes()).hexdigest()
    python = HOME / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", HOME], check=True)
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([python, "-m", "pip", "install", *quiet, "--no-deps", "-r", PINNED], check=True, timeout=800)
        stamp.write_text(wanted)
    return python


def read_by(airflow, file, home):
    """The DAGs that Airflow reads from a file on the first of March."""
    places = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "false", "SEGMENTATION_CONFIG": CONFIG}
    script = Path(__file__).with_name("read_dags.py")
    command = [airflow, script, file, "2026-03-01"]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **places}, check=False, timeout=300)


@pytest.fixture(scope="module")
def dags(airflow, tmp_path_factory):
    done = read_by(airflow, DAGS, tmp_path_factory.mktemp("airflow"))
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_airflow_knows_both_dags_and_runs_one_of_each_at_a_time(dags):
    assert {name: (dag["schedule"], dag["catchup"], dag["runs"]) for name, dag in dags.items()} == {
        "segmentation_nightly": ("30 3 * * *", False, 1),
        "segmentation_refit": ("0 5 * * 0", False, 1),
    }


def test_a_night_is_monitored_after_its_backfill(dags):
    tasks = dags["segmentation_nightly"]["tasks"]
    assert {name: task["after"] for name, task in tasks.items()} == {"backfill": [], "monitor": ["backfill"]}


def test_each_task_is_a_command_of_ours_for_the_day_that_has_begun(dags):
    commands = {}
    for dag in dags.values():
        for task in dag["tasks"].values():
            assert task["env"] == {"SEGMENTATION_CONFIG": CONFIG}
            program, *arguments = shlex.split(task["command"])
            name, values = parsed(arguments)
            commands[name] = {key: value for key, value in values.items() if key in ("to", "as_of")}
            assert (program, str(values["config"])) == ("segmentation", "$SEGMENTATION_CONFIG")
    assert commands == {"backfill": {"to": datetime(2026, 3, 1)}, "monitor": {}, "segment": {"as_of": "2026-03-01"}}


def test_a_file_that_is_no_dag_would_have_been_refused(airflow, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text(DAGS.read_text().replace('schedule="30 3 * * *"', 'schedule="whenever"'))
    done = read_by(airflow, broken, tmp_path)
    assert done.returncode != 0
    assert "AirflowTimetableInvalid" in done.stderr
