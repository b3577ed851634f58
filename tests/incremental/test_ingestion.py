"""Incremental ingestion gives the tables that reading the whole log gives, or else reads the whole log."""

import json
import os
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from shutil import copytree

import duckdb
import pytest
from oracle.published_tables import ALWAYS

from segmentation import storage
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.incremental.ingestion import ingest_incrementally
from segmentation.ingest.log import ingest_log
from segmentation.pipeline.run import segment
from segmentation.progress import RunLog
from segmentation.publish.run import create_run, run_id_at, set_current_run
from segmentation.publish.seal import run_checksums, seal_run
from segmentation.settings import settings_from_dict

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
HEADER = "customer_id,ordered_at,order_id,product_id,quantity,unit_price,category"
COLUMNS = HEADER.split(",")

FIRST = """
ann,2026-03-01 09:00:00,1,mug,2,3.50,Kitchen
ann,2026-03-01 09:00:00,1,cup,1,2.00,Kitchen
ann,2026-03-20 20:00:00,2,mug,1,3.50,Kitchen
ann,2026-03-20 20:00:00,2,cup,1,2.00,Kitchen
bob,2026-03-02 09:00:00,7,doll,1,12.00,Toys
bob,2026-03-20 21:00:00,7,ball,1,5.00,Toys
bob,2026-03-20 21:00:00,7,doll,2,12.00,Toys
cat,2026-03-05 09:00:00,8,ball,4,5.00,Toys
cat,2026-03-20 10:00:00,9,spade,1,9.00,Garden
cat,2026-03-20 11:00:00,C9,spade,-1,9.00,Garden
,2026-03-20 12:00:00,10,ball,1,5.00,Toys
dan,soon,11,ball,1,5.00,Toys
"""
RETURNS_OF_THE_EVENING_BEFORE = """
ann,2026-03-21 08:00:00,C2,mug,-1,3.50,Kitchen
bob,2026-03-21 08:00:00,C7,ball,-1,5.00,Toys
"""
MORE_OF_OLD_ORDERS = """
bob,2026-03-21 09:00:00,7,kite,1,20.00,Toys
cat,2026-03-21 09:00:00,8,kite,1,20.00,Toys
,2026-03-21 12:00:00,12,ball,1,5.00,Toys
eve,2026-03-21 13:00:00,13,mug,0,3.50,Kitchen
eve,2026-03-21 13:00:00,13,mug,1,3.50,
"""
A_WEEK_LATE = """
ann,2026-03-13 21:00:00,14,mug,1,3.50,Kitchen
cat,2026-03-20 10:30:00,C15,spade,-1,9.00,Garden
"""
ALL_OF_THESE_COME_BACK = """
bob,2026-03-22 08:59:59,C7,kite,-1,20.00,Toys
cat,2026-03-22 09:00:01,C8,kite,-1,20.00,Toys
"""
ONLY_A_GUEST = ",2026-03-22 12:00:00,17,ball,1,5.00,Toys"
TOO_LATE = "ann,2026-03-13 20:59:59,14,mug,1,3.50,Kitchen"
OF_ANOTHER_CATEGORY = "ann,2026-03-21 08:00:00,16,sofa,1,900.00,Home"


