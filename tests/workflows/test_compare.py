"""The whole comparison on generated data: every table, the page, the verdict, and the run as it was."""

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

from segmentation import schemas
from segmentation.cli import app
from segmentation.clustering import algorithms
from segmentation.clustering.algorithms import ALGORITHMS
from segmentation.errors import InputError
from segmentation.storage import read_model, read_table
from segmentation.workflows import compare as comparing
from segmentation.workflows.compare import Asked, compare

THEN, LATER = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
FEWER = {"clustering.draws": 2, "compare.sample_customers": 300}


def _fingerprints(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def root(published, tmp_path_factory):
    """A copy of a published run, to compare beside."""
    _, root = published
    return shutil.copytree(root, tmp_path_factory.mktemp("compared") / "out", symlinks=True)


@pytest.fixture(scope="module")
def compared(spark, settings_for, root):
    before = _fingerprints(root / "runs")
    outcome = compare(spark, settings_for(root, **FEWER, **{"publish.format": "delta"}), THEN)
    return outcome, before


def _rows(root, table):
    return duckdb.sql(f"SELECT * FROM '{root}/comparisons/current/{table}/*.parquet'").df()


def test_there_is_a_row_an_algorithm_and_a_row_a_pair(spark, compared, root):
    found = _rows(root, "algorithms")
    assert found["algorithm"].tolist() == list(ALGORITHMS)
    assert found["preferred"].sum() == 1
    assert set(found["fitted_on"]) == {"sample", "all customers"}
    assert len(_rows(root, "agreement")) == 15
    for name, schema in {"algorithms": schemas.COMPARISON_ALGORITHMS, "agreement": schemas.COMPARISON_AGREEMENT}.items():
        assert read_table(spark, f"{root}/comparisons/current/{name}").schema == schema


def test_its_tables_are_delta_tables_where_that_is_asked_for(compared, root):
    for name in ("algorithms", "agreement", "clusters"):
        assert DeltaTable(f"{root}/comparisons/current/{name}").to_pyarrow_table().num_rows == len(_rows(root, name))


def test_k_means_clusters_are_the_published_segments_and_every_customer_has_a_row(compared, root):
    clusters = _rows(root, "clusters")
    segments = duckdb.sql(f"SELECT customer_id, segment_id FROM '{root}/current/customer_segments/*.parquet'").df()
    both = segments.merge(clusters, on="customer_id")
    assert len(both) == len(segments) == len(clusters)
    assert (both["segment_id"] == both["kmeans"]).all()
    assert clusters[["kmeans", "bisecting_kmeans", "gaussian_mixture", "ward", "self_organising_map"]].notna().all(axis=None)
    sample = json.loads((root / "comparisons" / "current" / "comparison.json").read_text())["sample_customers"]
    assert 200 < clusters["hdbscan"].notna().sum() == sample < len(clusters)


def test_every_row_is_measured_on_the_same_sample_of_the_vectors_of_the_saved_model(spark, compared, root):
    clusters = _rows(root, "clusters").dropna(subset=["hdbscan"]).sort_values("customer_id")
    features = read_table(spark, f"{root}/current/customer_features")
    vectors = read_model(f"{root}/current/model").transform(features).select("customer_id", "vector").toPandas()
    points = [list(vector) for vector in clusters.merge(vectors, on="customer_id", how="left")["vector"]]
    found = _rows(root, "algorithms").set_index("algorithm")
    for name in ("kmeans", "bisecting_kmeans", "gaussian_mixture", "ward", "self_organising_map"):
        assert found.loc[name, "davies_bouldin"] == pytest.approx(davies_bouldin_score(points, clusters[name]), abs=1e-9)
    for row in _rows(root, "agreement").itertuples():
        assert row.adjusted_rand == pytest.approx(adjusted_rand_score(clusters[row.algorithm], clusters[row.other_algorithm]), abs=1e-12)


def test_the_run_is_not_touched(compared, root):
    _, before = compared
    assert _fingerprints(root / "runs") == before


def test_the_page_tells_the_verdict_and_shows_every_algorithm(compared, root):
    outcome, _ = compared
    page = (root / "comparisons" / "current" / "comparison.html").read_text()
    assert f"<h1>K{outcome.ruling.grade[1:]}.</h1>" in page
    assert page.count('role="img"') == 6


def test_the_same_again_is_the_same_to_the_last_byte(spark, settings_for, root, compared):
    first, _ = compared
    again = compare(spark, settings_for(root, **FEWER), LATER)
    for name in ("comparison.html", "comparison.json"):
        assert Path(again.comparison.path(name)).read_bytes() == Path(first.comparison.path(name)).read_bytes()
    for table in ("algorithms", "agreement", "clusters"):
        one, other = (sorted(read_table(spark, of.comparison.path(table)).collect(), key=str) for of in (first, again))
        assert one == other


def test_without_minisom_the_map_is_said_to_be_missing(spark, settings_for, root, compared, monkeypatch):
    monkeypatch.setattr(algorithms, "has_maps", lambda: False)
    outcome = compare(spark, settings_for(root, **FEWER), LATER.replace(day=4), Asked(segments=2))
    row = next(row for row in outcome.compared.algorithms if row["algorithm"] == "self_organising_map")
    assert row["note"] == "MiniSom is not installed; pip install 'segmentation[compare]' brings it"
    assert (row["clusters"], row["silhouette"], row["preferred"]) == (None, None, False)
    page = Path(outcome.comparison.path("comparison.html")).read_text()
    assert "Not run.</strong> Self-organising map: MiniSom is not installed" in page
    assert [row["clusters"] for row in outcome.compared.algorithms[1:4]] == [2, 2, 2]


def test_a_comparison_that_fails_leaves_nothing(spark, settings_for, root, compared, monkeypatch):
    def fail(*_):
        raise InputError("stopped")

    before = sorted(path.name for path in (root / "comparisons").rglob("*"))
    monkeypatch.setattr(comparing, "with_mllib_clusters", fail)
    with pytest.raises(InputError, match="stopped"):
        compare(spark, settings_for(root, **FEWER), LATER.replace(day=5))
    assert sorted(path.name for path in (root / "comparisons").rglob("*")) == before


def test_more_clusters_than_different_customers_say_so(spark):
    frame = spark.sql("SELECT CAST(id AS STRING) AS customer_id, array(CAST(id % 3 AS DOUBLE)) AS v FROM range(9)")
    vectors = frame.selectExpr("customer_id", "v").transform(_as_vectors)
    with pytest.raises(InputError, match="3 different customers cannot be compared in 4 clusters: give fewer with --segments"):
        comparing._check(vectors, 4)
    comparing._check(vectors, 2)


def _as_vectors(frame):
    return frame.select("customer_id", array_to_vector("v").alias("vector"))


def test_where_nothing_is_published_the_command_ends_with_3_before_java_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("segmentation.cli.comparing.session_and_libraries", lambda _: pytest.fail("not to be started"))
    done = CliRunner().invoke(app, ["compare", "--config", "conf/demo.yaml", "--output", str(tmp_path)])
    assert done.exit_code == 3
    assert "no run is published there. Run `segmentation segment` first" in done.output
