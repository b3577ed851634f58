"""A run of the main job without some of its customers."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from segmentation.publish.run import published as published_run
from segmentation.report.withdrawal import BEGINS
from segmentation.workflows.erase import erase
from segmentation.workflows.keeping import verify

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PER_PERSON = ("customer_features", "customer_segments", "unsegmented_customers", "rejected_lines", "next_products")


def rows(sql):
    return duckdb.sql(sql).fetchall()


@pytest.fixture(scope="module")
def erased(spark, published, settings_for, tmp_path_factory):
    """Five in segments, and one of each sort that is in none."""
    outcome, source = published
    root = tmp_path_factory.mktemp("erased") / "root"
    shutil.copytree(source, root, symlinks=True)
    run = outcome.run.path()
    people = [row[0] for row in rows(f"SELECT customer_id FROM '{run}/customer_segments/*.parquet' ORDER BY hash(customer_id) LIMIT 5")]
    people += [row[0] for row in rows(f"SELECT min(customer_id) FROM '{run}/unsegmented_customers/*.parquet' GROUP BY reason")]
    (root.parent / "people").write_text("\n".join(people))
    return erase(spark, settings_for(root), str(root.parent / "people"), NOW).receipt, people, outcome.run, published_run(str(root))


@pytest.mark.slow
def test_nothing_but_the_people_is_missing(erased):
    receipt, people, before, after = erased
    assert receipt["found"] == receipt["asked_for"] == len(people)
    assert verify(after.root).faults == ()
    names = ", ".join(f"'{name}'" for name in people)
    for name in (*PER_PERSON, "orders"):
        old, new = (run.orders if name == "orders" else run.path(name) for run in (before, after))
        columns = "* EXCLUDE (run_id)" if name == "customer_segments" else "*"
        left = f"SELECT {columns} FROM '{old}/*.parquet' WHERE customer_id IS NULL OR customer_id NOT IN ({names})"
        right = f"SELECT {columns} FROM '{new}/*.parquet'"
        assert rows(f"({left}) EXCEPT ALL ({right})") == rows(f"({right}) EXCEPT ALL ({left})") == []
    assert all(name.encode() not in path.read_bytes() for path in Path(after.root).rglob("*") if path.is_file() for name in people)


@pytest.mark.slow
def test_the_accounting_is_of_what_is_left(erased):
    _, _, _, run = erased
    counted = f"SELECT subject, outcome, sum(count) FROM '{run.path('accounting')}/*.parquet' GROUP BY ALL"
    found, customers = ({outcome: count for subject, outcome, count in rows(counted) if subject == part} for part in ("lines", "customers"))
    assert found["read"] == sum(count for outcome, count in found.items() if outcome != "read")
    assert found["rejected"] == rows(f"SELECT count(*) FROM '{run.path('rejected_lines')}/*.parquet'")[0][0]
    assert found["read"] - found["rejected"] == rows(f"SELECT sum(lines) FROM '{run.orders}/*.parquet'")[0][0]
    assert customers["segmented"] == rows(f"SELECT count(*) FROM '{run.path('customer_segments')}/*.parquet'")[0][0]


@pytest.mark.slow
def test_the_page_shows_groups_and_no_single_customer(erased):
    _, _, before, after = erased
    old, new = (Path(run.path("report.html")).read_text() for run in (before, after))
    assert old.count(BEGINS) == 3
    assert BEGINS not in new
    assert "Each mark is one customer" in old
    assert "Each mark is one customer" not in new
    assert "The segments</h2>" in new
    assert before.run_id not in new.replace(after.run_id, "")