class Shop:
    """A log that grows by files, and the runs that read it."""

    def __init__(self, spark, folder):
        self.spark, self.folder, self.runs = spark, folder, 0
        (folder / "log").mkdir()

    def gets(self, name, lines):
        (self.folder / "log" / f"{name}.csv").write_text("\n".join([HEADER, *lines.strip().splitlines()]) + "\n")
        return self

    def ingests(self, incremental=True, publishes=True, output="out", **values):
        """Ingest the log in a new run."""
        settings = self._settings(incremental, output, values)
        self.runs += 1
        started_at = NOON + timedelta(hours=self.runs)
        run = create_run(settings.output.path, run_id_at(started_at))
        ingest = ingest_incrementally if incremental else ingest_log
        with ExitStack() as resources:
            log = ingest(RunContext(self.spark, settings, run, started_at, RunLog(), resources))
        if publishes:
            seal_run(run, {"run_id": run.run_id, "as_of": "2026-04-01", "audit": {"passed": True, "faults": []}}, run_checksums(run))
            set_current_run(run, "2026-04-01")
        return log, run

    def differences(self, log, run):
        """Names of tables and figures that differ from those of reading the whole log."""
        whole, all_at_once = self.ingests(incremental=False, output=f"whole{self.runs}", **self.values)
        tables = {"orders": (run.orders, all_at_once.orders)}
        tables["rejected_lines"] = (run.path("rejected_lines"), all_at_once.path("rejected_lines"))
        differing = [name for name, (one, other) in tables.items() if not same(one, other)]
        figures = ("categories", "totals", "rejections", "order_summary")
        return differing + [name for name in figures if _plain(getattr(log, name)) != _plain(getattr(whole, name))]

    def _settings(self, incremental, output, values):
        self.values = values
        rules = {"cancelled_order_prefix": "C", "void_within_hours": values.get("void_within_hours", 24)}
        tree = {
            "input": {"format": "csv", "path": str(self.folder / "log"), "columns": dict(zip(COLUMNS, COLUMNS, strict=True))},
            "rules": {**rules, "exact_duplicates": values.get("exact_duplicates", "keep")},
            "categories": {"max_categories": values.get("most", 3)},
            "features": {"exact_products_max_lines": values.get("exact_products_max_lines", 0)},
            "baskets": {"use": values.get("baskets", False)},
            "output": {"path": str(self.folder / output)},
        }
        tree["input"]["incremental"] = incremental
        return settings_from_dict(tree)


def _plain(figure):
    return dict(figure.by_reasons) if hasattr(figure, "by_reasons") else figure


def same(one, other):
    """Whether two tables hold the same rows, each as often."""
    return not any(
        duckdb.sql(f"FROM '{a}/*.parquet' EXCEPT ALL FROM '{b}/*.parquet' LIMIT 1").fetchall() for a, b in ((one, other), (other, one))
    )


@pytest.fixture
def shop(spark, tmp_path):
    return Shop(spark, tmp_path)


NIGHTS = {
    "a night": A_WEEK_LATE,
    "night 2": RETURNS_OF_THE_EVENING_BEFORE,
    "night 3": MORE_OF_OLD_ORDERS,
    "night 4": ALL_OF_THESE_COME_BACK,
    "night 5": ONLY_A_GUEST,
}
"""By the file they come in, of which one sorts before the first."""


@pytest.mark.slow
def test_successive_incremental_runs_equal_reading_the_whole_log(shop):
    _, last = shop.gets("first", FIRST).ingests()
    for name, lines in NIGHTS.items():
        log, run = shop.gets(name, lines).ingests()
        new = len(lines.strip().splitlines())
        assert log.incremental == {"continued": True, "reason": None, "new_files": 1, "new_lines": new, "since_run": last.run_id}
        last = run
    assert shop.differences(log, run) == []
    again, same_again = shop.ingests()
    assert (again.incremental["continued"], again.incremental["new_files"], again.incremental["new_lines"]) == (True, 0, 0)
    assert same(run.orders, same_again.orders)
    assert same(run.path("rejected_lines"), same_again.path("rejected_lines"))


def test_where_nothing_is_voided_a_line_of_any_age_is_merged(shop):
    shop.gets("first", FIRST).ingests(void_within_hours=0)
    log, run = shop.gets("night", "bob,2025-01-01 08:00:00,7,ball,-1,5.00,Toys").ingests(void_within_hours=0)
    assert log.incremental["continued"]
    assert shop.differences(log, run) == []


@pytest.fixture(scope="module")
def first_shop(spark, tmp_path_factory):
    """A shop with one published run, which tests leave as it is."""
    shop = Shop(spark, tmp_path_factory.mktemp("shop"))
    shop.gets("first", FIRST).ingests()
    return shop


