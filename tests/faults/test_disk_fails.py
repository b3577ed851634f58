"""The disk full or read-only while a run writes: one clear message, the old run still there, and the next run publishes."""

import pytest

from faults.cleaning import orphan_all, removed_by_clean
from faults.conftest import copied, segmented
from faults.disks import Disk, small_disk
from faults.readers import differences, seen
from faults.steps import Steps

pytestmark = pytest.mark.slow

FULL, READ_ONLY = (Disk.fill, Disk.empty, "full"), (Disk.freeze, Disk.thaw, "read-only")
IN_CI = (
    (FULL, "write_table orders/RUN"),
    (READ_ONLY, "write_table runs/RUN/customer_features"),
    (FULL, "write runs/RUN/report.html.tmp"),
)
MORE = [
    *((FULL, step) for step in ("write leases/RUN.json.tmp", "mkdir runs/RUN", "half-way write_table orders/RUN")),
    *((FULL, step) for step in ("write_model runs/RUN/model", "half-way write_model runs/RUN/model", "write runs/RUN/manifest.json.tmp")),
    (FULL, "write runs/RUN/segment_summary/rows.parquet"),
    # Not while a claim is written: the lock on it is open, and no disk with an open file becomes read-only.
    *((READ_ONLY, step) for step in ("mkdir runs/RUN", "write_table orders/RUN", "write_table runs/RUN/customer_segments")),
    *((READ_ONLY, step) for step in ("write_model runs/RUN/model", "write runs/RUN/report.html.tmp", "rename runs/RUN/manifest.json")),
]


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def fails(shop, root, disk, step, happens, mended, words):
    """What a run says whose disk fails before a step, once it is mended."""
    left = [step]

    def reached(now):
        if now in left:
            left.remove(now)
            happens(disk)

    with Steps(root, reached).watched():
        result = segmented(shop.config, root)
    mended(disk)
    assert left == []
    assert result.exit_code == 2, result.output + repr(result.exception)
    assert words in result.output.lower()
    assert "Traceback" not in result.output


def test_one_failing_after_another(shop, disk):
    root = copied(shop.before, disk.folder / "out")
    for fault, step in IN_CI:
        fails(shop, root, disk, step, *fault)
        assert seen(root) == shop.old
    publishes_everything(shop, root)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("fault", "step"), MORE)
def test_failing_at_a_step(shop, disk, fault, step):
    root = copied(shop.before, disk.folder / "out")
    fails(shop, root, disk, step, *fault)
    assert seen(root) == shop.old
    publishes_everything(shop, root)


def publishes_everything(shop, root):
    result = segmented(shop.config, root)
    assert result.exit_code == 0, result.output
    orphan_all(root)
    removed_by_clean(root)
    assert seen(root) != shop.old
    assert differences(root, shop.whole) == []
