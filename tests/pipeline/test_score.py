"""New orders through the model in use: nothing is fitted, everybody is in a segment, and what changed is kept."""

import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import duckdb
import pytest

from segmentation.errors import InputError, IntegrityError, SettingsError
from segmentation.pipeline.run import score, segment
from segmentation.pipeline.score import ScoreOptions
from segmentation.run_comparison.compare import compare_runs

FIRST, SECOND, THIRD = date(2025, 9, 1), date(2025, 10, 15), date(2025, 12, 1)
NOW = datetime(2026, 2, 1, tzinfo=UTC)
FREE = {"publish.max_customer_drop": 1.0, "publish.max_revenue_drop": 1.0, "publish.max_size_change": 1.0}


def _table(run, name, columns="*"):
    return duckdb.sql(f"SELECT {columns} FROM read_parquet('{run.path(name)}/*.parquet')").df()


def _members(run):
    rows = _table(run, "customer_segments", "customer_id, segment_id")
    return dict(zip(rows.customer_id, rows.segment_id, strict=True))


@pytest.fixture(scope="module")
def line(spark, settings_for, tmp_path_factory):
    """A fit, and two scorings after it: the second lets everybody move to the nearest."""
    root = tmp_path_factory.mktemp("line")

    def at(day, **values):
        return settings_for(root, **{"features.as_of": str(day), "baskets.use": False, **FREE, **values})

    fitted = segment(spark, at(FIRST), NOW)
    steady = score(spark, at(SECOND), NOW + timedelta(hours=1))
    loose = score(spark, at(THIRD, **{"clustering.switch_margin": 0}), NOW + timedelta(hours=2))
    return SimpleNamespace(root=root, at=at, fitted=fitted, steady=steady, loose=loose)


def _nearest(run, model_run):
    query = (model_run.path("model", "scoring.sql"), f"read_parquet('{run.path('customer_features')}/*.parquet')")
    with open(query[0]) as file:
        rows = duckdb.sql(file.read().replace("FROM customer_features", f"FROM {query[1]}")).df()
    return dict(zip(rows.customer_id, rows.segment_id, strict=True))


def test_scoring_publishes_a_run_of_the_same_model(line):
    pointer = json.loads((line.root / "current.json").read_text())
    assert pointer["run_id"] == line.loose.run.run_id
    assert [outcome.manifest["model"]["run_id"] for outcome in (line.fitted, line.steady, line.loose)] == [line.fitted.run.run_id] * 3
    assert line.steady.manifest["categories"] == line.fitted.manifest["categories"]
    assert _table(line.loose.run, "k_selection").equals(_table(line.fitted.run, "k_selection"))
    names = [{row["segment_id"]: row["segment_name"] for row in outcome.tables["segment_summary"]} for outcome in (line.fitted, line.loose)]
    assert names[0] == names[1]
    assert {stage["stage"] for stage in line.steady.manifest["stages"]} & {"sweep", "fit", "validity"} == set()


def test_the_features_are_those_of_the_day(line):
    (day,) = set(_table(line.steady.run, "customer_features").as_of.dt.date)
    assert day == SECOND
    then, now = (_table(outcome.run, "customer_features").set_index("customer_id") for outcome in (line.fitted, line.steady))
    quiet = then.index[then.frequency_orders == now.frequency_orders.reindex(then.index)]
    assert set((now.recency_days - then.recency_days)[quiet]) == {(SECOND - FIRST).days}


def test_with_no_margin_everybody_is_in_the_nearest_segment_as_duckdb_finds_it(line):
    assert _members(line.loose.run) == _nearest(line.loose.run, line.fitted.run)


def test_with_a_margin_only_those_stay_behind_who_were_there_and_are_hardly_nearer_to_another(line):
    before, now, nearest = _members(line.fitted.run), _members(line.steady.run), _nearest(line.steady.run, line.fitted.run)
    retained = [customer for customer in now if now[customer] != nearest[customer]]
    assert retained
    assert all(now[customer] == before[customer] for customer in retained)
    churn = line.steady.manifest["analyses"]["migration"]["churn"]
    assert churn["customers"] == len(before.keys() & now.keys())
    assert churn["moved"] == sum(now[c] != before[c] for c in before)
    assert churn["moved_to_nearest"] == sum(nearest[c] != before[c] for c in before) == churn["moved"] + len(retained)
    assert churn["wcss"] > churn["wcss_of_nearest"]
    margins = _table(line.steady.run, "customer_segments").set_index("customer_id").margin
    assert set(margins[retained]) == {0}


def test_migration_agrees_with_two_tables_of_segments(line):
    before, now = _members(line.fitted.run), _members(line.steady.run)
    query = f"SELECT from_segment_id, segment_id, customers FROM read_parquet('{line.steady.run.path('segment_migration')}/*.parquet')"
    migration = {(old, new): customers for old, new, customers in duckdb.sql(query).fetchall()}
    expected = {}
    for customer, segment_id in now.items():
        way = (before.get(customer), segment_id)
        expected[way] = expected.get(way, 0) + 1
    assert migration == expected
    counts = line.steady.manifest["analyses"]["migration"]["customers"]
    assert counts["new"] == len(now.keys() - before.keys()) > 0
    assert counts["left"] == 0
    assert counts["stayed"] + counts["moved"] == len(before)


def test_the_history_has_everybodys_segment_on_every_day_of_a_run(line):
    history = _table(line.loose.run, "segment_history")
    history["valid_to"] = history.valid_to.fillna("2200-01-01").astype("datetime64[ns]")
    for day, outcome in ((FIRST, line.fitted), (SECOND, line.steady), (THIRD, line.loose)):
        at = history[(history.valid_from <= str(day)) & (history.valid_to > str(day))]
        assert dict(zip(at.customer_id, at.segment_id, strict=True)) == _members(outcome.run)
        assert at.customer_id.is_unique


