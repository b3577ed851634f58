"""What the benchmark measures is what the command and all its descendants took, and none of them is left behind."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
# In a process of its own: measuring adopts orphans, which the tests' process should not.
MEASURE = """
import json, os, sys
from dataclasses import asdict
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from measurement import measured
command = [sys.executable, "-c", sys.argv[3]]
print(json.dumps(asdict(measured(command, Path.cwd(), os.environ, Path(sys.argv[2]), float(sys.argv[4])))))
"""
BUSY = "import time\nwhile time.process_time() < 1: pass"
IN_A_CHILD = "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {code!r}]); print(child.pid, flush=True)"


@pytest.fixture
def measure(tmp_path):
    def measure(code, timeout=60.0):
        command = [sys.executable, "-c", MEASURE, str(BENCHMARKS), str(tmp_path / "said.txt"), code, str(timeout)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=90)
        return json.loads(done.stdout), (tmp_path / "said.txt").read_text()

    return measure


def test_an_exit_code_is_reported(measure):
    assert measure("raise SystemExit(3)")[0]["outcome"] == "exit 3"


def test_the_output_of_a_command_is_returned(measure):
    assert measure("print('hello')")[1] == "hello\n"


def test_an_orphan_counts_towards_cpu_time_but_not_wall_time(measure):
    measured, _ = measure(IN_A_CHILD.format(code="import time; time.sleep(3)\n" + BUSY))
    assert measured["outcome"] == "done"
    assert measured["cpu_seconds"] > 1
    assert measured["wall_seconds"] < 3


def test_memory_of_processes_alive_together_adds_up(measure):
    hold = "import time; held = b'1' * 2**28; time.sleep(2)"
    measured, _ = measure(IN_A_CHILD.format(code=hold) + "\n" + hold)
    assert 0.5 < measured["peak_gib"] < 0.7


def test_memory_that_a_copy_of_a_process_shares_with_it_counts_once(measure):
    measured, _ = measure("import os, time; held = b'1' * 2**28; os.fork(); time.sleep(2)")
    assert 0.25 < measured["peak_gib"] < 0.4


def test_a_timeout_ends_descendants_too(measure):
    measured, said = measure(IN_A_CHILD.format(code="import time; time.sleep(600)") + "; child.wait()", timeout=2)
    assert measured["outcome"] == "timeout"
    assert not psutil.pid_exists(int(said))
