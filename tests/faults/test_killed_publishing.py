"""Killed between any two steps of publishing: readers see one complete run, the old or the new, and the next run publishes."""

import signal

import pytest

from faults.cleaning import removed_by_clean
from faults.conftest import FIRST_OF_PUBLISHING, copied
from faults.publishing import in_a_process, one_more, seal_and_publish
from faults.readers import seen

SEALING = (
    FIRST_OF_PUBLISHING,
    "rename runs/RUN/report.html",
    "remove runs/RUN/report.html.tmp",
    "write runs/RUN/manifest.json.tmp",
    "rename runs/RUN/manifest.json",
    "remove runs/RUN/manifest.json.tmp",
    "write runs/RUN/manifest.sha256.tmp",
    "rename runs/RUN/manifest.sha256",
    "remove runs/RUN/manifest.sha256.tmp",
    "remove leases/RUN.json",
    "write .lock",
    "mkdir publications",
    "write publications/RUN-publish.json.tmp",
    "rename publications/RUN-publish.json",
    "remove publications/RUN-publish.json.tmp",
)
POINTING = ("write runs/RUN/pointer.json.tmp", "rename runs/RUN/pointer.json", "remove runs/RUN/pointer.json.tmp")
"""And the first run of all makes the link that `current.json` is."""
LINKED_ONCE = ("symlink current.json.tmp", "rename current.json", "remove current.json.tmp")
SWITCHING = ("symlink current.tmp", "rename current", "remove current.tmp")
AFTER_THE_SWITCH = "remove current.tmp"
PUBLISHING = (*SEALING, *POINTING, *SWITCHING)


def test_these_are_the_steps_of_publication(shop):
    steps = shop.steps[shop.steps.index(FIRST_OF_PUBLISHING) :]
    assert tuple(step for step in steps if not step.startswith("stage ")) == PUBLISHING


@pytest.mark.parametrize("step", PUBLISHING)
def test_killed_before_a_step_of_publication(shop, tmp_path, step):
    root = copied(shop.ready, tmp_path / "out")
    assert in_a_process(seal_and_publish, root, shop.new, shop.after, step) == -signal.SIGKILL
    assert seen(root) == (shop.new if step == AFTER_THE_SWITCH else shop.old)
    publishes_again(root, shop)


@pytest.mark.parametrize("step", [*LINKED_ONCE, *SWITCHING])
def test_killed_before_a_step_of_the_first_publication(shop, tmp_path, step):
    root = copied(shop.ready, tmp_path / "out")
    for link in ("current", "current.json"):
        (root / link).unlink()
    assert in_a_process(seal_and_publish, root, shop.new, shop.after, step) == -signal.SIGKILL
    assert seen(root) == (shop.new if step == AFTER_THE_SWITCH else None)
    publishes_again(root, shop)


def publishes_again(root, shop):
    """With nothing cleared away; only then is it."""
    later = one_more(root, shop.ready, shop.new)
    assert in_a_process(seal_and_publish, root, later, shop.after) == 0
    removed_by_clean(root)
    assert seen(root) == later
