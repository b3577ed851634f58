"""Where this machine has a browser, and what is said where it has none."""

import os
import shutil
from pathlib import Path

import pytest

NO_BROWSER = "no browser"
REMEDY = "`make test` installs Debian's Chromium where it may, and else names the line that does."
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FOR_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def path_of_browser():
    """Where a Chromium is; a test that asks where there is none is left out, or fails where every check is owed."""
    path = next(filter(None, map(shutil.which, NAMES)), str(FOR_MACOS) if FOR_MACOS.exists() else None)
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(f"{NO_BROWSER}: none of {', '.join(NAMES)} is on the PATH. {REMEDY}")
    if path is None:
        pytest.skip(f"{NO_BROWSER}: none of {', '.join(NAMES)} is on the PATH. {REMEDY}")
    return path
