"""The lock has one holder at a time, and is released when its process dies."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from segmentation import storage
from segmentation.errors import OutputBusyError


def test_one_thread_at_a_time_holds_the_lock(tmp_path):
    inside, counts = [], []

    def enter(number):
        with storage.exclusive_lock(str(tmp_path)) as is_locked:
            inside.append(number)
            counts.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)
            return is_locked

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(enter, range(6))) == [True] * 6
    assert counts == [1] * 6


def test_waiting_times_out_and_a_killed_process_releases_the_lock(tmp_path):
    code = f"from segmentation import storage\nwith storage.exclusive_lock({str(tmp_path)!r}):\n print('locked', flush=True)\n input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(OutputBusyError, match="another process has been publishing here"), storage.exclusive_lock(str(tmp_path), 0.05):
            pass
        process.kill()
        process.wait()
        with storage.exclusive_lock(str(tmp_path), 0.05) as is_locked:
            assert is_locked


@pytest.mark.parametrize("root", ["memory://out", "{folder}/nowhere"])
def test_without_locks_nothing_is_locked_or_created(tmp_path, root):
    with storage.exclusive_lock(root.format(folder=tmp_path)) as is_locked:
        assert not is_locked
    assert os.listdir(tmp_path) == []
