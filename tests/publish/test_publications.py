"""Readers are switched in order, and every switch is logged."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segmentation.errors import InputError
from segmentation.publish import publications
from segmentation.publish.publications import (
    MANUAL,
    PUBLISH,
    ROLLBACK,
    SUPERSEDED,
    PublishEvent,
    publication_history,
    publish_events,
    publish_if_latest,
    publish_manually,
)
from segmentation.publish.run import published_run
from segmentation.publish.seal import load_sealed_manifest

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _event(kind, run_id, from_run_id):
    return PublishEvent(kind, run_id, NOON.isoformat(), "me", from_run_id)


def test_each_publication_is_logged_in_a_small_file(complete):
    run = complete("r1")
    publish_if_latest(run, "2026-01-01", NOON)
    publish_if_latest(complete("r2"), "2026-01-01", NOON + timedelta(hours=1))
    first, second = sorted((Path(run.root) / "publications").iterdir())
    assert (first.name, second.name) == ("20260101T120000000000Z-publish.json", "20260101T130000000000Z-publish.json")
    content = json.loads(second.read_text())
    assert content.pop("by")
    assert content == {
        "kind": "publish",
        "run_id": "r2",
        "at": "2026-01-01T13:00:00.000000+00:00",
        "from_run_id": "r1",
        "reason": None,
        "overruled_faults": [],
    }
    assert published_run(run.root).run_id == "r2"


def test_a_run_that_ends_after_a_later_one_was_published_is_logged_as_superseded(complete):
    earlier, later = complete("r1"), complete("r2")
    assert publish_if_latest(later, "2026-01-01", NOON).kind == PUBLISH
    assert publish_if_latest(earlier, "2026-01-01", NOON).kind == SUPERSEDED
    assert published_run(later.root) == later
    assert [(event.kind, event.run_id, event.from_run_id) for event in publish_events(later.root)] == [
        (PUBLISH, "r2", None),
        (SUPERSEDED, "r1", "r2"),
    ]


def test_of_many_runs_that_end_at_once_the_latest_is_published_and_all_are_logged(complete):
    runs = [complete(f"r{number}") for number in range(10, 22)]
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(lambda run: publish_if_latest(run, "2026-01-01", NOON), runs[::-1]))
    root = Path(runs[0].root)
    assert published_run(str(root)) == runs[-1]
    assert (root / "current").resolve().name == "r21"
    events = publish_events(str(root))
    assert sorted(event.run_id for event in events) == [run.run_id for run in runs]
    assert [event.at for event in events] == sorted({event.at for event in events})
    published = None
    for event in events:
        assert event.from_run_id == published
        published = published if event.kind == SUPERSEDED else event.run_id
    assert list(root.rglob("*.tmp")) == []


def test_an_event_is_logged_before_readers_are_switched(complete, monkeypatch):
    run, seen = complete("r1"), []
    monkeypatch.setattr(
        publications, "set_current_run", lambda run, as_of: seen.append([event.run_id for event in publish_events(run.root)])
    )
    publish_if_latest(run, "2026-01-01", NOON)
    assert seen == [["r1"]]


def test_a_run_that_failed_its_audit_is_published_manually_and_its_faults_are_logged(complete):
    run = complete("r1", "customers: 1 after 9", "net: 2 after 8")
    event = publish_manually(run, load_sealed_manifest(run), PublishEvent(MANUAL, "r1", NOON.isoformat(), "", None, "the shop closed"))
    assert published_run(run.root) == run
    assert publish_events(run.root) == [event]
    assert (event.reason, event.overruled_faults) == ("the shop closed", ("customers: 1 after 9", "net: 2 after 8"))
    assert event.by


def test_a_manual_publication_fails_where_another_run_was_published_meanwhile(complete):
    run, other = complete("r1"), complete("r2")
    publish_if_latest(other, "2026-01-01", NOON)
    with pytest.raises(InputError, match="another run was published just now"):
        publish_manually(run, load_sealed_manifest(run), PublishEvent(MANUAL, "r1", NOON.isoformat(), "", None, "why not"))
    assert published_run(run.root) == other
    assert len(publish_events(run.root)) == 1


@pytest.mark.parametrize(
    ("events", "current", "line"),
    [
        ([], None, []),
        ([], "r1", ["r1"]),
        ([(PUBLISH, "r1", None)], "r1", ["r1"]),
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1"), (PUBLISH, "r3", "r2")], "r3", ["r1", "r2", "r3"]),
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1"), (PUBLISH, "r3", "r2"), (ROLLBACK, "r2", "r3")], "r2", ["r1", "r2"]),
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1"), (ROLLBACK, "r1", "r2"), (PUBLISH, "r3", "r1")], "r3", ["r1", "r3"]),
        ([(PUBLISH, "r2", None), (SUPERSEDED, "r1", "r2"), (PUBLISH, "r3", "r2")], "r3", ["r2", "r3"]),
        ([(PUBLISH, "r1", None), (MANUAL, "r0", "r1")], "r0", ["r1", "r0"]),
        # Killed between log entry and switch, in the last event and in an earlier one.
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1")], "r1", ["r1"]),
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1"), (PUBLISH, "r3", "r1")], "r3", ["r1", "r3"]),
        # Published before there was a log.
        ([(PUBLISH, "r2", "r1")], "r2", ["r1", "r2"]),
    ],
)
def test_the_runs_that_rollbacks_return_to_follow_from_the_log(events, current, line):
    ever, history = publication_history([_event(*one) for one in events], current)
    assert history == line
    assert set(line) <= ever


def test_a_run_that_was_ever_published_stays_known_after_a_rollback():
    events = [_event(PUBLISH, "r1", None), _event(PUBLISH, "r2", "r1"), _event(ROLLBACK, "r1", "r2")]
    assert publication_history(events, "r1") == ({"r1", "r2"}, ["r1"])
    assert "r3" not in publication_history([*events, replace(events[0], run_id="r3", from_run_id="r1")], "r1")[0]
