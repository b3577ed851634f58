"""The crontab: cron can read its lines, and the shell runs the intended commands."""

import os
import re
import subprocess
from datetime import UTC, datetime

import pytest

from deploy.commands import DEPLOY, parsed

LINES = [line for line in (DEPLOY / "cron" / "segmentation.cron").read_text().splitlines() if line and not line.startswith("#")]
SETTINGS = dict(line.split("=", 1) for line in LINES if re.match(r"[A-Z_]+=", line))
ENTRIES = [line for line in LINES if not re.match(r"[A-Z_]+=", line)]
FIELD = re.compile(r"\*|\d+")


def commands_of(entry, folder, ends=0):
    """The commands that a line of the crontab gives to `segmentation`, in order."""
    command = re.split(r"\s+", entry, maxsplit=5)[5].replace(r"\%", "%")
    script = folder / "segmentation"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{folder}/asked"\nexit {ends}\n')
    script.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", **SETTINGS, "LOCK": str(folder / "lock")}
    done = subprocess.run([SETTINGS["SHELL"], "-c", command], env=environment, check=False, timeout=60)
    return done.returncode, (folder / "asked").read_text().splitlines()


@pytest.mark.parametrize("entry", ENTRIES)
def test_times_are_valid(entry):
    fields = entry.split()[:5]
    assert all(map(FIELD.fullmatch, fields))
    assert "%" not in re.sub(r"\\%", "", entry), "cron takes a bare % as the end of the line"


def test_a_night_is_backfilled_up_to_today_and_monitored(tmp_path):
    code, commands = commands_of(ENTRIES[0], tmp_path)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    config = SETTINGS["SEGMENTATION_CONFIG"]
    assert (code, commands) == (0, [f"backfill --config {config} --to {today}", f"monitor --config {config}"])
    assert [parsed(command.split())[0] for command in commands] == ["backfill", "monitor"]


def test_an_unpublished_night_is_not_monitored_and_cron_gets_its_exit_code(tmp_path):
    code, commands = commands_of(ENTRIES[0], tmp_path, ends=4)
    assert (code, len(commands)) == (4, 1)


def test_once_a_week_a_model_is_fitted(tmp_path):
    code, (command,) = commands_of(ENTRIES[1], tmp_path)
    name, values = parsed(command.split())
    assert (code, name, values["as_of"]) == (0, "segment", datetime.now(UTC).strftime("%Y-%m-%d"))
