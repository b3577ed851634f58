"""The backtest of a run: nothing from the cutoff on is known to the model, and outcomes are published by group."""

import json
from datetime import UTC, date, datetime
from types import SimpleNamespace

import duckdb
import pytest

from segmentation.analyses.backtest.backtest import BacktestWindow, backtest_window
from segmentation.analyses.registry import BUILT_IN
from segmentation.errors import InputError
from segmentation.ingest.accounting import OrderSummary
from segmentation.pipeline.run import segment
from segmentation.progress import RunLog
from segmentation.settings import BacktestSettings, settings_from_dict

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
CUTOFF = date(2025, 10, 1)


def log(first="2024-01-01 09:00:00", last=date(2024, 6, 30)):
    return SimpleNamespace(order_summary=OrderSummary(5, first, None, last, {}))


@pytest.fixture(scope="module")
def backtested(spark, settings_for, tmp_path_factory):
    root = tmp_path_factory.mktemp("backtested")
    segment(spark, settings_for(root, **{"backtest.cutoff": CUTOFF}), NOON)
    return root


def rows(root, table, columns, where="true"):
    return duckdb.sql(f"SELECT {columns} FROM '{root}/current/{table}/*.parquet' WHERE {where} ORDER BY ALL").fetchall()


def test_there_is_no_backtest_without_a_cutoff(published):
    _, root = published
    manifest = json.loads((root / "current" / "manifest.json").read_text())
    assert backtest_window(BacktestSettings(), log()) is None
    assert "backtest" not in manifest["analyses"]
    (backtest,) = (analysis for analysis in BUILT_IN if analysis.name == "backtest")
    assert [spec.name for spec in backtest.tables if (root / "current" / spec.name).exists() or spec.name in manifest["tables"]] == []


def test_a_cutoff_that_leaves_just_enough_days_is_accepted():
    window = backtest_window(BacktestSettings(cutoff=date(2024, 6, 1), horizon_days=30), log())
    assert window == BacktestWindow(date(2024, 6, 1), date(2024, 7, 1))


@pytest.mark.parametrize(
    ("cutoff", "message"),
    [
        (
            date(2024, 6, 2),
            "the log has 29 days from 2024-06-02 on, and backtest.horizon_days asks for 30: set an earlier cutoff, 2024-06-01 at",
        ),
        (date(2025, 1, 1), "the log has 0 days from 2025-01-01 on"),
        (date(2024, 1, 1), "the log has no line before 2024-01-01, its first is of 2024-01-01 09:00:00: set a later cutoff"),
    ],
)
def test_a_cutoff_outside_the_log_is_rejected(cutoff, message):
    with pytest.raises(InputError, match=message) as raised:
        backtest_window(BacktestSettings(cutoff=cutoff, horizon_days=30), log())
    assert raised.value.exit_code == 3


def test_a_cutoff_outside_the_log_is_reported_before_anything_is_fitted(spark, settings_for, tmp_path):
    stages = RunLog()
    with pytest.raises(InputError, match="the log has 0 days from 2030-01-01 on"):
        segment(spark, settings_for(tmp_path, **{"backtest.cutoff": "2030-01-01"}), NOON, stages)
    assert "prepare" not in [stage.name for stage in stages.stages]


def test_a_cutoff_with_fewer_customers_than_segments_is_rejected(spark, tmp_path):
    lines = ["1,2024-01-05,10", "2,2024-01-06,-5", *(f"{customer},2024-06-{10 + customer},{customer}.5" for customer in range(3, 20))]
    (tmp_path / "log.csv").write_text("\n".join(["customer_id,ordered_at,amount", *lines]))
    columns = {name: name for name in ("customer_id", "ordered_at", "amount")}
    chosen = settings_from_dict(
        {
            "input": {"format": "csv", "path": str(tmp_path / "log.csv"), "timestamp_format": "yyyy-MM-dd", "columns": columns},
            "backtest": {"cutoff": "2024-03-01"},
            "privacy": {"min_group_size": 1},
            "output": {"path": str(tmp_path / "out")},
        }
    )
    with pytest.raises(
        InputError, match=r"1 of the customers had bought before 2024-03-01, too few for \d segments, and the first line is of 2024-01-05"
    ):
        segment(spark, chosen, NOON)


def test_segments_of_the_cutoff_are_those_of_a_run_that_ends_there(spark, backtested, settings_for, tmp_path):
    sizes = rows(backtested, "backtest_segments", "group_id, group_name, customers", "\"grouping\" = 'segments' AND outcome = 'orders'")
    ends_there = {"features.as_of": CUTOFF, "clustering.k": len(sizes)}
    segment(spark, settings_for(tmp_path, **ends_there), NOON)
    assert sizes == rows(tmp_path, "segment_summary", "segment_id, segment_name, customers")
    rfm = rows(backtested, "backtest_segments", "group_name, customers", "\"grouping\" = 'rfm' AND outcome = 'orders'")
    assert rfm == rows(tmp_path, "rfm_baseline", "rfm_segment, customers")


def test_every_grouping_has_every_customer(backtested):
    facts = json.loads((backtested / "current" / "manifest.json").read_text())["analyses"]["backtest"]
    sums = rows(backtested, "backtest_segments", '"grouping", outcome, sum(customers)', "true GROUP BY ALL")
    assert {row[2] for row in sums} == {facts["customers"]}
    assert len(sums) == 9
    assert (facts["cutoff"], facts["until"], facts["horizon_days"]) == ("2025-10-01", "2025-12-30", 90)


def test_planted_types_predict_outcomes_and_random_groups_do_not(backtested):
    random = rows(
        backtested,
        "backtest_metrics",
        "outcome, epsilon_squared, standard_error, segments_ahead, segments_ahead_error",
        "\"grouping\" = 'random'",
    )
    assert {outcome: abs(share) < 3 * error for outcome, share, error, _, _ in random} == dict.fromkeys(
        ("orders", "repurchase", "spend"), True
    )
    assert {outcome: ahead > 2 * error for outcome, _, _, ahead, error in random} == dict.fromkeys(("orders", "repurchase", "spend"), True)


def test_the_page_has_its_section(backtested):
    page = (backtested / "current" / "report.html").read_text()
    assert "Do segments predict behaviour?" in page
    assert "Segments were fitted as of 2025-10-01" in page
