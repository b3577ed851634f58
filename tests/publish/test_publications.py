"""Readers are switched in order, and every switch is on record."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segmentation.errors import InputError
from segmentation.publish import publications
from segmentation.publish.integrity import sealed_manifest
from segmentation.publish.publications import BY_HAND, PASSED_OVER, PUBLISH, ROLLBACK, Act, acts, history, publish_by_hand, publish_in_order
from segmentation.publish.run import published

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _act(act, run_id, from_run_id):
    return Act(act, run_id, NOON.isoformat(), "me", from_run_id)


def test_each_publication_leaves_a_small_file_that_says_who_what_and_when(complete):
    run = complete("r1")
    publish_in_order(run, "2026-01-01", NOON)
    publish_in_order(complete("r2"), "2026-01-01", NOON + timedelta(hours=1))
    first, second = sorted((Path(run.root) / "publications").iterdir())
    assert (first.name, second.name) == ("20260101T120000000000Z-publish.json", "20260101T130000000000Z-publish.json")
    told = json.loads(second.read_text())
    assert told.pop("by")
    assert told == {
        "act": "publish",
        "run_id": "r2",
        "at": "2026-01-01T13:00:00.000000+00:00",
        "from_run_id": "r1",
        "because": None,
        "overrode": [],
    }
    assert published(run.root).run_id == "r2"


def test_a_run_that_ends_after_a_later_one_was_published_is_passed_over_and_that_is_on_record(complete):
    earlier, later = complete("r1"), complete("r2")
    assert publish_in_order(later, "2026-01-01", NOON).act == PUBLISH
    assert publish_in_order(earlier, "2026-01-01", NOON).act == PASSED_OVER
    assert published(later.root) == later
    assert [(act.act, act.run_id, act.from_run_id) for act in acts(later.root)] == [(PUBLISH, "r2", None), (PASSED_OVER, "r1", "r2")]


def test_many_runs_that_end_at_once_leave_the_latest_published_and_every_act_on_record(complete):
    runs = [complete(f"r{number}") for number in range(10, 22)]
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(lambda run: publish_in_order(run, "2026-01-01", NOON), runs[::-1]))
    root = Path(runs[0].root)
    assert published(str(root)) == runs[-1]
    assert (root / "current").resolve().name == "r21"
    done = acts(str(root))
    assert sorted(act.run_id for act in done) == [run.run_id for run in runs]
    assert [act.at for act in done] == sorted({act.at for act in done})
    followed = None
    for act in done:
        assert act.from_run_id == followed
        followed = followed if act.act == PASSED_OVER else act.run_id
    assert list(root.rglob("*.tmp")) == []


def test_an_act_is_on_record_before_readers_are_switched(complete, monkeypatch):
    run, seen = complete("r1"), []
    monkeypatch.setattr(publications, "publish", lambda run, as_of: seen.append([act.run_id for act in acts(run.root)]))
    publish_in_order(run, "2026-01-01", NOON)
    assert seen == [["r1"]]


def test_a_run_held_back_is_published_by_hand_and_the_record_says_what_was_overruled(complete):
    run = complete("r1", "customers: 1 after 9", "net: 2 after 8")
    act = publish_by_hand(run, sealed_manifest(run), Act(BY_HAND, "r1", NOON.isoformat(), "", None, "the shop closed"))
    assert published(run.root) == run
    assert acts(run.root) == [act]
    assert (act.because, act.overrode) == ("the shop closed", ("customers: 1 after 9", "net: 2 after 8"))
    assert act.by


def test_nothing_is_switched_by_hand_where_another_run_was_published_meanwhile(complete):
    run, other = complete("r1"), complete("r2")
    publish_in_order(other, "2026-01-01", NOON)
    with pytest.raises(InputError, match="another run was published just now"):
        publish_by_hand(run, sealed_manifest(run), Act(BY_HAND, "r1", NOON.isoformat(), "", None, "why not"))
    assert published(run.root) == other
    assert len(acts(run.root)) == 1


@pytest.mark.parametrize(
    ("done", "current", "line"),
    [
        ([], None, []),
        ([], "r1", ["r1"]),
        ([(PUBLISH, "r1", None)], "r1", ["r1"]),
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1"), (PUBLISH, "r3", "r2")], "r3", ["r1", "r2", "r3"]),
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1"), (PUBLISH, "r3", "r2"), (ROLLBACK, "r2", "r3")], "r2", ["r1", "r2"]),
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1"), (ROLLBACK, "r1", "r2"), (PUBLISH, "r3", "r1")], "r3", ["r1", "r3"]),
        ([(PUBLISH, "r2", None), (PASSED_OVER, "r1", "r2"), (PUBLISH, "r3", "r2")], "r3", ["r2", "r3"]),
        ([(PUBLISH, "r1", None), (BY_HAND, "r0", "r1")], "r0", ["r1", "r0"]),
        # Killed between record and switch, as the last act and as one before others.
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1")], "r1", ["r1"]),
        ([(PUBLISH, "r1", None), (PUBLISH, "r2", "r1"), (PUBLISH, "r3", "r1")], "r3", ["r1", "r3"]),
        # Published before there were records.
        ([(PUBLISH, "r2", "r1")], "r2", ["r1", "r2"]),
    ],
)
def test_what_readers_would_go_back_to_follows_from_the_record(done, current, line):
    ever, found = history([_act(*one) for one in done], current)
    assert found == line
    assert set(line) <= ever


def test_a_run_that_was_ever_published_stays_known_after_a_rollback():
    done = [_act(PUBLISH, "r1", None), _act(PUBLISH, "r2", "r1"), _act(ROLLBACK, "r1", "r2")]
    assert history(done, "r1") == ({"r1", "r2"}, ["r1"])
    assert "r3" not in history([*done, replace(done[0], run_id="r3", from_run_id="r1")], "r1")[0]
