"""A small disk of its own, which can be filled and made read-only while a run writes to it."""

import subprocess
import time
from contextlib import contextmanager

import pytest

NOT_MOUNTED = "not tested on a full or read-only disk"
REMEDY = "Run them as root, or where mounting a tmpfs is allowed."
MEGABYTES = 48


@contextmanager
def small_disk(folder):
    """A tmpfs in a folder."""
    folder.mkdir()
    if not _mounted("-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)):
        pytest.skip(f"{NOT_MOUNTED}: mounting is not allowed here. {REMEDY}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


class Disk:
    """A mounted disk."""

    def __init__(self, folder):
        self.folder, self.ballast = folder, folder / "ballast"

    def fill(self):
        """Leave not a byte."""
        with open(self.ballast, "ab", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                self._append(file, bytes(size))

    def _append(self, file, piece):
        try:
            while file.write(piece):
                pass
        except OSError:
            pass

    def empty(self):
        """Take back what `fill` has put there."""
        self.ballast.unlink(missing_ok=True)

    def freeze(self):
        """Make it read-only, as soon as no file is open to be written."""
        until = time.monotonic() + 60
        while not _mounted("-o", "remount,ro", str(self.folder)):
            assert time.monotonic() < until, "files stayed open"
            time.sleep(0.005)

    def thaw(self):
        """Let it be written to again."""
        assert _mounted("-o", "remount,rw", str(self.folder))


def _mounted(*arguments):
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0
