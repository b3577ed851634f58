"""The main job, from a log to published tables."""

import json
from datetime import UTC, date, datetime

import duckdb
import numpy as np
import pytest
from oracle.published_tables import ALWAYS, WITH_BASKETS
from pyspark.sql import functions as F
from sklearn.tree import DecisionTreeClassifier

from segmentation import storage
from segmentation.analyses.data_quality import data_quality
from segmentation.analyses.registry import all_tables
from segmentation.errors import AuditFailedError, InputError, SettingsError
from segmentation.pipeline.run import segment
from segmentation.publish.leases import leases_under
from segmentation.publish.publications import SUPERSEDED, publish_events
from segmentation.publish.run import Run
from segmentation.publish.run_state import RunState, state_of
from segmentation.publish.seal import load_sealed_manifest, verify_files

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def rows(root, table, columns="*", run="current"):
    """A published table as an outside reader sees it, in a fixed order."""
    return duckdb.sql(f"SELECT {columns} FROM '{root}/{run}/{table}/*.parquet' ORDER BY ALL").fetchall()


def one(root, query):
    return duckdb.sql(query.format(root=f"{root}/current")).fetchall()[0]


def test_every_table_of_the_contract_opens_in_duckdb(published):
    _, root = published
    counts = {table: rows(root, table, "count(*)")[0][0] for table in (*ALWAYS, *WITH_BASKETS)}
    manifest = json.loads((root / "current" / "manifest.json").read_text())
    assert counts == manifest["tables"]
    assert all(count > 0 for table, count in counts.items() if table not in ("unsegmented_customers", "association_rules"))


def test_by_default_no_table_is_a_delta_table(published):
    _, root = published
    assert list(root.rglob("_delta_log")) == []


@pytest.mark.parametrize("spec", all_tables(), ids=lambda spec: spec.name)
def test_a_table_has_its_declared_columns(published, spec):
    _, root = published
    if (root / "current" / spec.name).is_dir():
        columns = duckdb.sql(f"SELECT * FROM '{root}/current/{spec.name}/*.parquet' LIMIT 0").columns
        assert columns == [name for name in columns if spec.column(name)]
        required = [column.name for column in spec.columns if not (column.optional or column.is_family)]
        assert [name for name in required if name not in columns] == []


def test_lines_and_amounts_add_up_to_the_last_ten_thousandth(published):
    _, root = published
    whole, parts = (
        one(root, f"SELECT sum(count), sum(amount) FROM '{{root}}/accounting/*.parquet' WHERE {w}")
        for w in ("subject = 'lines' AND outcome = 'read'", "subject = 'lines' AND outcome <> 'read'")
    )
    assert whole == parts
    assert whole[0] == 20_000


def test_every_customer_seen_is_segmented_or_has_a_reason(published, retailer):
    _, root = published
    (seen,) = duckdb.sql(f"SELECT count(DISTINCT customer_id) FROM '{retailer}/transactions/*.parquet'").fetchall()[0]
    (segmented,) = one(root, "SELECT count(*) FROM '{root}/customer_segments/*.parquet'")
    (left_out,) = one(root, "SELECT count(*) FROM '{root}/unsegmented_customers/*.parquet'")
    assert segmented + left_out == seen


def test_segments_are_numbered_by_mean_net_spend(published):
    _, root = published
    means = [row[1] for row in rows(root, "segment_summary", "segment_id, monetary_net_mean")]
    assert len(means) >= 3
    assert means == sorted(means, reverse=True)


