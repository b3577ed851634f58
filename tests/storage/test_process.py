"""A process is reported as alive or dead only if that is certain."""

import os
import subprocess
import sys

import pytest

from segmentation import storage
from segmentation.storage import process as processes


@pytest.fixture
def child():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as started:
        yield started
        started.stdin.close()


def _identity(pid):
    return storage.current_process() | {"pid": pid, "started": processes._start_ticks(pid)}


def test_a_process_is_alive_until_it_is_killed(child):
    identity = _identity(child.pid)
    assert storage.is_process_alive(storage.current_process()) is True
    assert storage.is_process_alive(identity) is True
    child.kill()
    # A zombie: it has ended, and its parent has not waited for it.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert storage.is_process_alive(identity) is False
    child.wait()
    assert storage.is_process_alive(identity) is False


def test_a_reused_pid_is_not_the_same_process():
    assert storage.is_process_alive(storage.current_process() | {"started": 1}) is False


@pytest.mark.parametrize(
    ("change", "alive"),
    [
        ({"boot": "another"}, False),
        ({"boot": "another", "machine": "another"}, None),
        ({"boot": "another", "host": "another"}, None),
        ({"pid_space": "another"}, None),
        ({"started": None}, None),
        ({"boot": None}, None),
    ],
)
def test_processes_of_an_earlier_boot_are_dead_and_those_of_other_machines_and_containers_unknown(change, alive):
    here = storage.current_process()
    if here["machine"] is None:
        pytest.skip("this machine has no id")
    assert storage.is_process_alive(here | change) is alive


def test_without_proc_an_unused_pid_is_dead_and_a_used_one_is_unknown(child, monkeypatch):
    monkeypatch.setattr(processes, "_text", lambda path: None)
    monkeypatch.setattr(processes, "_pid_namespace", lambda: None)
    here = storage.current_process()
    assert storage.is_process_alive(here) is True
    assert storage.is_process_alive(here | {"pid": child.pid}) is None
    child.kill()
    child.wait()
    assert storage.is_process_alive(here | {"pid": child.pid}) is False
    assert storage.is_process_alive(here | {"pid": child.pid, "host": "elsewhere"}) is None
