"""Leases: which process writes which run or comparison.

A lease exists from before the first folder of a run is made until the run is sealed or discarded. So a folder without a seal either
has a lease, which names the process, or nobody writes it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segmentation import storage

LEASES = "leases"
"""Folder below the output root."""


@dataclass(frozen=True)
class Lease:
    """The lease of a run or a comparison."""

    owner_id: str
    """Id of the run or the comparison."""
    about: str | None
    """The run that a comparison is about; None for a run."""
    process: Mapping[str, Any]
    """From `storage.current_process`; empty where the lease cannot be read."""

    @property
    def is_alive(self) -> bool | None:
        """Whether its process is alive; None where this machine cannot know."""
        return storage.is_process_alive(self.process) if self.process.get("pid") else None


def acquire_lease(root: str, owner_id: str, about: str | None = None) -> None:
    """Reserve an id before anything is written under it; FileExistsError where it is taken."""
    path = _path(root, owner_id)
    storage.make_folder(storage.join(root, LEASES))
    with storage.exclusive_lock(root):
        if storage.exists(path):
            raise FileExistsError(path)
        storage.write_text(path, json.dumps({"about": about, "process": storage.current_process()}, indent=2) + "\n")


def release_lease(root: str, owner_id: str) -> None:
    """Remove a lease; nothing happens where there is none."""
    storage.remove(_path(root, owner_id))


def leases_under(root: str) -> dict[str, Lease]:
    """Every lease under an output root, by its owner's id."""
    names = [name for name in storage.list_names(storage.join(root, LEASES)) if name.endswith(".json")]
    return {lease.owner_id: lease for lease in (_read(root, name.removesuffix(".json")) for name in names) if lease}


def find_lease(root: str, owner_id: str) -> Lease | None:
    """The lease on an id; None where nobody has one."""
    return _read(root, owner_id) if storage.exists(_path(root, owner_id)) else None


def is_valid_id(name: str) -> bool:
    """Whether a run or a comparison can have this id; a path is not an id."""
    return re.fullmatch(r"[A-Za-z0-9][\w-]*", name, re.ASCII) is not None


def _read(root: str, owner_id: str) -> Lease | None:
    try:
        content = json.loads(storage.read_text(_path(root, owner_id)))
        if content["about"] is None or is_valid_id(content["about"]):
            return Lease(owner_id, content["about"], dict(content["process"]))
        return Lease(owner_id, None, {})
    except FileNotFoundError:  # released just now
        return None
    except (ValueError, TypeError, KeyError):
        return Lease(owner_id, None, {})


def _path(root: str, owner_id: str) -> str:
    return storage.join(root, LEASES, f"{owner_id}.json")
