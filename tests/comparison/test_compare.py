"""The whole job on generated data: every table, the page, the recommendation, and the run unchanged."""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable
from pyspark.ml.functions import array_to_vector
from sklearn.metrics import adjusted_rand_score, davies_bouldin_score
from typer.testing import CliRunner

from segmentation.cli.app import app
from segmentation.comparison import algorithms
from segmentation.comparison import compare as compare_module
from segmentation.comparison.algorithms import ALGORITHMS
from segmentation.comparison.compare import CompareOptions, compare
from segmentation.comparison.tables import COMPARISON_AGREEMENT, COMPARISON_ALGORITHMS, COMPARISON_CLUSTERS
from segmentation.errors import InputError
from segmentation.storage import read_model, read_table

THEN, LATER = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
FEWER = {"clustering.n_bootstrap": 2, "compare.sample_size": 300}


def _fingerprints(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def root(published, tmp_path_factory):
    """A copy of a published run."""
    _, root = published
    return shutil.copytree(root, tmp_path_factory.mktemp("compared") / "out", symlinks=True)


@pytest.fixture(scope="module")
def compared(spark, settings_for, root):
    before = _fingerprints(root / "runs")
    return compare(spark, settings_for(root, **FEWER, **{"publish.format": "delta"}), THEN), before


def _rows(root, table):
    return duckdb.sql(f"SELECT * FROM '{root}/comparisons/current/{table}/*.parquet'").df()


def test_there_is_one_row_for_each_algorithm_and_for_each_pair(spark, compared, root):
    rows = _rows(root, "algorithms")
    assert rows["algorithm"].tolist() == list(ALGORITHMS)
    assert rows["preferred"].sum() == 1
    assert set(rows["fitted_on"]) == {"sample", "all customers"}
    assert len(_rows(root, "agreement")) == 15
    for spec in (COMPARISON_ALGORITHMS, COMPARISON_AGREEMENT, COMPARISON_CLUSTERS):
        assert read_table(spark, f"{root}/comparisons/current/{spec.name}").schema == spec.schema


def test_its_tables_are_delta_tables_if_the_format_is_delta(compared, root):
    for name in ("algorithms", "agreement", "clusters"):
        assert DeltaTable(f"{root}/comparisons/current/{name}").to_pyarrow_table().num_rows == len(_rows(root, name))


def test_k_means_clusters_are_the_published_segments_and_every_customer_has_a_row(compared, root):
    clusters = _rows(root, "clusters")
    segments = duckdb.sql(f"SELECT customer_id, segment_id FROM '{root}/current/customer_segments/*.parquet'").df()
    both = segments.merge(clusters, on="customer_id")
    assert len(both) == len(segments) == len(clusters)
    assert (both["segment_id"] == both["kmeans"]).all()
    assert clusters[["kmeans", "bisecting_kmeans", "gaussian_mixture", "ward", "self_organising_map"]].notna().all(axis=None)
    sample = json.loads((root / "comparisons" / "current" / "comparison.json").read_text())["sample_size"]
    assert 200 < clusters["hdbscan"].notna().sum() == sample < len(clusters)


def test_every_row_is_measured_on_the_same_sample_of_vectors_of_the_saved_model(spark, compared, root):
    clusters = _rows(root, "clusters").dropna(subset=["hdbscan"]).sort_values("customer_id")
    features = read_table(spark, f"{root}/current/customer_features")
    vectors = read_model(f"{root}/current/model").transform(features).select("customer_id", "vector").toPandas()
    points = [list(vector) for vector in clusters.merge(vectors, on="customer_id", how="left")["vector"]]
    rows = _rows(root, "algorithms").set_index("algorithm")
    for name in ("kmeans", "bisecting_kmeans", "gaussian_mixture", "ward", "self_organising_map"):
        assert rows.loc[name, "davies_bouldin"] == pytest.approx(davies_bouldin_score(points, clusters[name]), abs=1e-9)
    for row in _rows(root, "agreement").itertuples():
        assert row.adjusted_rand == pytest.approx(adjusted_rand_score(clusters[row.algorithm], clusters[row.other_algorithm]), abs=1e-12)


def test_the_run_is_not_changed(compared, root):
    _, before = compared
    assert _fingerprints(root / "runs") == before


def test_the_page_has_the_recommendation_and_every_algorithm(compared, root):
    result, _ = compared
    page = (root / "comparisons" / "current" / "comparison.html").read_text()
    assert f"<h1>K{result.recommendation.grade[1:]}.</h1>" in page
    assert page.count('role="img"') == 6


def test_a_second_comparison_is_equal_to_the_last_byte(spark, settings_for, root, compared):
    first, _ = compared
    again = compare(spark, settings_for(root, **FEWER), LATER)
    for name in ("comparison.html", "comparison.json"):
        assert Path(again.comparison.path(name)).read_bytes() == Path(first.comparison.path(name)).read_bytes()
    for table in ("algorithms", "agreement", "clusters"):
        one, other = (sorted(read_table(spark, result.comparison.path(table)).collect(), key=str) for result in (first, again))
        assert one == other


def test_without_minisom_the_map_is_reported_as_not_run(spark, settings_for, root, compared, monkeypatch):
    monkeypatch.setattr(algorithms, "has_minisom", lambda: False)
    result = compare(spark, settings_for(root, **FEWER), LATER.replace(day=4), CompareOptions(k=2))
    row = next(row for row in result.report.algorithms if row["algorithm"] == "self_organising_map")
    assert row["note"] == "MiniSom is not installed; pip install 'segmentation[compare]' brings it"
    assert (row["clusters"], row["silhouette"], row["preferred"]) == (None, None, False)
    page = Path(result.comparison.path("comparison.html")).read_text()
    assert "Not run.</strong> Self-organising map: MiniSom is not installed" in page
    assert [row["clusters"] for row in result.report.algorithms[1:4]] == [2, 2, 2]


def test_a_comparison_that_fails_leaves_nothing(spark, settings_for, root, compared, monkeypatch):
    def fail(*_):
        raise InputError("stopped")

    before = sorted(path.name for path in (root / "comparisons").rglob("*"))
    monkeypatch.setattr(compare_module, "with_mllib_clusters", fail)
    with pytest.raises(InputError, match="stopped"):
        compare(spark, settings_for(root, **FEWER), LATER.replace(day=5))
    assert sorted(path.name for path in (root / "comparisons").rglob("*")) == before


def test_more_clusters_than_distinct_customers_are_an_error(spark):
    frame = spark.sql("SELECT CAST(id AS STRING) AS customer_id, array(CAST(id % 3 AS DOUBLE)) AS v FROM range(9)")
    vectors = frame.selectExpr("customer_id", "v").transform(_as_vectors)
    with pytest.raises(InputError, match="3 different customers cannot be compared in 4 clusters: give fewer with --segments"):
        compare_module._require_distinct(vectors, 4)
    compare_module._require_distinct(vectors, 2)


def _as_vectors(frame):
    return frame.select("customer_id", array_to_vector("v").alias("vector"))


def test_without_a_published_run_the_command_exits_with_3_before_java_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("segmentation.cli.compare.start_spark", lambda _: pytest.fail("not to be started"))
    result = CliRunner().invoke(app, ["compare", "--config", "conf/demo.yaml", "--output", str(tmp_path)])
    assert result.exit_code == 3
    assert "no run is published there. Run `segmentation segment` first" in result.output
