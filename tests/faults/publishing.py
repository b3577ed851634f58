"""The last part of a run, without Spark: a run that is written is sealed and published by a process of its own."""

import json
import multiprocessing
import shutil
from datetime import UTC, datetime
from pathlib import Path

from faults.steps import Steps, kill_self, killed_after, killed_at
from segmentation import storage
from segmentation.publish.claims import FOLDER
from segmentation.publish.integrity import files_of, sealed
from segmentation.publish.leftovers import removed
from segmentation.publish.publications import publish_in_order
from segmentation.publish.run import Run, run_id_of

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["faults.publishing"])


def in_a_process(task, *arguments, seconds=60):
    """What a process that does nothing else ends with; negative is the signal that ended it."""
    process = _PROCESSES.Process(target=task, args=arguments)
    process.start()
    process.join(seconds)
    return process.exitcode


def publish_rest(root, run_id, like, at=None):
    """What is left to do of a run that is written, up to a step and no further; page and manifest are those of a published one."""
    run, place = Run(str(root), run_id), Path(like, "current")
    manifest = json.loads((place / "manifest.json").read_text())
    claim = {"about": None, "process": storage.this_process()}
    Path(root, FOLDER, f"{run_id}.json").write_text(json.dumps(claim))
    with Steps(root, killed_at(at, kill_self)).watched():
        storage.write_text(run.path("report.html"), (place / "report.html").read_text())
        sealed(run, {**manifest, "run_id": run_id}, files_of(run))
        publish_in_order(run, manifest["as_of"], datetime.now(UTC))


def clear_away(root, steps=None):
    """Remove what is left over, in so many steps and no more."""
    with Steps(root, killed_after(steps, kill_self)).watched():
        removed(str(root))


def one_more(root, ready, run_id):
    """Id of another run that is written: one that is ready, under a later id."""
    later = run_id_of(datetime.now(UTC))
    for place in ("runs", "orders"):
        shutil.copytree(Path(ready, place, run_id), Path(root, place, later))
    return later
