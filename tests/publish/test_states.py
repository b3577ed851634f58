"""What a run is, told by what it has written of itself."""

import json
from pathlib import Path

import pytest

from segmentation import storage
from segmentation.errors import InputError
from segmentation.publish.run import Run, begin, publish
from segmentation.publish.states import State, found_run, state_of


def _of_process(run, **changes):
    """Let a run's claim speak of another process."""
    path = Path(run.root) / "under_way" / f"{run.run_id}.json"
    claim = json.loads(path.read_text())
    path.write_text(json.dumps({**claim, "process": claim["process"] | changes}))
    return run


def test_every_state_is_told(complete, tmp_path):
    root = str(tmp_path / "out")
    runs = {
        State.PUBLISHED: complete("r1"),
        State.COMPLETE: complete("r2"),
        State.HELD_BACK: complete("r3", "too few customers"),
        State.BROKEN: complete("r4"),
        State.UNDER_WAY: begin(root, "r5"),
        State.LEFTOVER: _of_process(begin(root, "r6"), started=1),
        State.UNCERTAIN: _of_process(begin(root, "r7"), host="elsewhere", boot="another"),
    }
    publish(runs[State.PUBLISHED], "2026-01-01")
    Path(runs[State.BROKEN].path("manifest.json")).write_text("{}")
    assert {state_of(run): run for run in runs.values()} == runs


def test_a_folder_that_nobody_claims_is_uncertain(tmp_path):
    (tmp_path / "runs" / "r1").mkdir(parents=True)
    assert state_of(Run(str(tmp_path), "r1")) is State.UNCERTAIN


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"about": null, "process": {"pid": "one"}}', '{"about": null, "process": {}}'])
def test_a_claim_that_cannot_be_read_is_uncertain(tmp_path, text):
    run = begin(str(tmp_path), "r1")
    (tmp_path / "under_way" / "r1.json").write_text(text)
    assert state_of(run) is State.UNCERTAIN


def test_a_claim_that_outlived_the_seal_changes_nothing(complete, tmp_path):
    run = complete("r1")
    (tmp_path / "out" / "under_way" / "r1.json").write_text(json.dumps({"about": None, "process": storage.this_process() | {"started": 1}}))
    assert state_of(run) is State.COMPLETE


def test_the_published_run_is_found_or_a_complete_one_that_is_named(complete):
    run, other = complete("r1"), complete("r2")
    publish(run, "2026-01-01")
    assert found_run(run.root) == found_run(run.root, "r1") == run
    assert found_run(run.root, "r2") == other


def test_where_no_run_is_published_the_message_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"no run is published there\. Run `segmentation segment` first") as fault:
        found_run(str(tmp_path / "nowhere"))
    assert fault.value.exit_code == 3


def test_a_run_that_was_never_completed_or_is_held_back_or_broken_is_refused(complete, tmp_path):
    root = str(tmp_path / "out")
    begin(root, "under_way")
    complete("held", "too few customers")
    Path(complete("broken").path("manifest.json")).write_text("{}")
    for run_id in ("nosuch", "under_way", "broken"):
        with pytest.raises(InputError, match=rf"runs/{run_id}: no completed run"):
            found_run(root, run_id)
    with pytest.raises(InputError, match=r"runs/held: held back by its audit.*segmentation publish --run held"):
        found_run(root, "held")
