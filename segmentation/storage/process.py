"""Identity of a process, by which another process can decide whether it is still alive."""

import getpass
import hashlib
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MACHINE_ID = Path("/etc/machine-id")


def current_process() -> dict[str, Any]:
    """Identity of this process: `host`, `machine`, `boot`, `pid_space`, `pid`, `started`; None for what the platform does not provide.

    `machine` is a hash of the machine's id, which must not be published. `started` is in clock ticks since boot.
    """
    machine = _text(_MACHINE_ID)
    return {
        "host": socket.gethostname(),
        "machine": machine and hashlib.sha256(f"segmentation {machine}".encode()).hexdigest()[:16],
        "boot": _text(_BOOT_ID),
        "pid_space": _pid_namespace(),
        "pid": os.getpid(),
        "started": _start_ticks(os.getpid()),
    }


def is_process_alive(process: Mapping[str, Any]) -> bool | None:
    """Whether a process, identified as by `current_process`, is still alive; None if that cannot be decided from here."""
    here = current_process()

    def is_same(*names: str) -> bool:
        return all(here[name] is not None and process.get(name) == here[name] for name in names)

    if is_same("boot", "pid_space") and process.get("started"):
        return bool(process["started"] == _start_ticks(process["pid"]))
    if not is_same("host"):
        return None
    if here["boot"] is None:
        return _is_alive_without_proc(process["pid"])
    # The same machine after a reboot: no process has survived.
    return False if is_same("machine") and process.get("boot") not in (None, here["boot"]) else None


def current_user() -> str:
    """Name of the operating system user that runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have users without names
        return f"uid {os.getuid()}"


def _is_alive_without_proc(pid: int) -> bool | None:
    """An unused pid means that the process is gone; a pid in use may belong to another process."""
    if os.name != "posix":
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return None
    return True if pid == os.getpid() else None


def _start_ticks(pid: int) -> int | None:
    """Start time of a process; None if there is no such process, or it is a zombie."""
    text = _text(Path(f"/proc/{pid}/stat"))
    if text is None:
        return None
    # The command name, in parentheses, may itself contain blanks and parentheses.
    state, *fields = text.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])


def _pid_namespace() -> str | None:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
