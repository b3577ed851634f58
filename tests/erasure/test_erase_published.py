"""A run of the main job without some of its customers."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from oracle.id_search import files_naming

from segmentation.erasure.erase import erase
from segmentation.pipeline.run import segment
from segmentation.publish.run import published_run
from segmentation.report.redaction import REDACTABLE_START
from segmentation.run_management import verify_run

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PERSONAL_TABLES = ("customer_features", "customer_segments", "unsegmented_customers", "rejected_lines", "product_recommendations")


def rows(sql):
    return duckdb.sql(sql).fetchall()


@pytest.fixture(scope="module")
def erased(spark, published, settings_for, tmp_path_factory):
    """Receipt, people, and the run before and after: five people in segments, and one for each reason to be in none."""
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
    assert receipt["present"] == receipt["requested"] == len(people)
    assert verify_run(after.root).faults == ()
    names = ", ".join(f"'{name}'" for name in people)
    for name in (*PERSONAL_TABLES, "orders"):
        old, new = (run.orders if name == "orders" else run.path(name) for run in (before, after))
        columns = "* EXCLUDE (run_id)" if name == "customer_segments" else "*"
        others = f"SELECT {columns} FROM '{old}/*.parquet' WHERE customer_id IS NULL OR customer_id NOT IN ({names})"
        remaining = f"SELECT {columns} FROM '{new}/*.parquet'"
        assert rows(f"({others}) EXCEPT ALL ({remaining})") == rows(f"({remaining}) EXCEPT ALL ({others})") == []


@pytest.mark.slow
def test_no_file_names_the_people_where_before_each_was_named(erased):
    _, people, before, after = erased
    assert files_naming(after.root, people) == {}
    named = files_naming(before.root, people)
    assert set().union(*named.values()) == set(people)
    assert {Path(file).parent.name for file in named} >= {"customer_features", "customer_segments", before.run_id}


@pytest.mark.slow
def test_the_accounting_counts_the_remaining_lines_and_customers(erased):
    _, _, _, run = erased
    counts = f"SELECT subject, outcome, sum(count) FROM '{run.path('accounting')}/*.parquet' GROUP BY ALL"
    lines, customers = ({outcome: count for subject, outcome, count in rows(counts) if subject == part} for part in ("lines", "customers"))
    assert lines["read"] == sum(count for outcome, count in lines.items() if outcome != "read")
    assert lines["rejected"] == rows(f"SELECT count(*) FROM '{run.path('rejected_lines')}/*.parquet'")[0][0]
    assert lines["read"] - lines["rejected"] == rows(f"SELECT sum(lines) FROM '{run.orders}/*.parquet'")[0][0]
    assert customers["segmented"] == rows(f"SELECT count(*) FROM '{run.path('customer_segments')}/*.parquet'")[0][0]


@pytest.mark.slow
def test_the_page_shows_groups_and_no_single_customer(erased):
    _, _, before, after = erased
    old, new = (Path(run.path("report.html")).read_text() for run in (before, after))
    assert old.count(REDACTABLE_START) == 3
    assert REDACTABLE_START not in new
    assert "Each point is one customer" in old
    assert "Each point is one customer" not in new
    assert "The segments</h2>" in new
    assert before.run_id not in new.replace(after.run_id, "")


@pytest.mark.slow
def test_a_later_run_of_the_whole_log_leaves_them_out(erased, spark, settings_for):
    _, people, _, after = erased
    later = segment(spark, settings_for(after.root), NOW + timedelta(days=1)).run
    names = ", ".join(f"'{name}'" for name in people)
    for name in PERSONAL_TABLES:
        if Path(later.path(name)).exists():
            assert rows(f"SELECT count(*) FROM '{later.path(name)}/*.parquet' WHERE customer_id IN ({names})") == [(0,)]
    (erased_lines,) = rows(f"SELECT count FROM '{later.path('accounting')}/*.parquet' WHERE subject = 'lines' AND reason = 'erased'")
    assert erased_lines[0] > 0
