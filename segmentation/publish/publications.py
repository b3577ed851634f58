"""What readers were pointed at, when, by whom and why: a small file for each act, written before the act and never changed.

An act whose switch never happened, since its process was killed in between, is told by the next one: it does not come `from` there.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from segmentation import storage
from segmentation.errors import InputError
from segmentation.publish.run import MANIFEST, Run, publish, published
from segmentation.publish.successors import first_id

FOLDER = "publications"
PUBLISH, BY_HAND, ROLLBACK, PASSED_OVER = "publish", "publish-by-hand", "rollback", "passed-over"
"""What a run does when it ends well, what people do, and what befalls a run when one that began later was published before it ended."""
REWRITE = "rewrite"
"""The published run was written anew without something it held, and its successor took its place."""

_SWITCHES = (PUBLISH, BY_HAND, ROLLBACK)


@dataclass(frozen=True)
class Act:
    """One act.

    Parameters
    ----------
    act
        Which.
    run_id
        The run that readers were pointed at; of one passed over, the run itself.
    at
        When (UTC), in ISO 8601; later than every act before it, whatever the clock says.
    by
        User of the operating system.
    from_run_id
        The run they followed until then; None before the first.
    because
        Why, in the words of whoever did it; None where nobody was asked.
    overrode
        Faults of the audit that it was published in spite of.
    """

    act: str
    run_id: str
    at: str
    by: str
    from_run_id: str | None = None
    because: str | None = None
    overrode: tuple[str, ...] = ()


def publish_in_order(run: Run, as_of: str, at: datetime) -> Act:
    """Publish a run that has just ended, unless one that began later already is: readers are never switched back by themselves."""
    with storage.locked(run.root):
        last = published(run.root)
        is_late = last is not None and last.run_id > run.run_id
        act = _recorded(run, Act(PASSED_OVER if is_late else PUBLISH, run.run_id, at.isoformat(), storage.user()))
        if not is_late:
            publish(run, as_of)
        return act


def publish_by_hand(run: Run, manifest: dict[str, Any], act: Act) -> Act:
    """Point readers at a complete run because somebody says so; `act` lacks only what is known here.

    Parameters
    ----------
    run
        Whose files are known to hold.
    manifest
        Its own.
    act
        `publish-by-hand` or `rollback`, with time, reason, and the run that readers are known to follow.

    Raises
    ------
    InputError
        They follow another by now.
    """
    with storage.locked(run.root):
        current = published(run.root)
        if act.from_run_id != (current.run_id if current else None):
            raise InputError(f"{run.root}: another run was published just now. See `segmentation runs`, and decide again")
        done = _recorded(run, replace(act, by=storage.user(), overrode=tuple(manifest["audit"]["faults"])))
        publish(run, manifest["as_of"])
        return done


def publish_successor(run: Run, successor: Run, act: Act) -> None:
    """Point readers of a run that was written anew at its successor; nothing happens where they follow another.

    Parameters
    ----------
    run, successor
        The second is complete.
    act
        `rewrite`, with time and reason.
    """
    with storage.locked(run.root):
        if published(run.root) == run:
            as_of = json.loads(storage.read_text(successor.path(MANIFEST)))["as_of"]
            _recorded(successor, replace(act, run_id=successor.run_id, by=storage.user()))
            publish(successor, as_of)


def acts(root: str) -> list[Act]:
    """Every act under a root, the first one first."""
    return [_read(root, name) for name in _names(root)]


def was_published(root: str, run_id: str) -> bool:
    """Whether readers have ever been pointed at a run."""
    current = published(root)
    return first_id(run_id) in history(acts(root), current.run_id if current else None)[0]


def history(done: Sequence[Act], current: str | None) -> tuple[set[str], list[str]]:
    """Runs that readers were ever pointed at, and those they would go back to, the current one last.

    A rollback takes the last run off; going back again goes one further. A run that was written anew is told by its first id.

    Parameters
    ----------
    done
        As told by `acts`.
    current
        The run that readers follow now.
    """
    current = current and first_id(current)
    done = [replace(act, run_id=first_id(act.run_id), from_run_id=act.from_run_id and first_id(act.from_run_id)) for act in done]
    ever: set[str] = set()
    line: list[str] = []

    def follow(run_id: str | None) -> None:
        if run_id is not None and line[-1:] != [run_id]:
            ever.add(run_id)
            line.append(run_id)

    switches = [act for act in done if act.act in _SWITCHES]
    followed = [*(act.from_run_id for act in switches[1:]), current]
    for act, then in zip(switches, followed, strict=bool(switches)):
        # Where readers were before there were records.
        follow(act.from_run_id)
        if then == act.run_id and act.act == ROLLBACK and act.run_id in line:
            del line[len(line) - line[::-1].index(act.run_id) :]
        elif then == act.run_id:
            follow(act.run_id)
    follow(current)
    return ever, line


def _recorded(run: Run, act: Act) -> Act:
    """The act as it is kept: with the run that readers follow now, and after the last one."""
    before, at = published(run.root), datetime.fromisoformat(act.at)
    if names := _names(run.root):
        at = max(at, datetime.fromisoformat(_read(run.root, names[-1]).at) + timedelta(microseconds=1))
    kept = replace(act, at=at.isoformat(timespec="microseconds"), from_run_id=before.run_id if before else None)
    storage.make_folder(storage.join(run.root, FOLDER))
    name = f"{at:%Y%m%dT%H%M%S%fZ}-{kept.act}.json"
    storage.write_text(storage.join(run.root, FOLDER, name), json.dumps(asdict(kept), indent=2, ensure_ascii=False) + "\n")
    return kept


def _names(root: str) -> list[str]:
    """They begin with the time, so that their order is that of the acts."""
    return [name for name in storage.names_in(storage.join(root, FOLDER)) if name.endswith(".json")]


def _read(root: str, name: str) -> Act:
    found = json.loads(storage.read_text(storage.join(root, FOLDER, name)))
    return Act(**{**found, "overrode": tuple(found["overrode"])})
