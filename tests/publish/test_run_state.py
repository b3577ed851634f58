"""The state of a run follows from its seal, its lease and the log of publications."""

import json
from pathlib import Path

import pytest

from segmentation import storage
from segmentation.errors import InputError
from segmentation.publish.run import Run, create_run, set_current_run
from segmentation.publish.run_state import RunState, resolve_run, state_of


def _of_process(run, **changes):
    """Make the lease of a run that of another process."""
    path = Path(run.root) / "leases" / f"{run.run_id}.json"
    lease = json.loads(path.read_text())
    path.write_text(json.dumps({**lease, "process": lease["process"] | changes}))
    return run


def test_every_state_is_recognised(complete, tmp_path):
    root = str(tmp_path / "out")
    runs = {
        RunState.PUBLISHED: complete("r1"),
        RunState.COMPLETE: complete("r2"),
        RunState.AUDIT_FAILED: complete("r3", "too few customers"),
        RunState.CORRUPT: complete("r4"),
        RunState.RUNNING: create_run(root, "r5"),
        RunState.ORPHANED: _of_process(create_run(root, "r6"), started=1),
        RunState.UNKNOWN: _of_process(create_run(root, "r7"), host="elsewhere", boot="another"),
    }
    set_current_run(runs[RunState.PUBLISHED], "2026-01-01")
    Path(runs[RunState.CORRUPT].path("manifest.json")).write_text("{}")
    assert {state_of(run): run for run in runs.values()} == runs


def test_a_folder_without_a_lease_has_an_unknown_state(tmp_path):
    (tmp_path / "runs" / "r1").mkdir(parents=True)
    assert state_of(Run(str(tmp_path), "r1")) is RunState.UNKNOWN


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"about": null, "process": {"pid": "one"}}', '{"about": null, "process": {}}'])
def test_an_unreadable_lease_gives_an_unknown_state(tmp_path, text):
    run = create_run(str(tmp_path), "r1")
    (tmp_path / "leases" / "r1.json").write_text(text)
    assert state_of(run) is RunState.UNKNOWN


def test_a_lease_that_outlived_the_seal_changes_nothing(complete, tmp_path):
    run = complete("r1")
    (tmp_path / "out" / "leases" / "r1.json").write_text(json.dumps({"about": None, "process": storage.current_process() | {"started": 1}}))
    assert state_of(run) is RunState.COMPLETE


def test_a_run_resolves_to_the_published_one_or_to_a_complete_one_by_id(complete):
    run, other = complete("r1"), complete("r2")
    set_current_run(run, "2026-01-01")
    assert resolve_run(run.root) == resolve_run(run.root, "r1") == run
    assert resolve_run(run.root, "r2") == other


def test_without_a_published_run_the_error_has_a_remedy(tmp_path):
    with pytest.raises(InputError, match=r"no run is published there\. Run `segmentation segment` first") as fault:
        resolve_run(str(tmp_path / "nowhere"))
    assert fault.value.exit_code == 3


def test_a_running_corrupt_or_failed_run_does_not_resolve(complete, tmp_path):
    root = str(tmp_path / "out")
    create_run(root, "running")
    complete("failed", "too few customers")
    Path(complete("corrupt").path("manifest.json")).write_text("{}")
    for run_id in ("nosuch", "running", "corrupt"):
        with pytest.raises(InputError, match=rf"runs/{run_id}: not a complete run"):
            resolve_run(root, run_id)
    with pytest.raises(InputError, match=r"runs/failed: failed its audit.*segmentation publish --run failed"):
        resolve_run(root, "failed")
