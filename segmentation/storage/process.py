"""Which process writes, so that another can tell for certain whether it still lives."""

import getpass
import hashlib
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINE = Path("/etc/machine-id")


def this_process() -> dict[str, Any]:
    """What tells this process from every other: `host`, `machine`, `boot`, `pid_space`, `pid`, `started`; None what cannot be told here.

    `machine` is a sum of the machine's id, which is not for publishing. `started` is in clock ticks since the boot.
    """
    machine = _text(_MACHINE)
    return {
        "host": socket.gethostname(),
        "machine": machine and hashlib.sha256(f"segmentation {machine}".encode()).hexdigest()[:16],
        "boot": _text(_BOOT),
        "pid_space": _pid_space(),
        "pid": os.getpid(),
        "started": _started(os.getpid()),
    }


def is_alive(process: Mapping[str, Any]) -> bool | None:
    """Whether a process, told as by `this_process`, still lives; None where that cannot be told from here."""
    here = this_process()

    def alike(*names: str) -> bool:
        return all(here[name] is not None and process.get(name) == here[name] for name in names)

    if alike("boot", "pid_space") and process.get("started"):
        return bool(process["started"] == _started(process["pid"]))
    if not alike("host"):
        return None
    if here["boot"] is None:
        return _without_proc(process["pid"])
    # The same machine, booted since: nothing of then is left.
    return False if alike("machine") and process.get("boot") not in (None, here["boot"]) else None


def user() -> str:
    """Who runs this process, as the system calls them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have users without names
        return f"uid {os.getuid()}"


def _without_proc(pid: int) -> bool | None:
    """A number that no process has is a process that is gone; one that is taken may be another's."""
    if os.name != "posix":
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return None
    return True if pid == os.getpid() else None


def _started(pid: int) -> int | None:
    """Start of a process; None where there is none of that number, or where it has ended and is only waited for."""
    text = _text(Path(f"/proc/{pid}/stat"))
    if text is None:
        return None
    # The name, in brackets, may hold blanks and brackets of its own.
    state, *fields = text.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])


def _pid_space() -> str | None:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
