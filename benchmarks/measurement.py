"""One command with all its descendants, measured from outside: wall and CPU seconds, and the most memory held at once. Linux only."""

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_SAMPLE_SECONDS = 0.2
_LINGER_SECONDS = 20.0
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Measurement:
    """What one run of a command took.

    Parameters
    ----------
    outcome
        done, timeout, or exit and the code.
    wall_seconds
        From the start of the process to its end.
    cpu_seconds
        User and system time of the process and every descendant.
    peak_gib
        Highest sum of resident memory over the processes alive together, sampled every 0.2 s.
    """

    outcome: str
    wall_seconds: float
    cpu_seconds: float
    peak_gib: float


def measured(command: Sequence[str], folder: Path, environment: Mapping[str, str], said: Path, timeout: float) -> Measurement:
    """Run a command in a process group of its own and leave none of it behind.

    Parameters
    ----------
    command
        Program and arguments.
    folder
        Where it runs.
    environment
        All of its environment.
    said
        File that takes what it prints.
    timeout
        Seconds after which it is stopped.
    """
    _adopt_orphans()
    cpu_before, began = _cpu_of_reaped(), time.monotonic()
    with said.open("w") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    memory = _Memory()
    outcome = "interrupted"
    try:
        outcome = _outcome(process, timeout)
        wall = time.monotonic() - began
    finally:
        _end_group(process.pid, outcome)
        peak = memory.stop()
    return Measurement(outcome, wall, _cpu_of_reaped() - cpu_before, peak / 2**30)


class _Memory:
    """A thread that watches the descendants' memory until it is stopped."""

    def __init__(self) -> None:
        self._peak, self._stopped = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        self._stopped.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        myself = psutil.Process()
        while not self._stopped.wait(_SAMPLE_SECONDS):
            self._peak = max(self._peak, _resident(myself.children(recursive=True)))


def _resident(processes: Sequence[psutil.Process]) -> int:
    """Memory of processes; one that is still a copy of its parent, as whatever a JVM starts is for a moment, holds the parent's."""
    alive = {process.pid: details for process in processes if (details := _details(process))}
    return sum(rss for parent, command, rss in alive.values() if parent not in alive or command != alive[parent][1])


def _details(process: psutil.Process) -> tuple[int, list[str], int] | None:
    """Parent, command, and resident memory: the proportional share (PSS) has the kernel walk a heap's every page while the job waits."""
    try:
        return process.ppid(), process.cmdline(), int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return None


def _outcome(process: "subprocess.Popen[bytes]", timeout: float) -> str:
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        return "timeout"
    return "done" if code == 0 else f"exit {code}"


def _end_group(group: int, outcome: str) -> None:
    """Wait for what is left of a group, such as a JVM on its way out; end it where the process itself did not."""
    if outcome in ("timeout", "interrupted"):
        _signal(group, signal.SIGTERM)
    deadline = time.monotonic() + _LINGER_SECONDS
    while _is_alive(group):
        if time.monotonic() > deadline:
            _signal(group, signal.SIGKILL)
        time.sleep(0.05)


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _is_alive(group: int) -> bool:
    """Reap those of the group that have ended; whether any other is left."""
    try:
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _adopt_orphans() -> None:
    # A JVM outlives the Python that started it by a moment. Adopted, it is reaped here, and its CPU time counted.
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _cpu_of_reaped() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
