"""The stream killed, Java with it, in the middle of batches: taken up again, it leaves the tables that it would have left anyway."""

import random
import signal

import pytest

from stream.following import NONE, difference, drained, live, published
from stream.shop import as_sent, settings_file, write_files

pytestmark = pytest.mark.slow

KILLED = -signal.SIGKILL
SOMEWHERE = ({"at": 5}, {"at": 4, "after": 0.5}, {"at": 13}, {"at": 7})
"""In the first batch, between its changes and while one is written; in the next, and at its end, before Spark has noted it."""


def follow_killed(streams, folder, root, days, files, plans):
    """A stream that is killed as planned, taken up again each time, and in the end let alone."""
    write_files(folder / "log", as_sent(days), files)
    config = settings_file(folder, folder / "log", root)
    ends = [drained(config, root, plan=plan)[0] for plan in plans]
    code, said = streams.drained(config, root)
    assert code == 0, said
    return ends


def test_killed_in_the_middle_of_batches_it_comes_to_the_same(shop, streams, output, tmp_path):
    assert follow_killed(streams, tmp_path, output, shop.days, 3, SOMEWHERE) == [KILLED] * len(SOMEWHERE)
    for table in ("orders", "customer_segments"):
        assert difference(live(output, table), published(output, table)) == NONE


@pytest.mark.exhaustive
@pytest.mark.timeout(7200)
def test_killed_twenty_times_it_comes_to_the_same(shop, streams, output, tmp_path):
    drawn = random.Random(20)
    plans = [{"at": drawn.randint(2, 12), "after": drawn.choice((0, 0.2, 0.5, 1, 2))} for _ in range(20)]
    ends = follow_killed(streams, tmp_path, output, shop.days, 14, plans)
    assert ends.count(KILLED) >= 18
    for table in ("orders", "customer_segments"):
        assert difference(live(output, table), published(output, table)) == NONE
