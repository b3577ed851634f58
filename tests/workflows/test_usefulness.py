"""Looking back to a day: nothing from it on is known, and what followed is told by group."""

import json
from datetime import UTC, date, datetime
from types import SimpleNamespace

import duckdb
import pytest

from segmentation.errors import InputError
from segmentation.ingest.accounting import Stock
from segmentation.publish.run import ASKED_FOR
from segmentation.settings import UsefulnessSettings, validated
from segmentation.workflows.segment import segment
from segmentation.workflows.usefulness import Window, window_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
CUT = date(2025, 10, 1)


def log(first="2024-01-01 09:00:00", last=date(2024, 6, 30)):
    return SimpleNamespace(stock=Stock(5, first, None, last, {}))


@pytest.fixture(scope="module")
def looked_back(spark, settings_for, tmp_path_factory):
    root = tmp_path_factory.mktemp("looked_back")
    segment(spark, settings_for(root, **{"usefulness.cut": CUT}), NOON)
    return root


def rows(root, table, columns, where="true"):
    return duckdb.sql(f"SELECT {columns} FROM '{root}/current/{table}/*.parquet' WHERE {where} ORDER BY ALL").fetchall()


def test_nothing_is_looked_into_unless_a_cut_is_set(published):
    _, root = published
    manifest = json.loads((root / "current" / "manifest.json").read_text())
    assert (window_of(UsefulnessSettings(), log()), manifest["usefulness"]) == (None, None)
    assert [name for name in ASKED_FOR if (root / "current" / name).exists() or name in manifest["tables"]] == []


def test_a_cut_that_leaves_just_enough_days_is_taken():
    assert window_of(UsefulnessSettings(cut=date(2024, 6, 1), days=30), log()) == Window(date(2024, 6, 1), date(2024, 7, 1))


@pytest.mark.parametrize(
    ("cut", "says"),
    [
        (date(2024, 6, 2), "the log has 29 days from 2024-06-02 on, and usefulness.days asks for 30: set an earlier cut, 2024-06-01 at"),
        (date(2025, 1, 1), "the log has 0 days from 2025-01-01 on"),
        (date(2024, 1, 1), "the log has no line before 2024-01-01, its first is of 2024-01-01 09:00:00: set a later cut"),
    ],
)
def test_a_cut_the_log_does_not_bear_is_refused(cut, says):
    with pytest.raises(InputError, match=says) as raised:
        window_of(UsefulnessSettings(cut=cut, days=30), log())
    assert raised.value.exit_code == 3


def test_a_cut_before_which_hardly_anyone_bought_is_refused(spark, tmp_path):
    lines = ["1,2024-01-05,10", "2,2024-01-06,-5", *(f"{customer},2024-06-{10 + customer},{customer}.5" for customer in range(3, 20))]
    (tmp_path / "log.csv").write_text("\n".join(["customer_id,ordered_at,amount", *lines]))
    columns = {name: name for name in ("customer_id", "ordered_at", "amount")}
    chosen = validated(
        {
            "input": {"format": "csv", "path": str(tmp_path / "log.csv"), "timestamp_format": "yyyy-MM-dd", "columns": columns},
            "usefulness": {"cut": "2024-03-01"},
            "privacy": {"smallest_group": 1},
            "output": {"path": str(tmp_path / "out")},
        }
    )
    with pytest.raises(
        InputError, match=r"1 of the customers had bought before 2024-03-01, too few for \d segments, and the first line is of 2024-01-05"
    ):
        segment(spark, chosen, NOON)


def test_segments_of_the_cut_are_those_of_a_run_that_ends_there(spark, looked_back, settings_for, tmp_path):
    sizes = rows(looked_back, "usefulness_segments", "group_id, group_name, customers", "\"grouping\" = 'segments' AND outcome = 'orders'")
    ends_there = {"features.as_of": CUT, "clustering.segments": len(sizes)}
    segment(spark, settings_for(tmp_path, **ends_there), NOON)
    assert sizes == rows(tmp_path, "segment_summary", "segment_id, segment_name, customers")
    rfm = rows(looked_back, "usefulness_segments", "group_name, customers", "\"grouping\" = 'rfm' AND outcome = 'orders'")
    assert rfm == rows(tmp_path, "rfm_baseline", "rfm_segment, customers")


def test_every_grouping_holds_every_customer(looked_back):
    told = json.loads((looked_back / "current" / "manifest.json").read_text())["usefulness"]
    held = rows(looked_back, "usefulness_segments", '"grouping", outcome, sum(customers)', "true GROUP BY ALL")
    assert {row[2] for row in held} == {told["customers"]}
    assert len(held) == 9
    assert (told["cut"], told["until"], told["days"]) == ("2025-10-01", "2025-12-30", 90)


def test_planted_types_tell_what_comes_next_and_random_groups_do_not(looked_back):
    found = rows(
        looked_back,
        "usefulness",
        "outcome, epsilon_squared, standard_error, segments_ahead, segments_ahead_error",
        "\"grouping\" = 'random'",
    )
    assert {outcome: abs(share) < 3 * error for outcome, share, error, _, _ in found} == dict.fromkeys(
        ("orders", "repurchase", "spend"), True
    )
    assert {outcome: ahead > 2 * error for outcome, _, _, ahead, error in found} == dict.fromkeys(("orders", "repurchase", "spend"), True)


def test_the_page_tells_it(looked_back):
    page = (looked_back / "current" / "report.html").read_text()
    assert "Does it tell what comes next?" in page
    assert "Segments were made as of 2025-10-01" in page
