"""Concurrent runs on one output: all complete, the one that started last is published, and readers always see a complete run."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from faults.conftest import copied, segmented
from faults.publishing import in_a_process, one_more, seal_and_publish
from faults.readers import differences, read_by_pointer, same, seen
from faults.shop import ended, started, watched
from segmentation.publish.orphans import find_orphans
from segmentation.publish.run import Run
from segmentation.publish.seal import verify_files

ROUNDS, AT_ONCE = 5, 4


@pytest.mark.slow
def test_of_two_runs_at_once_the_one_that_started_last_is_published(shop, tmp_path):
    root, goes_on = copied(shop.before, tmp_path / "out"), tmp_path / "goes on"
    plan = {"root": str(root), "at": "write runs/RUN/manifest.json.tmp", "until": str(goes_on)}
    process = started(watched(plan, "segment", "--config", shop.config, "--output", root))
    (first,) = leased(root, process)
    assert find_orphans(str(root)) == []
    assert segmented(shop.config, root).exit_code == 0
    second = seen(root)
    goes_on.touch()
    code, said, complained = ended(process)
    assert code == 0, complained[-3000:]
    assert f"complete, and not published: run {second}" in said
    assert seen(root) == second > first
    assert verify_files(Run(str(root), first)) == []
    assert same(root / "orders" / first, root / "orders" / second)
    assert differences(root, shop.whole) == []


def leased(root, process):
    """Ids of running runs, once there are some."""
    while process.poll() is None:
        if run_ids := [path.stem for path in (root / "leases").glob("*.json")]:
            return run_ids
        time.sleep(0.05)
    pytest.fail(process.communicate()[1][-3000:])


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_several_that_publish_at_once_the_one_that_started_last_is_published(shop, tmp_path, _):
    root = copied(shop.ready, tmp_path / "out")
    runs = [one_more(root, shop.ready, shop.new) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = [pool.submit(in_a_process, seal_and_publish, root, run, shop.after) for run in runs]
        while not all(end.done() for end in ends):
            read_by_pointer(root)
    assert [end.result() for end in ends] == [0] * AT_ONCE
    assert seen(root) == max(runs)
    assert [verify_files(Run(str(root), run)) for run in runs] == [[]] * AT_ONCE
