"""Output files and folders have the permissions that are set."""

import os
import stat

import pytest

from segmentation import storage
from segmentation.errors import SettingsError


@pytest.fixture(autouse=True)
def _usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes_below(root):
    """Modes of folders and files, root included, without links."""
    modes = {"folders": set(), "files": set()}
    for folder, _, files in os.walk(root):
        modes["folders"].add(oct(stat.S_IMODE(os.stat(folder).st_mode)))
        modes["files"].update(oct(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)) for name in files)
    return modes


@pytest.mark.parametrize(
    ("readers", "folders", "files"), [("owner", "0o700", "0o600"), ("group", "0o750", "0o640"), ("inherit", "0o755", "0o644")]
)
def test_tables_files_and_folders_have_the_mode_of_the_setting(spark, tmp_path, readers, folders, files):
    root = str(tmp_path / "root")
    with storage.output_permissions(readers):
        storage.make_folder(storage.join(root, "runs", "r1"))
        storage.write_text(storage.join(root, "runs", "r1", "manifest.json"), "{}")
        storage.write_table(spark.range(3), storage.join(root, "orders", "r1"))
        storage.write_csv(spark.range(3), storage.join(root, "runs", "r1", "a.csv"))
    assert modes_below(root) == {"folders": {folders}, "files": {files}}
    assert storage.read_table(spark, storage.join(root, "orders", "r1")).count() == 3


def test_others_cannot_enter_a_table_while_it_is_written(spark, tmp_path):
    """Java has its own umask: until the modes are set, the folder's own mode excludes others."""
    modes = []

    class Frame:
        @property
        def write(self):
            modes.append(
                oct(stat.S_IMODE(os.stat(tmp_path / "root" / "orders").st_mode)) if (tmp_path / "root" / "orders").exists() else None
            )
            return spark.range(3).write

    with storage.output_permissions("owner"):
        storage.write_table(Frame(), str(tmp_path / "root" / "orders"))
    assert modes == ["0o700"]


def test_an_existing_table_is_neither_overwritten_nor_given_other_modes(spark, tmp_path):
    with storage.output_permissions("owner"):
        storage.write_table(spark.range(3), str(tmp_path / "table"))
        with pytest.raises(Exception, match="PATH_ALREADY_EXISTS"):
            storage.write_table(spark.range(5), str(tmp_path / "table"))
    assert storage.read_table(spark, str(tmp_path / "table")).count() == 3


def test_the_umask_is_restored_after_an_error():
    with pytest.raises(KeyError), storage.output_permissions("owner"):
        raise KeyError
    assert os.umask(0o022) == 0o022


def test_only_the_owner_may_enter_a_private_folder(tmp_path):
    storage.make_private_folder(str(tmp_path / "a" / "mapping"), "here")
    assert stat.S_IMODE((tmp_path / "a" / "mapping").stat().st_mode) == 0o700
    (tmp_path / "a" / "mapping").chmod(0o750)
    storage.make_private_folder(str(tmp_path / "a" / "mapping"), "here")
    (tmp_path / "a" / "mapping").chmod(0o755)
    with pytest.raises(SettingsError, match=r"here: everybody may enter .*chmod 700"):
        storage.make_private_folder(str(tmp_path / "a" / "mapping"), "here")
