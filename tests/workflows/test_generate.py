"""A log that cannot be written is told of in one message, and nothing of it stays."""

from errno import ENOSPC

import pytest

from segmentation import storage
from segmentation.errors import SettingsError
from segmentation.workflows.generate import generate


def test_a_log_that_fills_the_disk_says_so_and_leaves_nothing_behind(spark, tmp_path, monkeypatch):
    write_table = storage.write_table

    def fills(frame, path):
        if path.endswith("planted_types"):
            raise OSError(ENOSPC, "No space left on device")
        write_table(frame, path)

    monkeypatch.setattr(storage, "write_table", fills)
    with pytest.raises(SettingsError, match="a disk was full: that of --output"):
        generate(spark, str(tmp_path / "log"), lines=1_000, seed=7)
    assert not list((tmp_path / "log").iterdir())
