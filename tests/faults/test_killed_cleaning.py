"""`clean` killed midway: readers see the same run as before, and the remaining orphans are found again."""

import signal
from itertools import pairwise

from faults.cleaning import files, removed_by_clean
from faults.conftest import FIRST_OF_PUBLISHING, copied
from faults.publishing import clean_up, in_a_process, seal_and_publish
from faults.readers import seen
from segmentation.publish.orphans import find_orphans


def test_clean_can_be_killed_repeatedly(shop, tmp_path):
    root = copied(shop.ready, tmp_path / "out")
    assert in_a_process(seal_and_publish, root, shop.new, shop.after, FIRST_OF_PUBLISHING) == -signal.SIGKILL
    left = [files(root)]
    for steps in (2, 20, 60):
        assert in_a_process(clean_up, root, steps) == -signal.SIGKILL
        assert seen(root) == shop.old
        assert [one.owner for one in find_orphans(str(root))] == [shop.new]
        left.append(files(root))
    assert all(later < earlier for earlier, later in pairwise(left))
    assert removed_by_clean(root)
    assert seen(root) == shop.old
