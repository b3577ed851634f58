"""One holds it at a time, and a process that dies lets go."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from segmentation import storage
from segmentation.errors import EnvironmentFault


def test_one_at_a_time_holds_it(tmp_path):
    inside, most = [], []

    def enter(number):
        with storage.locked(str(tmp_path)) as held:
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)
            return held

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(enter, range(6))) == [True] * 6
    assert most == [1] * 6


def test_one_that_waits_too_long_is_told_and_one_that_was_killed_holds_nothing(tmp_path):
    code = f"from segmentation import storage\nwith storage.locked({str(tmp_path)!r}):\n print('held', flush=True)\n input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(EnvironmentFault, match="another process has been publishing here"), storage.locked(str(tmp_path), 0.05):
            pass
        process.kill()
        process.wait()
        with storage.locked(str(tmp_path), 0.05) as held:
            assert held


@pytest.mark.parametrize("root", ["memory://out", "{folder}/nowhere"])
def test_where_there_are_no_locks_nothing_is_held_and_nothing_is_made(tmp_path, root):
    with storage.locked(root.format(folder=tmp_path)) as held:
        assert not held
    assert os.listdir(tmp_path) == []