@contextmanager
def _with_file(shop, lines):
    shop.gets("night", lines)
    yield
    (shop.folder / "log" / "night.csv").unlink()


@contextmanager
def _touched(shop):
    file = shop.folder / "log" / "first.csv"
    before = file.stat().st_mtime_ns
    os.utime(file, ns=(0, 0))
    yield
    os.utime(file, ns=(before, before))


@contextmanager
def _renamed(shop):
    file = shop.folder / "log" / "first.csv"
    renamed = file.rename(file.with_name("renamed.csv"))
    yield
    renamed.rename(file)


def _unchanged(_):
    return nullcontext()


EVERYTHING_IS_READ = {
    "lines too late": (partial(_with_file, lines=TOO_LATE), {}, "new lines reach back to 2026-03-13 20:59:59"),
    "another category leads": (partial(_with_file, lines=OF_ANOTHER_CATEGORY), {}, "other categories lead"),
    "a file was changed": (_touched, {}, "1 files that the published run has read were changed or removed"),
    "a file is gone": (_renamed, {}, "1 files that the published run has read were changed or removed"),
    "other rules": (_unchanged, {"void_within_hours": 12}, "not as in the published run: rules"),
    "duplicates count": (_unchanged, {"exact_duplicates": "reject"}, "rules.exact_duplicates"),
    "baskets are looked for": (_unchanged, {"baskets": True}, "baskets.use reads all lines again"),
    "products are counted": (_unchanged, {"exact_products_max_lines": 12}, "distinct products are counted"),
}


@pytest.mark.parametrize(("change", "values", "reason"), EVERYTHING_IS_READ.values(), ids=EVERYTHING_IS_READ)
def test_the_whole_log_is_read_with_the_reason_where_new_files_are_not_enough(first_shop, change, values, reason, caplog):
    with change(first_shop), caplog.at_level("INFO", "segmentation"):
        log, run = first_shop.ingests(publishes=False, **values)
        assert not log.incremental["continued"]
        assert reason in log.incremental["reason"]
        assert log.incremental["reason"] in caplog.text
        if change is not _unchanged:
            assert first_shop.differences(log, run) == []


def test_the_whole_log_is_read_where_the_published_orders_were_changed(first_shop):
    first = json.loads((first_shop.folder / "out" / "current.json").read_text())["orders"]
    part = next((first_shop.folder / "out" / first).glob("part-*.parquet"))
    content = part.read_bytes()
    part.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        log, run = first_shop.ingests(publishes=False)
        assert log.incremental["reason"] == "files of the published run are not as they were sealed (`segmentation verify` names them)"
        assert first_shop.differences(log, run) == []
    finally:
        part.write_bytes(content)


def test_the_first_incremental_run_reads_the_whole_log(shop):
    log, _ = shop.gets("first", FIRST).ingests()
    reason = "no published run has saved a state to continue from"
    assert log.incremental == {"continued": False, "reason": reason, "new_files": 1, "new_lines": 12, "since_run": None}


def test_a_run_that_is_not_incremental_saves_no_state(shop):
    log, run = shop.gets("first", FIRST).ingests(incremental=False)
    assert log.incremental is None
    assert not os.path.exists(f"{run.orders}/_incremental")


def test_files_of_an_unpublished_run_are_read_again_by_the_next(shop):
    _, last = shop.gets("first", FIRST).ingests()
    shop.gets("night 1", RETURNS_OF_THE_EVENING_BEFORE).ingests(publishes=False)
    log, run = shop.gets("night 2", MORE_OF_OLD_ORDERS).ingests()
    assert (log.incremental["since_run"], log.incremental["new_lines"]) == (last.run_id, 7)
    assert shop.differences(log, run) == []


