"""Who was erased doesn't come back with the log, and the accounting says how many lines were theirs."""

from contextlib import ExitStack
from datetime import UTC, datetime

import duckdb
import pytest

from segmentation.context import RunContext
from segmentation.progress import RunLog
from segmentation.publish.integrity import files_of, sealed
from segmentation.publish.run import begin, publish
from segmentation.settings import validated
from segmentation.workflows.attributes import read_attributes
from segmentation.workflows.kept_out import keep_out, kept_out
from segmentation.workflows.nights import log_so_far

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
    """Ingests the log so far under a root, publishes it, and tells what became of it."""
    (tmp_path / "log").mkdir()

    def ingests(run_id, **files):
        for name, lines in files.items():
            (tmp_path / "log" / f"{name}.csv").write_text("\n".join([",".join(COLUMNS), *lines.strip("\n").splitlines()]) + "\n")
        columns = dict(zip(COLUMNS, COLUMNS, strict=True))
        source = {"format": "csv", "path": str(tmp_path / "log"), "columns": columns, "nightly": True}
        settings = validated({"input": source, "rules": {"stop_above_rejected_share": 1.0}, "output": {"path": str(tmp_path / "root")}})
        run = begin(settings.output.path, run_id)
        with ExitStack() as kept:
            log = log_so_far(RunContext(spark, settings, run, NOW, RunLog(), kept))
        sealed(run, {"run_id": run.run_id, "as_of": "2026-04-01", "audit": {"passed": True, "faults": []}}, files_of(run))
        publish(run, "2026-04-01")
        return log, run

    return ingests


def erased(spark, tmp_path, *ids):
    keep_out(
        spark, str(tmp_path / "root"), "20260401T000000000000Z", spark.createDataFrame([(name,) for name in ids], "customer_id STRING")
    )


def rejected(run):
    columns = "reasons, customer_id, line_amount::DOUBLE, order_id, record"
    return duckdb.sql(f"SELECT {columns} FROM '{run.path('rejected_lines')}/*.parquet'").fetchall()


def test_a_night_that_goes_on_rejects_their_new_lines(spark, shop, tmp_path):
    shop("r1", first=FIRST)
    erased(spark, tmp_path, "cat")
    log, run = shop("r2", second="cat,2026-03-21 08:00:00,2,1,4.00")
    assert log.night["continued"]
    assert log.rejections.first()["erased"].lines == 1
    assert [row[1:4] for row in rejected(run) if row[0] == ["erased"]] == [(None, 4.0, None)]


def test_a_full_reading_rejects_them_all_and_adds_up(spark, shop, tmp_path):
    (tmp_path / "root").mkdir()
    erased(spark, tmp_path, "ann", "nobody")
    log, run = shop("r1", first=FIRST, second=SECOND)
    assert {reason: tally.lines for reason, tally in log.rejections.first().items() if tally.lines} == {"erased": 4, "guest": 1}
    assert log.read.lines == 7 == log.rejections.total().lines + sum(tally.lines for tally in log.stock.tallies.values())
    assert log.read.amount_e4 == log.rejections.total().amount_e4 + sum(tally.amount_e4 for tally in log.stock.tallies.values())
    theirs = [row for row in rejected(run) if row[0][0] == "erased"]
    assert {0.0, 4.0, 7.0} <= {row[2] for row in theirs}
    assert {(row[1], row[3], row[4]) for row in theirs} == {(None, None, None)}
    assert duckdb.sql(f"SELECT DISTINCT customer_id FROM '{run.orders}/*.parquet'").fetchall() == [("bob",)]


def test_a_list_that_was_cut_off_is_none(spark, tmp_path):
    (tmp_path / "erased" / "20260401T000000000000Z" / "_temporary").mkdir(parents=True)
    assert kept_out(spark, str(tmp_path)) is None


def test_digests_of_equal_people_differ_from_root_to_root_and_tell_no_id(spark, tmp_path):
    for name in ("one", "other"):
        keep_out(spark, str(tmp_path / name), "a", spark.createDataFrame([("ann",)], "customer_id STRING"))
    one, other = (kept_out(spark, str(tmp_path / name)).digests.collect()[0] for name in ("one", "other"))
    assert one.digest != other.digest
    assert len(one.digest) == 64
    assert not any(b"ann" in path.read_bytes() for path in tmp_path.rglob("*.parquet"))


def test_a_customer_table_is_read_without_them(spark, tmp_path):
    (tmp_path / "table.csv").write_text("id,age\nann,30\nbob,40\nann,30\n")
    columns = {"age": {"column": "age", "type": "number"}}
    table = {"format": "csv", "path": str(tmp_path / "table.csv"), "customer_id": "id", "columns": columns}
    settings = validated({"attributes": table, "output": {"path": str(tmp_path / "root")}})
    erased(spark, tmp_path, "ann")
    with ExitStack() as kept:
        attributes = read_attributes(
            RunContext(spark, settings, begin(settings.output.path, "r1"), NOW, RunLog(), kept), settings.attributes
        )
        assert [row.customer_id for row in attributes.customers.collect()] == ["bob"]
        assert attributes.rows.read == 1
