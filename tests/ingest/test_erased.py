"""Lines of erased people are rejected and accounted for, and their rows of a customer table are left out."""

from contextlib import ExitStack
from datetime import UTC, datetime

import duckdb
import pytest

from segmentation.context import RunContext
from segmentation.incremental.ingestion import ingest_incrementally
from segmentation.ingest.customer_table import read_customer_table
from segmentation.privacy.denylist import extend_denylist, load_denylist
from segmentation.progress import RunLog
from segmentation.publish.run import create_run, set_current_run
from segmentation.publish.seal import run_checksums, seal_run
from segmentation.settings import settings_from_dict

NOW = datetime(2026, 4, 1, tzinfo=UTC)
COLUMNS = ["customer_id", "ordered_at", "order_id", "quantity", "unit_price"]
FIRST = """
ann,2026-03-01 09:00:00,1,2,3.50
ann,2026-03-01 09:00:00,1,0,2.00
bob,2026-03-02 09:00:00,7,1,12.00
,2026-03-20 12:00:00,10,1,5.00
bob,2026-03-02 10:00:00,8,1,12.00,one too many for ann
"""
SECOND = """
 ann ,2026-03-21 08:00:00,2,1,4.00
bob,2026-03-21 09:00:00,9,1,1.00
"""


@pytest.fixture
def shop(spark, tmp_path):
    """Ingest the log so far in a new run, and publish it."""
    (tmp_path / "log").mkdir()

    def ingests(run_id, **files):
        for name, lines in files.items():
            (tmp_path / "log" / f"{name}.csv").write_text("\n".join([",".join(COLUMNS), *lines.strip("\n").splitlines()]) + "\n")
        columns = dict(zip(COLUMNS, COLUMNS, strict=True))
        source = {"format": "csv", "path": str(tmp_path / "log"), "columns": columns, "incremental": True}
        settings = settings_from_dict({"input": source, "rules": {"max_rejected_share": 1.0}, "output": {"path": str(tmp_path / "root")}})
        run = create_run(settings.output.path, run_id)
        with ExitStack() as resources:
            log = ingest_incrementally(_context(spark, settings, run, resources))
        seal_run(run, {"run_id": run.run_id, "as_of": "2026-04-01", "audit": {"passed": True, "faults": []}}, run_checksums(run))
        set_current_run(run, "2026-04-01")
        return log, run

    return ingests


def _context(spark, settings, run, resources):
    erased = load_denylist(spark, settings.output.path)
    return RunContext(spark, settings, run, NOW, RunLog(), resources, erased=erased)


def erase(spark, tmp_path, *ids):
    extend_denylist(
        spark, str(tmp_path / "root"), "20260401T000000000000Z", spark.createDataFrame([(name,) for name in ids], "customer_id STRING")
    )


def rejected(run):
    columns = "reasons, customer_id, line_amount::DOUBLE, order_id, record"
    return duckdb.sql(f"SELECT {columns} FROM '{run.path('rejected_lines')}/*.parquet'").fetchall()


def test_an_incremental_run_rejects_their_new_lines(spark, shop, tmp_path):
    shop("r1", first=FIRST)
    erase(spark, tmp_path, "cat")
    log, run = shop("r2", second="cat,2026-03-21 08:00:00,2,1,4.00")
    assert log.incremental["continued"]
    assert log.rejections.by_first_reason()["erased"].lines == 1
    assert [row[1:4] for row in rejected(run) if row[0] == ["erased"]] == [(None, 4.0, None)]


def test_a_full_run_rejects_all_their_lines_and_adds_up(spark, shop, tmp_path):
    (tmp_path / "root").mkdir()
    erase(spark, tmp_path, "ann", "nobody")
    log, run = shop("r1", first=FIRST, second=SECOND)
    assert {reason: totals.lines for reason, totals in log.rejections.by_first_reason().items() if totals.lines} == {
        "erased": 4,
        "guest": 1,
    }
    assert log.totals.lines == 7 == log.rejections.total().lines + sum(totals.lines for totals in log.order_summary.totals.values())
    assert log.totals.amount_e4 == log.rejections.total().amount_e4 + sum(totals.amount_e4 for totals in log.order_summary.totals.values())
    theirs = [row for row in rejected(run) if row[0][0] == "erased"]
    assert {0.0, 4.0, 7.0} <= {row[2] for row in theirs}
    assert {(row[1], row[3], row[4]) for row in theirs} == {(None, None, None)}
    assert duckdb.sql(f"SELECT DISTINCT customer_id FROM '{run.orders}/*.parquet'").fetchall() == [("bob",)]


def test_an_interrupted_denylist_is_ignored(spark, tmp_path):
    (tmp_path / "erased" / "20260401T000000000000Z" / "_temporary").mkdir(parents=True)
    assert load_denylist(spark, str(tmp_path)) is None


def test_digests_differ_between_roots_and_do_not_contain_the_id(spark, tmp_path):
    for name in ("one", "other"):
        extend_denylist(spark, str(tmp_path / name), "a", spark.createDataFrame([("ann",)], "customer_id STRING"))
    one, other = (load_denylist(spark, str(tmp_path / name)).digests.collect()[0] for name in ("one", "other"))
    assert one.digest != other.digest
    assert len(one.digest) == 64
    assert not any(b"ann" in path.read_bytes() for path in tmp_path.rglob("*.parquet"))


def test_a_customer_table_is_read_without_their_rows(spark, tmp_path):
    (tmp_path / "table.csv").write_text("id,age\nann,30\nbob,40\nann,30\n")
    columns = {"age": {"column": "age", "type": "number"}}
    table = {"format": "csv", "path": str(tmp_path / "table.csv"), "customer_id": "id", "columns": columns}
    settings = settings_from_dict({"attributes": table, "output": {"path": str(tmp_path / "root")}})
    erase(spark, tmp_path, "ann")
    with ExitStack() as resources:
        table = read_customer_table(_context(spark, settings, create_run(settings.output.path, "r1"), resources), settings.attributes)
        assert [row.customer_id for row in table.customers.collect()] == ["bob"]
        assert table.row_counts.read == 1
