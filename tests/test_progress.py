"""A line of counts per stage where there is no terminal, a live one where there is."""

import io
import logging
import re
import time

import pytest
from rich.console import Console

from segmentation.progress import RunLog


@pytest.fixture
def logged(caplog):
    """The log lines so far, without their seconds."""
    caplog.set_level(logging.INFO, logger="segmentation.progress")
    return lambda: [re.sub(r"\(\d+\.\d s\)", "(s)", message) for message in caplog.messages]


def _broken_stage(run_log, name):
    with run_log.stage(name) as stage:
        stage.count(lines=3)
        raise ValueError("broken")


def _terminal():
    return Console(force_terminal=True, file=io.StringIO(), width=100)


def _shown(console):
    """Text written to a terminal, without escape sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())


@pytest.mark.parametrize("console", [None, Console(file=io.StringIO())], ids=["none", "a file"])
def test_without_a_terminal_each_stage_is_one_line_of_counts(logged, console):
    run_log = RunLog(console)
    with run_log.stage("read") as stage:
        stage.count(lines=541_909)
        stage.count(rejected_lines=135_080)
        stage.advance(1, 2)
    with run_log.stage("fit"):
        assert logged() == ["read: 541,909 lines, 135,080 rejected lines (s)"]
    assert logged() == ["read: 541,909 lines, 135,080 rejected lines (s)", "fit: done (s)"]


def test_stages_have_counts_and_seconds_for_the_manifest():
    run_log = RunLog()
    with run_log.stage("read") as stage:
        stage.count(lines=3)
    (stage,) = run_log.stages
    assert (stage.name, stage.counts) == ("read", {"lines": 3})
    assert 0 <= stage.seconds < 1


def test_a_failed_stage_is_recorded_with_its_time_but_not_logged(logged):
    run_log = RunLog()
    with pytest.raises(ValueError, match="broken"):
        _broken_stage(run_log, "read")
    assert logged() == []
    assert [(stage.name, stage.seconds >= 0) for stage in run_log.stages] == [("read", True)]


def _wait_until_shown(console, pattern):
    """The live line is drawn ten times a second."""
    end = time.monotonic() + 10
    while not re.search(pattern, _shown(console)) and time.monotonic() < end:
        time.sleep(0.02)
    assert re.search(pattern, _shown(console))


def test_on_a_terminal_progress_is_live_and_leaves_a_line_when_the_stage_ends(logged):
    console = _terminal()
    with RunLog(console).stage("sweep") as stage:
        stage.advance(3, 27)
        _wait_until_shown(console, r"sweep .* 3/27 ")
        stage.count(fits=27, distinct_customers=4_338)
    assert re.search(r"✓ sweep +\d\.\d s  27 fits, 4,338 distinct customers", _shown(console))
    assert logged() == []


def test_the_live_line_is_removed_when_a_stage_fails_and_the_next_one_starts_a_new_line():
    console = _terminal()
    run_log = RunLog(console)
    with pytest.raises(ValueError, match="broken"):
        _broken_stage(run_log, "read")
    before = len(_shown(console))
    with run_log.stage("orders") as stage:
        stage.advance(1, 5)
        _wait_until_shown(console, r"orders .* 1/5 ")
    assert "read" in _shown(console)[:before]
    assert "read" not in _shown(console)[before:]
    assert "✓ read" not in _shown(console)
    assert "✓ orders" in _shown(console)
    hidden, shown_again = (console.file.getvalue().count(f"\x1b[?25{sign}") for sign in "lh")
    assert (hidden, shown_again) == (2, 2)  # the cursor
