"""The crontab: cron understands its lines, and the shell makes of them the commands that are meant."""

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


def asked(entry, folder, ends=0):
    """What commands a line of the crontab gives to `segmentation`, in order."""
    command = re.split(r"\s+", entry, maxsplit=5)[5].replace(r"\%", "%")
    stand_in = folder / "segmentation"
    stand_in.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{folder}/asked"\nexit {ends}\n')
    stand_in.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", **SETTINGS, "LOCK": str(folder / "lock")}
    done = subprocess.run([SETTINGS["SHELL"], "-c", command], env=environment, check=False, timeout=60)
    return done.returncode, (folder / "asked").read_text().splitlines()


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_times_are_such(entry):
    fields = entry.split()[:5]
    assert all(map(FIELD.fullmatch, fields))
    assert "%" not in re.sub(r"\\%", "", entry), "cron takes a bare % for the end of the line"


def test_a_night_is_made_up_to_today_and_looked_at(tmp_path):
    code, commands = asked(ENTRIES[0], tmp_path)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    config = SETTINGS["SEGMENTATION_CONFIG"]
    assert (code, commands) == (0, [f"backfill --config {config} --to {today}", f"monitor --config {config}"])
    assert [parsed(command.split())[0] for command in commands] == ["backfill", "monitor"]


def test_what_was_held_back_is_not_looked_at_and_cron_is_told(tmp_path):
    code, commands = asked(ENTRIES[0], tmp_path, ends=4)
    assert (code, len(commands)) == (4, 1)


def test_once_a_week_a_model_is_fitted(tmp_path):
    code, (command,) = asked(ENTRIES[1], tmp_path)
    name, values = parsed(command.split())
    assert (code, name, values["as_of"]) == (0, "segment", datetime.now(UTC).strftime("%Y-%m-%d"))
