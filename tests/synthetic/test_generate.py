"""A synthetic log that cannot be written gives one message, and no files remain."""

from errno import ENOSPC

import pytest

from segmentation import storage
from segmentation.errors import SettingsError
from segmentation.synthetic.generate import write_synthetic_log


def test_a_full_disk_is_reported_and_no_files_remain(spark, tmp_path, monkeypatch):
    write_table = storage.write_table

    def fills(frame, path):
        if path.endswith("planted_types"):
            raise OSError(ENOSPC, "No space left on device")
        write_table(frame, path)

    monkeypatch.setattr(storage, "write_table", fills)
    with pytest.raises(SettingsError, match="a disk was full: that of --output"):
        write_synthetic_log(spark, str(tmp_path / "log"), lines=1_000, seed=7)
    assert not list((tmp_path / "log").iterdir())
