"""Who may read what is written."""

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
    """Rights of folders and of files, root included, links left out."""
    found = {"folders": set(), "files": set()}
    for folder, _, files in os.walk(root):
        found["folders"].add(oct(stat.S_IMODE(os.stat(folder).st_mode)))
        found["files"].update(oct(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)) for name in files)
    return found


@pytest.mark.parametrize(
    ("readers", "folders", "files"), [("owner", "0o700", "0o600"), ("group", "0o750", "0o640"), ("inherit", "0o755", "0o644")]
)
def test_tables_files_and_folders_are_for_those_alone(spark, tmp_path, readers, folders, files):
    root = str(tmp_path / "root")
    with storage.written_for(readers):
        storage.make_folder(storage.join(root, "runs", "r1"))
        storage.write_text(storage.join(root, "runs", "r1", "manifest.json"), "{}")
        storage.write_table(spark.range(3), storage.join(root, "orders", "r1"))
        storage.write_csv(spark.range(3), storage.join(root, "runs", "r1", "a.csv"))
    assert modes_below(root) == {"folders": {folders}, "files": {files}}
    assert storage.read_table(spark, storage.join(root, "orders", "r1")).count() == 3


def test_nobody_can_enter_while_it_is_written(spark, tmp_path):
    """Java has an umask of its own: until the rights are set, the folder keeps others out."""
    seen = []

    class Frame:
        @property
        def write(self):
            seen.append(
                oct(stat.S_IMODE(os.stat(tmp_path / "root" / "orders").st_mode)) if (tmp_path / "root" / "orders").exists() else None
            )
            return spark.range(3).write

    with storage.written_for("owner"):
        storage.write_table(Frame(), str(tmp_path / "root" / "orders"))
    assert seen == ["0o700"]


def test_what_is_there_already_is_neither_overwritten_nor_opened(spark, tmp_path):
    with storage.written_for("owner"):
        storage.write_table(spark.range(3), str(tmp_path / "table"))
        with pytest.raises(Exception, match="PATH_ALREADY_EXISTS"):
            storage.write_table(spark.range(5), str(tmp_path / "table"))
    assert storage.read_table(spark, str(tmp_path / "table")).count() == 3


def test_the_process_has_its_umask_back_whatever_happens():
    with pytest.raises(KeyError), storage.written_for("owner"):
        raise KeyError
    assert os.umask(0o022) == 0o022


def test_a_private_folder_is_its_owners(tmp_path):
    storage.make_private_folder(str(tmp_path / "a" / "mapping"), "here")
    assert stat.S_IMODE((tmp_path / "a" / "mapping").stat().st_mode) == 0o700
    (tmp_path / "a" / "mapping").chmod(0o750)
    storage.make_private_folder(str(tmp_path / "a" / "mapping"), "here")
    (tmp_path / "a" / "mapping").chmod(0o755)
    with pytest.raises(SettingsError, match=r"here: everybody may enter .*chmod 700"):
        storage.make_private_folder(str(tmp_path / "a" / "mapping"), "here")
