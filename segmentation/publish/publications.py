"""The log of publications: which run readers were switched to, when, by whom and why.

Each event is a small file, written before the switch and never changed. If the process was killed before the switch, the next event
shows it: its `from_run_id` is another run.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from segmentation import storage
from segmentation.errors import InputError
from segmentation.publish.run import MANIFEST, Run, original_id, published_run, set_current_run

PUBLICATIONS = "publications"
"""Folder below the output root."""
PUBLISH, MANUAL, ROLLBACK = "publish", "publish-manually", "rollback"
SUPERSEDED = "superseded"
"""The run was not published, since one that began later was published before it ended."""
REWRITE = "rewrite"
"""The published run was rewritten without some of its content, and the rewritten run took its place."""

_SWITCHES = (PUBLISH, MANUAL, ROLLBACK)


@dataclass(frozen=True)
class PublishEvent:
    """One event of the log."""

    kind: str
    run_id: str
    """The run that readers were switched to, or the superseded run."""
    at: str
    """UTC, ISO 8601; later than all events before it, whatever the clock says."""
    by: str
    """User of the operating system."""
    from_run_id: str | None = None
    """The run that readers saw before; None before the first."""
    reason: str | None = None
    """Given by a person; None where nobody was asked."""
    overruled_faults: tuple[str, ...] = ()
    """Faults of the audit that it was published in spite of."""


def publish_if_latest(run: Run, as_of: str, at: datetime) -> PublishEvent:
    """Publish a run that has just ended, unless one that began later is published already: runs never switch readers back."""
    with storage.exclusive_lock(run.root):
        current = published_run(run.root)
        is_superseded = current is not None and current.run_id > run.run_id
        kind = SUPERSEDED if is_superseded else PUBLISH
        event = _record(run, PublishEvent(kind, run.run_id, at.isoformat(), storage.current_user()))
        if not is_superseded:
            set_current_run(run, as_of)
        return event


def publish_manually(run: Run, manifest: dict[str, Any], event: PublishEvent) -> PublishEvent:
    """Switch readers to a complete run because a person asks for it.

    The run's files have been verified. `event` is MANUAL or ROLLBACK, with time, reason, and the run that readers see; user and
    overruled faults are filled in here.

    Raises InputError where readers see another run by now.
    """
    with storage.exclusive_lock(run.root):
        current = published_run(run.root)
        if event.from_run_id != (current.run_id if current else None):
            raise InputError(f"{run.root}: another run was published just now. See `segmentation runs`, and decide again")
        recorded = _record(run, replace(event, by=storage.current_user(), overruled_faults=tuple(manifest["audit"]["faults"])))
        set_current_run(run, manifest["as_of"])
        return recorded


def publish_rewrite(run: Run, rewritten: Run, event: PublishEvent) -> None:
    """Switch readers of a run to its rewritten version, which is complete; nothing happens where they see another run."""
    with storage.exclusive_lock(run.root):
        if published_run(run.root) == run:
            as_of = json.loads(storage.read_text(rewritten.path(MANIFEST)))["as_of"]
            _record(rewritten, replace(event, run_id=rewritten.run_id, by=storage.current_user()))
            set_current_run(rewritten, as_of)


def publish_events(root: str) -> list[PublishEvent]:
    """All events under an output root, oldest first."""
    return [_read(root, name) for name in _names(root)]


def was_published(root: str, run_id: str) -> bool:
    """Whether readers were ever switched to a run."""
    current = published_run(root)
    return original_id(run_id) in publication_history(publish_events(root), current.run_id if current else None)[0]


def publication_history(events: Sequence[PublishEvent], current: str | None) -> tuple[set[str], list[str]]:
    """Runs that were ever published, and those that rollbacks return to, the current one last.

    A rollback takes the last run off the list, so that a second one goes one further back. Rewritten runs go by their original ids.
    """
    current = current and original_id(current)
    events = [replace(event, run_id=original_id(event.run_id), from_run_id=_original(event.from_run_id)) for event in events]
    ever: set[str] = set()
    line: list[str] = []

    def append(run_id: str | None) -> None:
        if run_id is not None and line[-1:] != [run_id]:
            ever.add(run_id)
            line.append(run_id)

    switches = [event for event in events if event.kind in _SWITCHES]
    seen_next = [*(event.from_run_id for event in switches[1:]), current]
    for event, seen in zip(switches, seen_next, strict=bool(switches)):
        # The run that readers saw before there was a log.
        append(event.from_run_id)
        if seen == event.run_id and event.kind == ROLLBACK and event.run_id in line:
            del line[len(line) - line[::-1].index(event.run_id) :]
        elif seen == event.run_id:
            append(event.run_id)
    append(current)
    return ever, line


def _original(run_id: str | None) -> str | None:
    return run_id and original_id(run_id)


def _record(run: Run, event: PublishEvent) -> PublishEvent:
    """Write an event, with the run that readers see now, and later than the last event."""
    before, at = published_run(run.root), datetime.fromisoformat(event.at)
    if names := _names(run.root):
        at = max(at, datetime.fromisoformat(_read(run.root, names[-1]).at) + timedelta(microseconds=1))
    event = replace(event, at=at.isoformat(timespec="microseconds"), from_run_id=before.run_id if before else None)
    storage.make_folder(storage.join(run.root, PUBLICATIONS))
    name = f"{at:%Y%m%dT%H%M%S%fZ}-{event.kind}.json"
    storage.write_text(storage.join(run.root, PUBLICATIONS, name), json.dumps(asdict(event), indent=2, ensure_ascii=False) + "\n")
    return event


def _names(root: str) -> list[str]:
    """File names, which begin with the time and so are in the order of events."""
    return [name for name in storage.list_names(storage.join(root, PUBLICATIONS)) if name.endswith(".json")]


def _read(root: str, name: str) -> PublishEvent:
    content = json.loads(storage.read_text(storage.join(root, PUBLICATIONS, name)))
    return PublishEvent(**{**content, "overruled_faults": tuple(content["overruled_faults"])})
