"""Killed between any two steps of publishing: readers see the old run or the new, whole, and the next run publishes."""

import multiprocessing
import signal

import pytest
from faults.conftest import FIRST_OF_PUBLISHING, copied
from faults.readers import differences, seen
from faults.steps import THE_END, Steps, kill_self, killed_at
from segmentation import storage
from segmentation.publish.run import Run, publish

PUBLISHING = (
    FIRST_OF_PUBLISHING,
    "rename runs/RUN/report.html",
    "remove runs/RUN/report.html.tmp",
    "write runs/RUN/manifest.json.tmp",
    "rename runs/RUN/manifest.json",
    "remove runs/RUN/manifest.json.tmp",
    "write runs/RUN/pointer.json.tmp",
    "rename runs/RUN/pointer.json",
    "remove runs/RUN/pointer.json.tmp",
    "symlink current.tmp",
    "rename current",
)
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["segmentation.publish.run", "faults.steps"])


def test_these_are_the_steps_of_publishing(shop):
    assert shop.steps[shop.steps.index(FIRST_OF_PUBLISHING) :] == PUBLISHING
