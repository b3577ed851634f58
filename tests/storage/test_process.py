"""Whether a process lives is told for certain, or not at all."""

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


def _told(pid):
    return storage.this_process() | {"pid": pid, "started": processes._started(pid)}


def test_this_process_lives_and_another_does_until_it_is_killed(child):
    told = _told(child.pid)
    assert storage.is_alive(storage.this_process()) is True
    assert storage.is_alive(told) is True
    child.kill()
    # Ended, and not yet waited for: it does nothing any more.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert storage.is_alive(told) is False
    child.wait()
    assert storage.is_alive(told) is False


def test_a_number_taken_by_another_process_since_is_not_that_process():
    assert storage.is_alive(storage.this_process() | {"started": 1}) is False


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
def test_another_boot_of_this_machine_is_gone_and_another_machine_or_container_cannot_be_told(change, alive):
    told = storage.this_process()
    if told["machine"] is None:
        pytest.skip("this machine has no id")
    assert storage.is_alive(told | change) is alive


def test_without_proc_a_number_that_nobody_has_is_gone_and_one_that_is_taken_cannot_be_told(child, monkeypatch):
    monkeypatch.setattr(processes, "_text", lambda path: None)
    monkeypatch.setattr(processes, "_pid_space", lambda: None)
    here = storage.this_process()
    assert storage.is_alive(here) is True
    assert storage.is_alive(here | {"pid": child.pid}) is None
    child.kill()
    child.wait()
    assert storage.is_alive(here | {"pid": child.pid}) is False
    assert storage.is_alive(here | {"pid": child.pid, "host": "elsewhere"}) is None
