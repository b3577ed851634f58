"""The driver and Java killed at any step of a run: readers see the old run, and the next run counts every line once."""

import signal
from unittest.mock import ANY

import pytest

from faults.cleaning import removed_by_clean
from faults.conftest import copied, segmented
from faults.readers import differences, seen, states
from faults.shop import ended, started, watched
from faults.steps import THE_END
from segmentation.publish.run_state import RunState

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
    "stage save state",
    "half-way write_table orders/RUN/_incremental/recent_lines",
    "half-way write_table orders/RUN/_incremental/final_parts",
    "half-way write_table orders/RUN/_incremental/spend_by_category",
    "write orders/RUN/_incremental/state.json.tmp",
    "rename orders/RUN/_incremental/state.json",
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
    removed_by_clean(root)
    return seen(root)


def test_these_are_steps_of_a_run(shop):
    assert [step for step in (*EARLY, *LATE) if step not in (*shop.steps, THE_END)] == []


def test_a_run_can_be_killed_repeatedly(shop, tmp_path):
    root = copied(shop.before, tmp_path / "out")
    for step in IN_CI:
        killed(shop, root, step)
        assert seen(root) == shop.old
    assert sorted(states(root).items()) == [(shop.old, RunState.PUBLISHED), *[(ANY, RunState.ORPHANED)] * len(IN_CI)]
    assert publishes_everything(shop, root) != shop.old


@pytest.mark.exhaustive
@pytest.mark.parametrize("step", EARLY)
def test_killed_before_readers_are_switched(shop, tmp_path, step):
    root = copied(shop.before, tmp_path / "out")
    killed(shop, root, step)
    assert seen(root) == shop.old
    left = RunState.COMPLETE if EARLY.index(step) > EARLY.index(SEALED) else RunState.ORPHANED
    assert sorted(states(root).items()) == [(shop.old, RunState.PUBLISHED), (ANY, left)]
    assert publishes_everything(shop, root) != shop.old


@pytest.mark.exhaustive
@pytest.mark.parametrize("step", LATE)
def test_killed_after_readers_are_switched(shop, tmp_path, step):
    root = copied(shop.before, tmp_path / "out")
    killed(shop, root, step)
    new = seen(root)
    assert new != shop.old
    assert differences(root, shop.whole) == []
    assert publishes_everything(shop, root) != new


@pytest.mark.exhaustive
@pytest.mark.parametrize("step", ["half-way write_table orders/RUN", "rename current.json", "rename current"])
def test_the_first_run_killed(shop, tmp_path, step):
    root = tmp_path / "out"
    killed(shop, root, step)
    assert seen(root) is None
    assert publishes_everything(shop, root)
