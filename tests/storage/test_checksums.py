"""Sums of files, on any file system."""

import hashlib

import fsspec
import pytest

from segmentation import storage
from segmentation.storage import FileSum


@pytest.mark.parametrize("root", ["{folder}", "memory://sums"])
def test_every_file_below_a_folder_is_summed_hidden_and_empty_ones_too(tmp_path, root):
    root = root.format(folder=tmp_path)
    contents = {"a": b"abc", "deep/er/.hidden.crc": b"\0\xff" * 700_000, "deep/_SUCCESS": b""}
    for name, content in contents.items():
        with fsspec.open(f"{root}/{name}", "wb", auto_mkdir=True) as file:
            file.write(content)
    assert storage.file_sums(root) == {
        name: FileSum(len(content), hashlib.sha256(content).hexdigest()) for name, content in contents.items()
    }


def test_where_there_is_no_folder_there_are_no_files(tmp_path):
    assert storage.file_sums(str(tmp_path / "nowhere")) == storage.file_sums("memory://nowhere") == {}