def test_summary_and_segments_have_the_same_sizes_and_revenue(published):
    _, root = published
    from_customers = duckdb.sql(
        f"""SELECT segment_id, count(*), sum(monetary_net) FROM '{root}/current/customer_segments/*.parquet'
        JOIN '{root}/current/customer_features/*.parquet' USING (customer_id) GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    assert rows(root, "segment_summary", "segment_id, customers, revenue_net") == from_customers


def test_the_saved_model_gives_the_published_segments(spark, published):
    _, root = published
    features = storage.read_table(spark, f"{root}/current/customer_features")
    scored = storage.read_model(f"{root}/current/model").transform(features).select("customer_id", "segment_id")
    written = storage.read_table(spark, f"{root}/current/customer_segments").select("customer_id", "segment_id")
    assert scored.exceptAll(written).count() == 0
    assert scored.count() == written.count()


def test_the_scoring_sql_gives_the_published_segments_in_duckdb(published):
    _, root = published
    connection = duckdb.connect()
    connection.sql(f"CREATE VIEW customer_features AS FROM '{root}/current/customer_features/*.parquet'")
    scored = connection.sql((root / "current" / "model" / "scoring.sql").read_text()).fetchall()
    written = duckdb.sql(f"SELECT customer_id, segment_id, distance FROM '{root}/current/customer_segments/*.parquet'").fetchall()
    assert sorted(row[:2] for row in scored) == sorted(row[:2] for row in written)
    assert {row[0]: row[2] for row in scored} == pytest.approx({row[0]: row[2] for row in written})


def test_the_conditions_of_a_segment_are_sql_and_as_right_as_they_say(published):
    outcome, root = published
    tables = f"'{root}/current/customer_features/*.parquet' JOIN '{root}/current/customer_segments/*.parquet' USING (customer_id)"
    assigned = {}
    for segment_id, conditions, precision, recall, sample_customers in sorted(rows(root, "segment_rules"), key=lambda row: row[2]):
        matches = duckdb.sql(f"SELECT customer_id, segment_id FROM {tables} WHERE {conditions}").fetchall()
        right = sum(own == segment_id for _, own in matches)
        ((size,),) = duckdb.sql(f"SELECT count(*) FROM {tables} WHERE segment_id = {segment_id}").fetchall()
        assert (sample_customers, precision, recall) == (len(matches), right / len(matches), right / size)
        assigned |= dict.fromkeys((customer for customer, _ in matches), segment_id)
    own = dict(duckdb.sql(f"SELECT customer_id, segment_id FROM {tables}").fetchall())
    surrogate = outcome.manifest["analyses"]["rules"]
    assert surrogate["rules_fidelity"] == sum(assigned.get(customer) == segment for customer, segment in own.items()) / len(own)
    assert 0.5 < surrogate["fidelity"] < 1


def test_a_tree_on_the_published_features_is_as_faithful_as_the_manifest_says(published):
    outcome, root = published
    names = [feature["feature"] for feature in outcome.manifest["features"] if not feature["constant"]]
    table = duckdb.sql(
        f"""SELECT * FROM '{root}/current/customer_features/*.parquet' JOIN '{root}/current/customer_segments/*.parquet' USING (customer_id)
        ORDER BY customer_id"""
    ).df()
    features, surrogate = table[names].astype(float), outcome.manifest["analyses"]["rules"]
    tree = DecisionTreeClassifier(max_depth=surrogate["depth"], random_state=0).fit(features.to_numpy(), table["segment_id"])
    assert surrogate["fidelity"] == pytest.approx(tree.score(features.to_numpy(), table["segment_id"]), abs=1e-3)


def test_customers_near_the_border_are_those_of_a_margin_below_a_tenth(published):
    _, root = published
    counted = duckdb.sql(
        f"""SELECT segment_id, count_if(margin < 0.1), count_if(margin < 0.1) / count(*)
        FROM '{root}/current/customer_segments/*.parquet' GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    assert rows(root, "segment_summary", "segment_id, border_customers, border_share") == counted


def test_examples_are_the_customers_of_the_least_distance(published):
    _, root = published
    nearest = duckdb.sql(
        f"""SELECT segment_id, round(monetary_net::DOUBLE, 4) FROM '{root}/current/customer_segments/*.parquet'
        JOIN '{root}/current/customer_features/*.parquet' USING (customer_id)
        QUALIFY row_number() OVER (PARTITION BY segment_id ORDER BY distance) <= 3 ORDER BY segment_id, distance"""
    ).fetchall()
    examples = duckdb.sql(
        f"SELECT segment_id, round(value, 4) FROM '{root}/current/segment_examples/*.parquet' "
        "WHERE feature = 'monetary_net' ORDER BY segment_id, rank"
    ).fetchall()
    assert examples == nearest


def test_effects_are_those_of_the_published_features(published):
    _, root = published
    table = duckdb.sql(
        f"SELECT * FROM '{root}/current/customer_features/*.parquet' JOIN '{root}/current/customer_segments/*.parquet' USING (customer_id)"
    ).df()
    effects = duckdb.sql(f"FROM '{root}/current/segment_profile/*.parquet' ORDER BY segment_id, rank").df()
    for row in effects[effects["feature"].isin(["monetary_net", "return_rate"])].to_dict("records"):
        values = table[row["feature"]].astype(float)
        levels = np.log1p(values.abs()) * np.sign(values) if row["feature"] == "monetary_net" else values
        own, others = levels[table["segment_id"] == row["segment_id"]], levels[table["segment_id"] != row["segment_id"]]
        freedom = len(levels) - 2
        pooled = (((len(own) - 1) * own.var() + (len(others) - 1) * others.var()) / freedom) ** 0.5
        assert row["hedges_g"] == pytest.approx((1 - 3 / (4 * freedom - 1)) * (own.mean() - others.mean()) / pooled, rel=1e-9)
        assert row["hedges_g_ci_low"] < row["hedges_g"] < row["hedges_g_ci_high"]


def test_the_manifest_says_what_the_gap_statistic_would_choose(published):
    outcome, root = published
    gaps = {1: (outcome.manifest["choice"]["gap_of_one"], 0.0)} | {
        k: (gap, error) for k, gap, error in rows(root, "k_selection", "k, gap, gap_error")
    }
    choice = next((k for k in sorted(gaps)[:-1] if gaps[k][0] >= gaps[k + 1][0] - gaps[k + 1][1]), None)
    assert outcome.manifest["choice"]["gap_k"] == choice


def test_the_pointer_and_the_link_speak_of_the_same_run(published):
    outcome, root = published
    pointer = json.loads((root / "current.json").read_text())
    assert pointer["run_id"] == outcome.run.run_id
    assert (root / pointer["path"]).resolve() == (root / "current").resolve()
    assert (root / pointer["orders"]).is_dir()


def test_the_page_is_one_whole_document(published):
    _, root = published
    page = (root / "current" / "report.html").read_text()
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")


_OF_RUNS = {
    **dict.fromkeys(("customer_segments", "segment_summary", "segment_history"), ("run_id",)),
    "segment_trend": ("run_id", "model_run_id"),
}
"""Columns that name runs."""


def test_a_shuffled_and_repartitioned_log_gives_equal_tables_to_the_last_bit(spark, published, settings_for, retailer, tmp_path):
    _, root = published
    log = storage.read_table(spark, str(retailer / "transactions"))
    storage.write_table(log.repartition(5).orderBy(F.xxhash64(F.lit(3), "order_id", "product_id")), str(tmp_path / "shuffled"))
    again = tmp_path / "again"
    segment(spark, settings_for(again, **{"input.path": str(tmp_path / "shuffled"), "baskets.use": True}), NOON)
    for table in (*ALWAYS, *WITH_BASKETS):
        columns = f"* EXCLUDE ({', '.join(_OF_RUNS[table])})" if table in _OF_RUNS else "*"
        assert rows(again, table, columns) == rows(root, table, columns), table


def test_a_second_run_leaves_the_first_readable(spark, settings_for, copied):
    first, root = copied
    before = rows(root, "customer_segments", run=f"runs/{first.run_id}")
    # Three segments are worse than those chosen: a gate of its own would hold them back.
    ungated = dict.fromkeys(
        (f"publish.max_{limit}" for limit in ("silhouette_drop", "stability_drop", "moved_share", "moved_revenue_share")), 1.0
    )
    with pytest.raises(SettingsError, match="there is no schema shop_of_two_runs"):
        segment(spark, settings_for(root, **{"publish.catalog": "shop_of_two_runs"}), NOON)
    spark.sql("CREATE SCHEMA shop_of_two_runs")
    second = segment(spark, settings_for(root, **{"clustering.k": 3, "publish.catalog": "shop_of_two_runs", **ungated}), NOON)
    assert json.loads((root / "current.json").read_text())["run_id"] == second.run.run_id
    assert rows(root, "customer_segments", run=f"runs/{first.run_id}") == before
    assert rows(root, "segment_summary", "count(*)") == [(3,)]
    shown = spark.sql("SELECT run_id, count(*) AS segments FROM shop_of_two_runs.segment_summary GROUP BY run_id").collect()
    assert [tuple(row) for row in shown] == [(second.run.run_id, 3)]
    assert {row.viewName for row in spark.sql("SHOW VIEWS IN shop_of_two_runs").collect()} == second.manifest["tables"].keys()


def test_a_run_that_fails_changes_nothing_published_and_leaves_nothing_behind(spark, settings_for, copied):
    first, root = copied
    with pytest.raises(InputError, match="no customers left"):
        segment(spark, settings_for(root, **{"features.as_of": date(2020, 1, 1)}), NOON)
    assert json.loads((root / "current.json").read_text())["run_id"] == first.run_id
    assert [path.name for path in (root / "runs").iterdir()] == [first.run_id]


def test_a_run_that_does_not_add_up_is_not_published_and_stays_whole(spark, settings_for, tmp_path, monkeypatch):
    monkeypatch.setattr(data_quality, "accounting_faults", lambda rows: ["lines: 2 in, but the parts sum to 1"])
    with pytest.raises(AuditFailedError, match="lines: 2 in, but the parts sum to 1"):
        segment(spark, settings_for(tmp_path), NOON)
    assert not (tmp_path / "current.json").exists()
    (folder,) = (tmp_path / "runs").iterdir()
    run = Run(str(tmp_path), folder.name)
    assert (state_of(run), verify_files(run)) == (RunState.AUDIT_FAILED, [])
    assert load_sealed_manifest(run)["audit"] == {"passed": False, "faults": ["lines: 2 in, but the parts sum to 1"], "compared_with": None}
    assert "lines: 2 in, but the parts sum to 1" in (folder / "report.html").read_text()


def test_a_published_run_holds_every_file_of_its_own_and_nothing_is_claimed_any_more(published):
    outcome, root = published
    files = load_sealed_manifest(outcome.run)["files"]
    theirs = {str(path.relative_to(root)) for folder in ("runs", "orders") for path in (root / folder).rglob("*") if path.is_file()}
    after = {f"runs/{outcome.run.run_id}/{name}" for name in ("manifest.json", "manifest.sha256", "pointer.json")}
    assert files.keys() == theirs - after
    assert verify_files(outcome.run) == []
    assert leases_under(str(root)) == {}
    assert [(act.kind, act.run_id, act.from_run_id) for act in publish_events(str(root))] == [("publish", outcome.run.run_id, None)]


def test_a_run_that_ends_after_a_later_one_was_published_stays_whole_and_readers_stay(spark, settings_for, copied):
    later, root = copied
    earlier = segment(spark, settings_for(root), datetime(2025, 12, 31, tzinfo=UTC))
    assert json.loads((root / "current.json").read_text())["run_id"] == later.run_id
    assert (earlier.event.kind, earlier.event.from_run_id) == (SUPERSEDED, later.run_id)
    assert (state_of(earlier.run), verify_files(earlier.run)) == (RunState.COMPLETE, [])


def test_features_as_of_a_day_use_nothing_from_that_day_on(spark, settings_for, tmp_path, retailer):
    day = date(2025, 3, 1)
    segment(spark, settings_for(tmp_path, **{"features.as_of": day}), NOON)
    (net, last) = one(tmp_path, "SELECT sum(monetary_net), min(recency_days) FROM '{root}/customer_features/*.parquet'")
    (outside,) = one(tmp_path, "SELECT count_any_reason FROM '{root}/accounting/*.parquet' WHERE reason = 'outside_window'")
    (later,) = duckdb.sql(f"SELECT count(*) FROM '{retailer}/transactions/*.parquet' WHERE ordered_at >= '{day}'").fetchall()[0]
    assert (outside, last >= 1) == (later, True)
    assert 0 < net < one(tmp_path, "SELECT sum(amount) FROM '{root}/accounting/*.parquet' WHERE outcome = 'read'")[0]


def test_products_of_a_large_log_are_estimated_and_the_manifest_says_so(spark, published, settings_for, tmp_path):
    estimated = segment(spark, settings_for(tmp_path, **{"features.exact_products_max_lines": 19_999}), NOON)
    counted, root = published
    assert [run.manifest["input"]["distinct_products"] for run in (counted, estimated)] == ["counted", "estimated"]
    one, two = (
        duckdb.sql(f"SELECT customer_id, breadth_products FROM '{base}/current/customer_features/*.parquet' ORDER BY 1").fetchall()
        for base in (root, tmp_path)
    )
    errors = [abs(estimate - count) / count for (_, count), (_, estimate) in zip(one, two, strict=True)]
    assert 0 < sum(errors) / len(errors) < 0.03
