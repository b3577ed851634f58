"""The last part of a run, without Spark: another process seals and publishes a written run."""

import json
import multiprocessing
import shutil
from datetime import UTC, datetime
from pathlib import Path

from faults.steps import Steps, kill_self, killed_after, killed_at
from segmentation import storage
from segmentation.publish.leases import LEASES
from segmentation.publish.orphans import remove_orphans
from segmentation.publish.publications import publish_if_latest
from segmentation.publish.run import Run, run_id_at
from segmentation.publish.seal import run_checksums, seal_run

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["faults.publishing"])


def in_a_process(task, *arguments, seconds=60):
    """Run a task in a process of its own; returns its exit code, which is minus the signal that ended it."""
    process = _PROCESSES.Process(target=task, args=arguments)
    process.start()
    process.join(seconds)
    return process.exitcode


def seal_and_publish(root, run_id, like, at=None):
    """Seal and publish a written run, up to a step; page and manifest are those of a published run."""
    run, place = Run(str(root), run_id), Path(like, "current")
    manifest = json.loads((place / "manifest.json").read_text())
    lease = {"about": None, "process": storage.current_process()}
    Path(root, LEASES, f"{run_id}.json").write_text(json.dumps(lease))
    with Steps(root, killed_at(at, kill_self)).watched():
        storage.write_text(run.path("report.html"), (place / "report.html").read_text())
        seal_run(run, {**manifest, "run_id": run_id}, run_checksums(run))
        publish_if_latest(run, manifest["as_of"], datetime.now(UTC))


def clean_up(root, steps=None):
    """Remove orphans, in at most so many steps."""
    with Steps(root, killed_after(steps, kill_self)).watched():
        remove_orphans(str(root))


def one_more(root, ready, run_id):
    """Copy a written run under a later id; returns the id."""
    later = run_id_at(datetime.now(UTC))
    for place in ("runs", "orders"):
        shutil.copytree(Path(ready, place, run_id), Path(root, place, later))
    return later
