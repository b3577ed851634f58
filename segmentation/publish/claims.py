"""Who is writing what: a claim stands from before the first folder of a run until the run is sealed or given up.

So a folder without a seal is either claimed, and the claim tells by which process, or nobody is at work on it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segmentation import storage

FOLDER = "under_way"


@dataclass(frozen=True)
class Claim:
    """What a run or a comparison under way tells of itself.

    Parameters
    ----------
    claim_id
        Of the run, or of the comparison.
    about
        The run that a comparison is about; None for a run.
    process
        As told by `storage.this_process`; empty where the claim cannot be read.
    """

    claim_id: str
    about: str | None
    process: Mapping[str, Any]

    @property
    def is_alive(self) -> bool | None:
        """Whether its process still lives; None where that cannot be told from here."""
        return storage.is_alive(self.process) if self.process.get("pid") else None


def claim(root: str, claim_id: str, about: str | None = None) -> None:
    """Claim an id, before anything is made under it.

    Raises
    ------
    FileExistsError
        Another has claimed it.
    """
    path = _place(root, claim_id)
    storage.make_folder(storage.join(root, FOLDER))
    with storage.locked(root):
        if storage.exists(path):
            raise FileExistsError(path)
        storage.write_text(path, json.dumps({"about": about, "process": storage.this_process()}, indent=2) + "\n")


def release(root: str, claim_id: str) -> None:
    """Give a claim back; without one, nothing happens."""
    storage.remove(_place(root, claim_id))


def claims(root: str) -> dict[str, Claim]:
    """Every claim under a root, by its id."""
    names = [name for name in storage.names_in(storage.join(root, FOLDER)) if name.endswith(".json")]
    return {found.claim_id: found for found in (_read(root, name.removesuffix(".json")) for name in names) if found}


def claim_on(root: str, claim_id: str) -> Claim | None:
    """The claim on an id; None where nobody has claimed it."""
    return _read(root, claim_id) if storage.exists(_place(root, claim_id)) else None


def is_id(name: str) -> bool:
    """Whether a run or a comparison can be called so: a path cannot be smuggled in."""
    return re.fullmatch(r"[A-Za-z0-9][\w-]*", name, re.ASCII) is not None


def _read(root: str, claim_id: str) -> Claim | None:
    try:
        found = json.loads(storage.read_text(_place(root, claim_id)))
        if found["about"] is None or is_id(found["about"]):
            return Claim(claim_id, found["about"], dict(found["process"]))
        return Claim(claim_id, None, {})
    except FileNotFoundError:  # given back just now
        return None
    except (ValueError, TypeError, KeyError):
        return Claim(claim_id, None, {})


def _place(root: str, claim_id: str) -> str:
    return storage.join(root, FOLDER, f"{claim_id}.json")
