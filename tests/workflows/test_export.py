"""Exports of a published run."""

import csv
import json
from errno import ENOSPC

import pytest

from segmentation import storage
from segmentation.errors import InputError, SettingsError
from segmentation.workflows.export import export


@pytest.fixture(scope="module")
def exported(spark, published, settings_for, tmp_path_factory):
    outcome, root = published
    folder = tmp_path_factory.mktemp("exports") / "spring"
    return export(spark, settings_for(root), str(folder)), folder, outcome


def _rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_segment_has_a_file_with_its_customers_and_those_held_out(exported):
    manifest, folder, outcome = exported
    assert json.loads((folder / "holdout.json").read_text()) == manifest
    assert {path.name for path in folder.iterdir()} == {"holdout.json", *(row["file"] for row in manifest["segments"])}
    for row, summary in zip(manifest["segments"], outcome.tables.segment_summary, strict=True):
        rows = _rows(folder / row["file"])
        assert len({customer["customer_id"] for customer in rows}) == len(rows) == summary["customers"]
        assert sum(customer["hold_out"] == "true" for customer in rows) == row["hold_out"] == round(0.1 * len(rows))
        assert {customer["segment_id"] for customer in rows} == {str(row["segment_id"])}


def test_a_file_names_the_play_and_the_next_products(exported):
    manifest, folder, _ = exported
    row = _rows(folder / manifest["segments"][0]["file"])[0]
    assert list(row)[:6] == ["customer_id", "segment_id", "segment_name", "goal", "offer", "hold_out"]
    assert list(row)[6:] == [f"{name}_{place}" for place in (1, 2, 3) for name in ("next_product_id", "next_product")]
    assert row["goal"]
    assert row["next_product_id_1"]


def test_some_segments_of_a_named_run_only(spark, published, settings_for, tmp_path):
    outcome, root = published
    manifest = export(spark, settings_for(root), str(tmp_path / "one"), outcome.run.run_id, [2])
    assert [row["segment_id"] for row in manifest["segments"]] == [2]


def test_a_folder_that_is_there_is_never_written_over(spark, published, settings_for, tmp_path):
    with pytest.raises(SettingsError, match="is there already"):
        export(spark, settings_for(published[1]), str(tmp_path))


def test_what_is_not_there_is_told(spark, published, settings_for, tmp_path):
    _, root = published
    with pytest.raises(SettingsError, match="--segment 99: no such segment; the run has 1, 2"):
        export(spark, settings_for(root), str(tmp_path / "a"), only=[99])
    with pytest.raises(InputError, match="no completed run"):
        export(spark, settings_for(root), str(tmp_path / "a"), "20010101T000000000000Z")
    with pytest.raises(InputError, match="no run is published there"):
        export(spark, settings_for(tmp_path / "nowhere"), str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()


def test_an_export_that_fills_the_disk_says_so_and_leaves_nothing_behind(spark, published, settings_for, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(storage, "write_csv", full)
    with pytest.raises(SettingsError, match="a disk was full: that of --output"):
        export(spark, settings_for(published[1]), str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()
