"""Files for campaign tools: no cell runs, no character is lost, and the same customers are held out each time."""

import csv
import string

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation import storage
from segmentation.publish.campaign import campaign_rows, file_name, held_out, with_hold_out
from segmentation.settings import ExportSettings

CUSTOMERS = "customer_id STRING, segment_id INT, segment_name STRING, goal STRING, offer STRING, hold_out BOOLEAN, next_product_1 STRING"
SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
TEXTS = st.text(
    st.sampled_from([*SIGNS, '"', "'", ",", ";", " ", "\xa0", "\ufeff", "日", "é", "😀", *string.ascii_letters, "1"]),
    min_size=1,
    max_size=12,
)


def _customers(spark, count, parts=2):
    ids = [(f"c{n}", 1) for n in range(count)]
    return spark.createDataFrame(ids, "customer_id STRING, segment_id INT").repartition(parts)


def _held(frame):
    return {row.customer_id for row in frame.collect() if row.hold_out}


def _written(spark, texts, path):
    rows = [(text, number, "Best", "Keep", text, False, text) for number, text in enumerate(texts)]
    storage.write_csv(campaign_rows(spark.createDataFrame(rows, CUSTOMERS)), str(path))
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=150, max_size=200, unique=True))
def test_no_cell_begins_a_formula_and_every_text_comes_back(spark, tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("export") / "segment.csv"
    rows = _written(spark, texts, path)
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


def test_ids_that_look_like_sums_get_an_apostrophe_and_others_none(spark, tmp_path):
    rows = _written(spark, ["-5", "+44 20", " =1+1", "'quoted", "5-3", "a=b", 'say "hi"\nbye'], tmp_path / "segment.csv")
    assert sorted(row["customer_id"] for row in rows) == sorted(["'-5", "'+44 20", "' =1+1", "'quoted", "5-3", "a=b", 'say "hi"\nbye'])


def test_duckdb_reads_what_the_csv_module_reads(spark, tmp_path):
    rows = _written(spark, ["Größe 日本", 'a "b", c', "=x", "two\nlines"], tmp_path / "segment.csv")
    read = duckdb.sql(f"SELECT customer_id FROM read_csv('{tmp_path}/segment.csv', all_varchar=true, header=true) ORDER BY 1").fetchall()
    assert [row[0] for row in read] == sorted(row["customer_id"] for row in rows)
    assert [path.name for path in tmp_path.iterdir()] == ["segment.csv"]


def test_a_hold_out_is_the_share_exactly_and_the_same_again_whatever_the_partitions(spark):
    settings = ExportSettings()
    held = _held(with_hold_out(_customers(spark, 1_234), held_out(1_234, 0.1), settings))
    assert len(held) == 123
    assert _held(with_hold_out(_customers(spark, 1_234, parts=7), 123, settings)) == held


def test_another_campaign_or_seed_draws_anew(spark):
    customers = _customers(spark, 1_000)
    first, other, seed = (
        _held(with_hold_out(customers, 100, settings))
        for settings in (ExportSettings(), ExportSettings(campaign="b"), ExportSettings(seed=7))
    )
    assert [len(held) for held in (first, other, seed)] == [100] * 3
    assert max(len(first & other), len(first & seed), len(other & seed)) < 30


@pytest.mark.parametrize(
    ("customers", "share", "held"), [(1_000, 0.1, 100), (15, 0.1, 2), (4, 0.1, 1), (1, 0.1, 0), (2, 0.0, 0), (3, 0.99, 3)]
)
def test_a_share_of_few_is_rounded_and_one_at_least_where_there_are_two(customers, share, held):
    assert held_out(customers, share) == held


def test_files_are_named_by_number_and_name():
    assert file_name(2, "Regulars, mostly Bags & Größen") == "segment-2-regulars-mostly-bags-gr-en.csv"
    assert file_name(10, "日本") == "segment-10.csv"


def test_a_folder_may_be_called_like_a_pattern(spark, tmp_path):
    folder = tmp_path / "spring [2025] {a}*?"
    folder.mkdir()
    assert len(_written(spark, ["Best"], folder / "segment.csv")) == 1
