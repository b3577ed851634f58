"""The driver killed, Java with it, wherever a run is: readers see the old run whole, and the next night counts every line once."""

import signal
from unittest.mock import ANY

import pytest

from faults.cleaning import cleaned
from faults.conftest import copied, segmented
from faults.readers import differences, seen, states
from faults.shop import ended, started, watched
from faults.steps import THE_END
from segmentation.publish.states import State

pytestmark = pytest.mark.slow

EARLY = (
    "mkdir runs/RUN",
    "stage new",
    "stage read",
    "write_table runs/RUN/rejected_lines",
    "half-way write_table runs/RUN/rejected_lines",
    "stage orders",
    "write_table orders/RUN",
    "half-way write_table orders/RUN",
    "stage keep",
    "half-way write_table orders/RUN/_night/recent_lines",
    "half-way write_table orders/RUN/_night/older_parts",
    "half-way write_table orders/RUN/_night/spend_by_category",
    "write orders/RUN/_night/night.json.tmp",
    "rename orders/RUN/_night/night.json",
    "stage features",
    "half-way write_table runs/RUN/customer_features",
    "stage prepare",
    "stage sweep",
    "stage validity",
    "stage fit",
    "stage write",
    "write_model runs/RUN/model",
    "half-way write_model runs/RUN/model",
    "half-way write_table runs/RUN/unsegmented_customers",
    "write runs/RUN/model/scoring.sql.tmp",
    "rename runs/RUN/model/scoring.sql",
    "write_table runs/RUN/customer_segments",
    "half-way write_table runs/RUN/customer_segments",
    "write runs/RUN/rfm_baseline/rows.parquet",
    "mkdir runs/RUN/segment_summary",
    "write runs/RUN/segment_summary/rows.parquet",
    "write runs/RUN/accounting/rows.parquet",
    "half-way write_table runs/RUN/segment_history",
    "stage audit",
    "write runs/RUN/report.html.tmp",
    "stage seal",
    "write runs/RUN/manifest.json.tmp",
    "rename runs/RUN/manifest.sha256",
    "rename runs/RUN/pointer.json",
    "rename current",
)
SEALED = "rename runs/RUN/manifest.sha256"
LATE = ("remove current.tmp", THE_END)
IN_CI = ("half-way write_table orders/RUN", "half-way write_model runs/RUN/model")


def killed(shop, root, step):
    """A run in a process group of its own, ended before a step."""
    code, _, said = ended(started(watched({"root": str(root), "at": step}, "segment", "--config", shop.config, "--output", root)))
    assert code == -signal.SIGKILL, f"it never came to {step!r}:\n{said[-3000:]}"


def publishes_everything(shop, root):
    """The next run, with nothing cleared away until it has ended: orders, accounting and customers are those of one run over all lines."""
    result = segmented(shop.config, root)
    assert result.exit_code == 0, result.output
    assert differences(root, shop.whole) == []
    cleaned(root)
    return seen(root)


def test_these_are_steps_of_a_run(shop):
    assert [step for step in (*EARLY, *LATE) if step not in (*shop.steps, THE_END)] == []


def test_killed_again_and_again(shop, tmp_path):
    root = copied(shop.before, tmp_path / "out")
    for step in IN_CI:
        killed(shop, root, step)
        assert seen(root) == shop.old
    assert sorted(states(root).items()) == [(shop.old, State.PUBLISHED), *[(ANY, State.LEFTOVER)] * len(IN_CI)]
    assert publishes_everything(shop, root) != shop.old


@pytest.mark.exhaustive
@pytest.mark.parametrize("step", EARLY)
def test_killed_before_readers_are_pointed_at_the_run(shop, tmp_path, step):
    root = copied(shop.before, tmp_path / "out")
    killed(shop, root, step)
    assert seen(root) == shop.old
    left = State.COMPLETE if EARLY.index(step) > EARLY.index(SEALED) else State.LEFTOVER
    assert sorted(states(root).items()) == [(shop.old, State.PUBLISHED), (ANY, left)]
    assert publishes_everything(shop, root) != shop.old


@pytest.mark.exhaustive
@pytest.mark.parametrize("step", LATE)
def test_killed_after(shop, tmp_path, step):
    root = copied(shop.before, tmp_path / "out")
    killed(shop, root, step)
    new = seen(root)
    assert new != shop.old
    assert differences(root, shop.whole) == []
    assert publishes_everything(shop, root) != new


@pytest.mark.exhaustive
@pytest.mark.parametrize("step", ["half-way write_table orders/RUN", "rename current.json", "rename current"])
def test_the_first_run_of_all_killed(shop, tmp_path, step):
    root = tmp_path / "out"
    killed(shop, root, step)
    assert seen(root) is None
    assert publishes_everything(shop, root)
