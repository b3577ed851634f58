"""What is shown of the results is what was measured, and what is derived of them follows."""

import json
import sys

import duckdb
import pytest
import skew
from chart import draw, markdown, medians
from machine import described_machine
from sizes import expected, parts_of


def run(case, contender, wall, **more):
    return {"case": case, "contender": contender, "outcome": "done", "wall_seconds": wall, "cpu_seconds": 1.0, "peak_gib": 2.0, **more}


RUNS = [
    run("1000000 lines", "ours", 30.0, stages={"read": 12.0, "sweep": 8.0}),
    run("1000000 lines", "ours", 34.0, stages={"read": 16.0, "sweep": 8.0}),
    run("3000000 lines", "ours", 52.0, stages={"read": 34.0, "sweep": 8.0}),
    run("3000000 lines", "naive", 90.0),
    run("3000000 lines, skewed", "ours", 99.0, stages={"read": 1.0, "sweep": 1.0}),
]


def test_a_contender_is_described_by_its_medians_at_each_size_of_a_plain_log():
    assert medians(RUNS) == {"ours": {1_000_000: 32.0, 3_000_000: 52.0}, "naive": {3_000_000: 90.0}}


def test_the_table_has_a_row_for_each_case_and_contender():
    rows = list(markdown(RUNS))
    assert len(rows) == 2 + 4
    assert rows[2] == "| 1000000 lines | ours | 32.0 | 30.0 – 34.0 | 1 | 2.00 | 2 |"


def test_the_picture_names_every_contender(tmp_path):
    draw(medians(RUNS), tmp_path / "picture.svg")
    drawn = (tmp_path / "picture.svg").read_text()
    assert "<!-- ours -->" in drawn
    assert "<!-- naive -->" in drawn


def test_a_stage_has_a_fixed_part_and_one_for_each_million_lines():
    parts = parts_of(RUNS)
    assert parts["read"] == pytest.approx((4.0, 10.0))
    assert parts["sweep"] == pytest.approx((8.0, 0.0), abs=1e-9)
    assert parts["outside stages"] == pytest.approx((10.0, 0.0), abs=1e-9)


def test_cores_share_what_grows_and_a_cluster_loses_some_of_it():
    parts = {"read": (4.0, 10.0), "sweep": (8.0, 0.0)}
    assert expected(parts, 1e7, 1, is_cluster=False) == pytest.approx(112.0)
    assert expected(parts, 1e7, 2, is_cluster=False) == pytest.approx(62.0)
    assert expected(parts, 1e7, 2, is_cluster=True) == pytest.approx(12.0 + 50.0 / 0.7)


def test_one_size_is_not_enough_to_derive_others():
    with pytest.raises(SystemExit, match="two sizes at least"):
        parts_of(RUNS[:1])


def test_a_skewed_log_has_one_huge_customer_and_one_huge_order(tmp_path, monkeypatch):
    monkeypatch.setattr(skew, "ORDER_LINES", 500)
    plain = tmp_path / "plain"
    plain.mkdir()
    duckdb.sql(
        "SELECT 'C' || i % 97 AS customer_id, 'O' || i // 5 AS order_id, 'P' || i % 31 AS product_id, 1 AS quantity, "
        "TIMESTAMP '2024-01-01' + to_minutes(i) AS ordered_at FROM range(40000) t(i)"
    ).write_parquet(str(plain / "part-0.parquet"))
    skew.write_skewed(plain, tmp_path / "skewed")
    lines, theirs, order = duckdb.sql(
        "SELECT count(*), count(*) FILTER (customer_id = 'wholesaler'), count(*) FILTER (order_id = 'everything') "
        f"FROM '{tmp_path}/skewed/*.parquet'"
    ).fetchall()[0]
    assert (lines, order) == (40_000, 500)
    assert theirs == pytest.approx(2_000, rel=0.1)


def test_results_are_json_with_the_machine(tmp_path):
    assert {"cores", "memory_gib", "cpu", "java", "pyspark"} <= set(json.loads(json.dumps(described_machine())))
    assert sys.version.split()[0] == described_machine()["python"]
