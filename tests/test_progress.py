"""A line of counts per stage where there is no terminal, a live one where there is."""

import io
import logging
import re
import time

import pytest
from rich.console import Console

from segmentation.progress import RunLog


@pytest.fixture
def told(caplog):
    """The lines told so far, without their seconds."""
    caplog.set_level(logging.INFO, logger="segmentation.progress")
    return lambda: [re.sub(r"\(\d+\.\d s\)", "(s)", message) for message in caplog.messages]


def _broken_stage(run_log, name):
    with run_log.stage(name) as stage:
        stage.count(lines=3)
        raise ValueError("broken")


def _terminal():
    return Console(force_terminal=True, file=io.StringIO(), width=100)


def _shown(console):
    """What was written to a terminal, without its colours and movements."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())


@pytest.mark.parametrize("console", [None, Console(file=io.StringIO())], ids=["none", "a file"])
def test_without_a_terminal_each_stage_is_one_line_of_counts(told, console):
    run_log = RunLog(console)
    with run_log.stage("read") as stage:
        stage.count(lines=541_909)
        stage.count(rejected_lines=135_080)
        stage.advance(1, 2)
    with run_log.stage("fit"):
        assert told() == ["read: 541,909 lines, 135,080 rejected lines (s)"]
    assert told() == ["read: 541,909 lines, 135,080 rejected lines (s)", "fit: done (s)"]


def test_stages_keep_their_counts_and_seconds_for_the_manifest():
    run_log = RunLog()
    with run_log.stage("read") as stage:
        stage.count(lines=3)
    (kept,) = run_log.stages
    assert (kept.name, kept.counts) == ("read", {"lines": 3})
    assert 0 <= kept.seconds < 1


def test_a_stage_that_raises_tells_no_counts_and_keeps_its_time(told):
    run_log = RunLog()
    with pytest.raises(ValueError, match="broken"):
        _broken_stage(run_log, "read")
    assert told() == []
    assert [(kept.name, kept.seconds >= 0) for kept in run_log.stages] == [("read", True)]


def _wait_until_shown(console, pattern):
    """The live line is drawn ten times a second."""
    end = time.monotonic() + 10
    while not re.search(pattern, _shown(console)) and time.monotonic() < end:
        time.sleep(0.02)
    assert re.search(pattern, _shown(console))


def test_on_a_terminal_progress_is_live_and_a_line_stays_when_the_stage_is_over(told):
    console = _terminal()
    with RunLog(console).stage("sweep") as stage:
        stage.advance(3, 27)
        _wait_until_shown(console, r"sweep .* 3/27 ")
        stage.count(fits=27, distinct_customers=4_338)
    assert re.search(r"✓ sweep +\d\.\d s  27 fits, 4,338 distinct customers", _shown(console))
    assert told() == []


def test_the_live_line_is_gone_when_a_stage_raises_and_the_next_begins_anew():
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