def test_a_file_that_arrives_while_files_are_listed_is_left_to_the_next_run(shop, monkeypatch):
    shop.gets("first", FIRST)
    stamps = storage.file_versions

    def stamps_and_then_more_comes(source):
        result = stamps(source)
        shop.gets("meanwhile", RETURNS_OF_THE_EVENING_BEFORE)
        return result

    with monkeypatch.context() as patched:
        patched.setattr(storage, "file_versions", stamps_and_then_more_comes)
        log, _ = shop.ingests()
    assert log.totals.lines == 12
    log, run = shop.ingests()
    assert (log.incremental["continued"], log.incremental["new_lines"]) == (True, 2)
    assert shop.differences(log, run) == []


def test_new_files_with_other_columns_fail_as_reading_the_whole_log_does(first_shop):
    odd = first_shop.folder / "log" / "a night.csv"
    odd.write_text("customer_id,ordered_at\nann,2026-03-21 08:00:00\n")
    # Spark takes the columns from whichever file it comes to first: either that one lacks some, or the others have too many.
    with pytest.raises(Exception, match=r"5 of 7 columns are missing|Number of column in CSV header") as raised:
        first_shop.ingests(publishes=False)
    odd.unlink()
    assert isinstance(storage.translate_error(raised.value) or raised.value, InputError)


@pytest.fixture(scope="module")
def retailers_nights(retailer, tmp_path_factory):
    """The generated log in parts: all but the last days, and three nights."""
    folder = tmp_path_factory.mktemp("nights")
    log = f"'{retailer}/transactions/*.parquet'"
    (last,) = duckdb.sql(f"SELECT max(ordered_at) FROM {log}").fetchall()[0]
    edges = [datetime.min, *(last - timedelta(hours=hours) for hours in (60, 36, 12)), datetime.max]
    for number, (start, end) in enumerate(pairwise(edges)):
        part = f"SELECT * FROM {log} WHERE ordered_at >= '{start}' AND ordered_at < '{end}'"
        duckdb.sql(f"COPY ({part}) TO '{folder}/night{number}.parquet'")
    return sorted(folder.iterdir())


@pytest.mark.slow
def test_three_incremental_runs_give_every_table_of_a_full_run_to_the_last_bit(spark, settings_for, retailers_nights, tmp_path):
    """A full run in the place of the last night: after the same runs, so that segments carry the same ids on."""
    log, whole = tmp_path / "log", tmp_path / "whole"
    log.mkdir()
    values = {"input.path": str(log), "features.exact_products_max_lines": 0, "baskets.use": False, "input.incremental": True}
    values |= {"clustering.k_max": 4, "clustering.n_bootstrap": 3, "clustering.n_references": 2}
    for number, part in enumerate(retailers_nights):
        (log / part.name).symlink_to(part)
        if part is retailers_nights[-1]:
            copytree(tmp_path / "out", whole, symlinks=True)
        outcome = segment(spark, settings_for(tmp_path / "out", **values), NOON + timedelta(hours=number))
        facts = outcome.manifest["input"]["incremental"]
        assert (facts["continued"], facts["new_files"]) == (number > 0, 1)
    full = segment(spark, settings_for(whole, **{**values, "input.incremental": False}), NOON + timedelta(hours=number))
    for table in ALWAYS:
        one, other = (duckdb.sql(_without_run_id(run.run.path(table))).fetchall() for run in (outcome, full))
        assert one == other, table
    assert same(outcome.run.orders, full.run.orders)
    manifest = json.loads((tmp_path / "out" / "current" / "manifest.json").read_text())
    stages = {stage["stage"]: stage["counts"] for stage in manifest["stages"]}
    assert stages["read"]["lines"] == 20_000
    assert 0 < stages["read"]["new_lines"] == stages["new"]["lines"] < 100


def _without_run_id(table):
    columns = duckdb.sql(f"SELECT * FROM '{table}/*.parquet' LIMIT 0").columns
    return f"SELECT {'* EXCLUDE (run_id)' if 'run_id' in columns else '*'} FROM '{table}/*.parquet' ORDER BY ALL"
