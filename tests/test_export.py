"""Exports of a published run: no cell runs as a formula, no character is lost, and a campaign always draws the same control group."""

import csv
import json
import string
from errno import ENOSPC

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation import storage
from segmentation.errors import InputError, SettingsError
from segmentation.export import campaign_rows, export_segments, file_name, holdout_size, with_holdout
from segmentation.settings import ExportSettings

CUSTOMERS = "customer_id STRING, segment_id INT, segment_name STRING, goal STRING, offer STRING, holdout BOOLEAN, next_product_1 STRING"
SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
TEXTS = st.text(
    st.sampled_from([*SIGNS, '"', "'", ",", ";", " ", "\xa0", "\ufeff", "日", "é", "😀", *string.ascii_letters, "1"]),
    min_size=1,
    max_size=12,
)


def _customers(spark, count, parts=2):
    ids = [(f"c{n}", 1) for n in range(count)]
    return spark.createDataFrame(ids, "customer_id STRING, segment_id INT").repartition(parts)


def _control_group(frame):
    return {row.customer_id for row in frame.collect() if row.holdout}


def _exported_rows(spark, texts, path):
    rows = [(text, number, "Best", "Keep", text, False, text) for number, text in enumerate(texts)]
    storage.write_csv(campaign_rows(spark.createDataFrame(rows, CUSTOMERS)), str(path))
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=150, max_size=200, unique=True))
def test_no_cell_begins_a_formula_and_all_text_survives(spark, tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("export") / "segment.csv"
    rows = _exported_rows(spark, texts, path)
    cells = [cell for row in rows for cell in row.values()]
    assert [
        cell
        for cell in cells
        if cell.strip(string.whitespace + "\xa0\ufeff")[:1] in SIGNS[:8] and cell.strip(string.whitespace + "\xa0\ufeff")
    ] == []
    assert [cell for cell in cells if cell[:1] in SIGNS] == []
    assert len(rows) == len(texts)
    changed = [
        row["offer"] for row in rows if row["offer"].removeprefix("'") != (text := texts[int(row["segment_id"])]) and row["offer"] != text
    ]
    assert changed == []


def test_only_ids_that_resemble_formulas_get_an_apostrophe(spark, tmp_path):
    rows = _exported_rows(spark, ["-5", "+44 20", " =1+1", "'quoted", "5-3", "a=b", 'say "hi"\nbye'], tmp_path / "segment.csv")
    assert sorted(row["customer_id"] for row in rows) == sorted(["'-5", "'+44 20", "' =1+1", "'quoted", "5-3", "a=b", 'say "hi"\nbye'])


def test_duckdb_reads_what_the_csv_module_reads(spark, tmp_path):
    rows = _exported_rows(spark, ["Größe 日本", 'a "b", c', "=x", "two\nlines"], tmp_path / "segment.csv")
    read = duckdb.sql(f"SELECT customer_id FROM read_csv('{tmp_path}/segment.csv', all_varchar=true, header=true) ORDER BY 1").fetchall()
    assert [row[0] for row in read] == sorted(row["customer_id"] for row in rows)
    assert [path.name for path in tmp_path.iterdir()] == ["segment.csv"]


def test_a_holdout_has_its_exact_size_and_does_not_depend_on_partitions(spark):
    settings = ExportSettings()
    drawn = _control_group(with_holdout(_customers(spark, 1_234), holdout_size(1_234, 0.1), settings))
    assert len(drawn) == 123
    assert _control_group(with_holdout(_customers(spark, 1_234, parts=7), 123, settings)) == drawn


def test_another_campaign_or_seed_draws_another_control_group(spark):
    customers = _customers(spark, 1_000)
    first, other, seed = (
        _control_group(with_holdout(customers, 100, settings))
        for settings in (ExportSettings(), ExportSettings(campaign="b"), ExportSettings(seed=7))
    )
    assert [len(drawn) for drawn in (first, other, seed)] == [100] * 3
    assert max(len(first & other), len(first & seed), len(other & seed)) < 30


@pytest.mark.parametrize(
    ("customers", "share", "size"), [(1_000, 0.1, 100), (15, 0.1, 2), (4, 0.1, 1), (1, 0.1, 0), (2, 0.0, 0), (3, 0.99, 3)]
)
def test_a_holdout_size_is_rounded_and_at_least_one_of_two_customers(customers, share, size):
    assert holdout_size(customers, share) == size


def test_files_are_named_by_number_and_name():
    assert file_name(2, "Regulars, mostly Bags & Größen") == "segment-2-regulars-mostly-bags-gr-en.csv"
    assert file_name(10, "日本") == "segment-10.csv"


def test_a_folder_name_may_contain_glob_characters(spark, tmp_path):
    folder = tmp_path / "spring [2025] {a}*?"
    folder.mkdir()
    assert len(_exported_rows(spark, ["Best"], folder / "segment.csv")) == 1


@pytest.fixture(scope="module")
def exported(spark, published, settings_for, tmp_path_factory):
    outcome, root = published
    folder = tmp_path_factory.mktemp("exports") / "spring"
    return export_segments(spark, settings_for(root), str(folder)), folder, outcome


def _read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_segment_has_a_file_with_its_customers_and_control_group(exported):
    manifest, folder, outcome = exported
    assert json.loads((folder / "holdout.json").read_text()) == manifest
    assert {path.name for path in folder.iterdir()} == {"holdout.json", *(row["file"] for row in manifest["segments"])}
    for row, summary in zip(manifest["segments"], outcome.tables["segment_summary"], strict=True):
        rows = _read_csv(folder / row["file"])
        assert len({customer["customer_id"] for customer in rows}) == len(rows) == summary["customers"]
        assert sum(customer["holdout"] == "true" for customer in rows) == row["holdout"] == round(0.1 * len(rows))
        assert {customer["segment_id"] for customer in rows} == {str(row["segment_id"])}


def test_a_file_has_the_action_and_the_recommended_products(exported):
    manifest, folder, _ = exported
    row = _read_csv(folder / manifest["segments"][0]["file"])[0]
    assert list(row)[:6] == ["customer_id", "segment_id", "segment_name", "goal", "offer", "holdout"]
    assert list(row)[6:] == [f"{name}_{place}" for place in (1, 2, 3) for name in ("next_product_id", "next_product")]
    assert row["goal"]
    assert row["next_product_id_1"]


def test_some_segments_of_a_named_run_only(spark, published, settings_for, tmp_path):
    outcome, root = published
    manifest = export_segments(spark, settings_for(root), str(tmp_path / "one"), outcome.run.run_id, [2])
    assert [row["segment_id"] for row in manifest["segments"]] == [2]


def test_an_existing_folder_is_never_overwritten(spark, published, settings_for, tmp_path):
    with pytest.raises(SettingsError, match="is there already"):
        export_segments(spark, settings_for(published[1]), str(tmp_path))


def test_a_missing_segment_or_run_is_an_error(spark, published, settings_for, tmp_path):
    _, root = published
    with pytest.raises(SettingsError, match="--segment 99: no such segment; the run has 1, 2"):
        export_segments(spark, settings_for(root), str(tmp_path / "a"), only=[99])
    with pytest.raises(InputError, match="not a complete run"):
        export_segments(spark, settings_for(root), str(tmp_path / "a"), "20010101T000000000000Z")
    with pytest.raises(InputError, match="no run is published there"):
        export_segments(spark, settings_for(tmp_path / "nowhere"), str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()


def test_an_export_that_fills_the_disk_says_so_and_leaves_nothing_behind(spark, published, settings_for, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(storage, "write_csv", full)
    with pytest.raises(SettingsError, match="a disk was full: that of --output"):
        export_segments(spark, settings_for(published[1]), str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()