def test_the_trend_of_drift_has_what_every_run_measured_of_all_customers(line):
    trend = _table(line.loose.run, "drift_trend")
    psi_values = {(row.run_id, row.reference, row.feature): row.psi for row in trend.itertuples()}
    expected = {}
    for outcome in (line.steady, line.loose):
        drift = _table(outcome.run, "drift")
        for row in drift[drift.segment_id.isna()].itertuples():
            expected[outcome.run.run_id, row.reference, row.feature] = row.psi
    assert psi_values == expected
    assert set(trend.as_of.dt.date) == {SECOND, THIRD}


def test_the_trend_has_every_segment_of_every_run(line):
    trend = _table(line.loose.run, "segment_trend")
    sizes = {(row.run_id, row.segment_id): row.customers for row in trend.itertuples()}
    assert sizes == {
        (outcome.run.run_id, row["segment_id"]): row["customers"]
        for outcome in (line.fitted, line.steady, line.loose)
        for row in outcome.tables["segment_summary"]
    }


def test_scoring_a_day_again_replaces_its_rows(line, spark):
    again = score(spark, line.at(THIRD, **{"clustering.switch_margin": 0}), NOW + timedelta(hours=3))
    history, before = (_table(outcome.run, "segment_history").drop(columns="run_id") for outcome in (again, line.loose))
    order = ["customer_id", "valid_from"]
    assert history.sort_values(order).reset_index(drop=True).equals(before.sort_values(order).reset_index(drop=True))
    assert set(_table(again.run, "segment_trend").as_of.dt.date) == {FIRST, SECOND, THIRD}
    assert len(_table(again.run, "segment_trend")) == len(_table(line.loose.run, "segment_trend"))
    assert set(_table(again.run, "drift_trend").run_id) == {line.steady.run.run_id, again.run.run_id}


def test_two_runs_are_compared_and_every_move_has_a_cause(line, spark):
    ids = (line.fitted.run.run_id, line.loose.run.run_id)
    comparison = compare_runs(spark, str(line.root), *ids)
    before, now = _members(line.fitted.run), _members(line.loose.run)
    moved = [customer for customer in before if now[customer] != before[customer]]
    assert comparison.customers["model"] == 0  # it is the same
    assert comparison.customers["time"] > 0
    assert comparison.customers["behaviour"] > 0
    assert sum(comparison.customers[cause] for cause in ("time", "behaviour", "model", "hysteresis")) == len(moved)
    assert comparison.customers["stayed"] == len(before) - len(moved)
    assert (comparison.customers["came"], comparison.customers["left"]) == (len(now) - len(before), 0)
    assert comparison.settings["features.as_of"] == (str(FIRST), str(THIRD))
    assert comparison.settings["clustering.switch_margin"] == (0.1, 0)
    assert comparison.data["as_of"] == (str(FIRST), str(THIRD))
    assert comparison.versions == {}
    sizes = [{row["segment_id"]: row["customers"] for row in outcome.tables["segment_summary"]} for outcome in (line.fitted, line.loose)]
    counts = {segment: tuple(side[1] for side in sides) for segment, sides in comparison.segments.items()}
    assert counts == {segment: (sizes[0][segment], sizes[1][segment]) for segment in sizes[0]}


def test_of_two_runs_the_earlier_comes_first(line, spark):
    with pytest.raises(InputError, match="name the earlier first"):
        compare_runs(spark, str(line.root), line.loose.run.run_id, line.fitted.run.run_id)
    with pytest.raises(InputError, match="not a complete run"):
        compare_runs(spark, str(line.root), "20000101T000000000000Z", line.fitted.run.run_id)


def test_a_past_day_can_be_looked_at_with_the_model_of_then_and_nobody_sees_it(line, spark):
    pointer = (line.root / "current.json").read_text()
    result = score(spark, line.at(SECOND), NOW + timedelta(hours=6), options=ScoreOptions(model_as_of=True, is_published=False))
    assert (line.root / "current.json").read_text() == pointer
    assert result.event is None
    assert "migration" not in result.manifest["analyses"]
    assert result.manifest["model"]["run_id"] == line.fitted.run.run_id
    assert _members(result.run) == _nearest(line.steady.run, line.fitted.run)
    with pytest.raises(InputError, match="no model was in use on 2025-08-01: the first published run describes a later day"):
        score(spark, line.at(date(2025, 8, 1)), NOW + timedelta(hours=7), options=ScoreOptions(model_as_of=True, is_published=False))


def test_without_a_published_run_there_is_no_model(spark, settings_for, tmp_path):
    with pytest.raises(InputError, match="no run is published there"):
        score(spark, settings_for(tmp_path / "empty"), NOW)


def test_other_features_than_the_model_s_are_refused(line, spark):
    with pytest.raises(SettingsError, match=r"settings changed since the model of run \S+ was fitted: features\.value\. "):
        score(spark, line.at(THIRD, **{"features.value.tenure_days.use": True}), NOW + timedelta(hours=4))


def test_a_model_whose_files_were_changed_is_not_loaded(line, spark):
    # The last test of this line: the run it breaks is the published one.
    run = json.loads((line.root / "current.json").read_text())["run_id"]
    described = line.root / "runs" / run / "model" / "model.json"
    described.chmod(0o600)
    described.write_text(described.read_text().replace('"customers": ', '"customers":  ', 1))
    with pytest.raises(IntegrityError, match="changed since it was sealed, and not used"):
        score(spark, line.at(THIRD), NOW + timedelta(hours=5))
