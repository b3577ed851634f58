"""Killed between any two steps of publishing: readers see the old run or the new, whole, and the next run publishes."""

import signal

import pytest

from faults.conftest import FIRST_OF_PUBLISHING, copied
from faults.publishing import in_a_process, one_more, publish_rest
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
    "remove under_way/RUN.json",
    "write .lock",
)
POINTING = ("write runs/RUN/pointer.json.tmp", "rename runs/RUN/pointer.json", "remove runs/RUN/pointer.json.tmp")
"""And the first run of all makes the link that `current.json` is."""
LINKED_ONCE = ("symlink current.json.tmp", "rename current.json", "remove current.json.tmp")
SWITCHING = ("symlink current.tmp", "rename current", "remove current.tmp")
AFTER_THE_SWITCH = "remove current.tmp"
PUBLISHING = (*SEALING, *POINTING, *SWITCHING)


def test_these_are_the_steps_of_publishing(shop):
    assert shop.steps[shop.steps.index(FIRST_OF_PUBLISHING) :] == PUBLISHING


@pytest.mark.parametrize("step", PUBLISHING)
def test_killed_before_a_step_of_publishing(shop, tmp_path, step):
    root, old, new = copied(shop.ready, tmp_path / "out"), seen(shop.before), seen(shop.after)
    assert in_a_process(publish_rest, root, new, shop.after, step) == -signal.SIGKILL
    assert seen(root) == (new if step == AFTER_THE_SWITCH else old)
    publishes_again(root, shop)


@pytest.mark.parametrize("step", [*POINTING, *LINKED_ONCE, *SWITCHING])
def test_killed_before_a_step_of_the_first_publishing_of_all(shop, tmp_path, step):
    root, new = copied(shop.ready, tmp_path / "out"), seen(shop.after)
    for link in ("current", "current.json"):
        (root / link).unlink()
    assert in_a_process(publish_rest, root, new, shop.after, step) == -signal.SIGKILL
    assert seen(root) == (new if step == AFTER_THE_SWITCH else None)
    publishes_again(root, shop)


def publishes_again(root, shop):
    """Without anything being cleared away."""
    later = one_more(root, shop.ready, seen(shop.after))
    assert in_a_process(publish_rest, root, later, shop.after) == 0
    assert seen(root) == later
