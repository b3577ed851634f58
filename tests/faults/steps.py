"""The steps by which a run changes its output, each with a name that is the same in every run.

A process that is killed leaves the disk as it was before the step that it did not come to; so being killed before each of them,
and while Spark writes, is being killed everywhere. The package is unaware of this: Python itself reports each file that is opened
to write, renamed, linked or removed (`sys.addaudithook`), and Spark's writes are wrapped here.
"""

import functools
import itertools
import os
import re
import signal
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from segmentation import storage
from segmentation.progress import RunLog

_EVENTS = {"os.mkdir": 2, "os.rename": 3, "os.remove": 1, "os.rmdir": 1, "os.symlink": 2, "os.link": 3, "os.chmod": 2, "os.truncate": None}
"""What changes a disk, and where among its arguments the folder is that its path starts from."""
_OF_TWO_PATHS = ("os.rename", "os.symlink", "os.link")
THE_END = "the end"
_SPARK_WRITES = ("write_table", "write_model")


class Steps:
    """Calls `reached` with the name of each step below a root, before it is taken."""

    def __init__(self, root, reached):
        self.root, self.reached, self.is_over = str(Path(root).resolve()), reached, False

    @contextmanager
    def watched(self):
        """Report every step while this context lasts."""
        sys.addaudithook(self._audited)
        originals = {name: getattr(storage, name) for name in _SPARK_WRITES}
        for name, write in originals.items():
            setattr(storage, name, self._around(name, write))
        stage, RunLog.stage = RunLog.stage, self._staged(RunLog.stage)
        try:
            yield
        finally:
            self.is_over = True  # a hook stays for as long as the process lives
            RunLog.stage = stage
            for name, write in originals.items():
                setattr(storage, name, write)

    def _audited(self, event, arguments):
        if self.is_over:
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, str) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self._reach("write", path)
        elif event in _EVENTS:
            path = arguments[event in _OF_TWO_PATHS]
            if isinstance(path, str | bytes):
                self._reach(event.removeprefix("os."), _below(path, arguments, _EVENTS[event]))

    def _around(self, name, write):
        @functools.wraps(write)
        def watched(what, path):
            self._reach(name, path)
            over = threading.Event()
            threading.Thread(target=self._halfway, args=(name, path, over), daemon=True).start()
            try:
                return write(what, path)
            finally:
                over.set()

        return watched

    def _halfway(self, name, path, over):
        """Once Spark has begun a file of its own there."""
        while not over.is_set() and not any(Path(path).rglob("part-*")):
            time.sleep(0.001)
        self._reach(f"half-way {name}", path)

    def _staged(self, stage):
        def watched(run_log, name):
            self.reached(f"stage {name}")
            return stage(run_log, name)

        return watched

    def _reach(self, verb, path):
        path = os.path.abspath(path)
        if path.startswith(self.root + os.sep):
            self.reached(f"{verb} {_without_ids(os.path.relpath(path, self.root))}")


def _below(path, arguments, place):
    """A path that may start from an open folder, as `shutil.rmtree` gives them."""
    folder = arguments[place] if place is not None and len(arguments) > place else -1
    path = os.fsdecode(path)
    return path if folder in (-1, None) else os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)


def _without_ids(path):
    """The path with placeholders for ids, which differ from run to run."""
    path = re.sub(r"\d{8}T\d{12}Z", "RUN", path)
    return re.sub(r"\.[0-9a-f]+\.tmp$", ".tmp", path)


def killed_at(step, kill):
    """A function to call before every step, which ends everything before this one."""

    def reached(name):
        if name == step:
            kill()

    return reached


def killed_after(count, kill):
    """The same, before whichever step comes after so many."""
    steps = itertools.count()

    def reached(_):
        if next(steps) == count:
            kill()

    return reached


def waiting_at(step, file):
    """A function to call before every step, which lets nobody pass this one until there is a file."""

    def reached(name):
        while name == step and not os.path.exists(file):
            time.sleep(0.05)

    return reached


def kill_group():
    """End this process, and Java with it."""
    os.killpg(0, signal.SIGKILL)


def kill_self():
    """End this process alone."""
    os.kill(os.getpid(), signal.SIGKILL)
