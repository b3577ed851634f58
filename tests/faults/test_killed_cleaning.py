"""Killed while it clears away what another left: readers see what they saw, and the rest is found again."""

import signal
from itertools import pairwise

from faults.cleaning import cleaned, files
from faults.conftest import FIRST_OF_PUBLISHING, copied
from faults.publishing import clear_away, in_a_process, publish_rest
from faults.readers import seen
from segmentation.publish.leftovers import leftovers


def test_killed_again_and_again_while_it_clears_away(shop, tmp_path):
    root = copied(shop.ready, tmp_path / "out")
    assert in_a_process(publish_rest, root, shop.new, shop.after, FIRST_OF_PUBLISHING) == -signal.SIGKILL
    left = [files(root)]
    for steps in (2, 20, 60):
        assert in_a_process(clear_away, root, steps) == -signal.SIGKILL
        assert seen(root) == shop.old
        assert [one.owner for one in leftovers(str(root))] == [shop.new]
        left.append(files(root))
    assert all(later < earlier for earlier, later in pairwise(left))
    assert cleaned(root)
    assert seen(root) == shop.old
