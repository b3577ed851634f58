"""Checksums of files, on any file system."""

import hashlib

import fsspec
import pytest

from segmentation import storage
from segmentation.storage import FileChecksum


@pytest.mark.parametrize("root", ["{folder}", "memory://checksums"])
def test_all_files_below_a_folder_have_a_checksum_hidden_and_empty_ones_too(tmp_path, root):
    root = root.format(folder=tmp_path)
    contents = {"a": b"abc", "deep/er/.hidden.crc": b"\0\xff" * 700_000, "deep/_SUCCESS": b""}
    for name, content in contents.items():
        with fsspec.open(f"{root}/{name}", "wb", auto_mkdir=True) as file:
            file.write(content)
    assert storage.file_checksums(root) == {
        name: FileChecksum(len(content), hashlib.sha256(content).hexdigest()) for name, content in contents.items()
    }


def test_a_missing_folder_has_no_files(tmp_path):
    assert storage.file_checksums(str(tmp_path / "nowhere")) == storage.file_checksums("memory://nowhere") == {}
