"""A run logged to MLflow's file store, read back by MLflow."""

import shutil
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import mlflow
import pytest
from mlflow import MlflowClient
from pyspark.ml import PipelineModel

from segmentation.errors import InputError, IntegrityError
from segmentation.publish.run import Run
from segmentation.tracking import RUN_TAG, chart_files, flat_parameters, log_to_mlflow


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        yield tmp_path_factory.mktemp("mlruns").as_uri()


@pytest.fixture(scope="module")
def logged(published, store):
    outcome, _ = published
    client = MlflowClient(store)
    return outcome, client, client.get_run(log_to_mlflow(outcome.run, store, "shop"))


def test_parameters_metrics_and_tags_are_those_of_the_run(logged):
    outcome, _, entry = logged
    manifest, data = outcome.manifest, entry.data
    assert data.params["clustering.seed"] == str(manifest["settings"]["clustering"]["seed"])
    assert data.params["features.value.recency_days.transform"] == "log1p"
    assert data.params == dict(flat_parameters(manifest["settings"]))
    assert data.metrics["structure.silhouette"] == manifest["choice"]["structure"]["silhouette"]
    assert data.metrics["totals.revenue_net"] == float(manifest["totals"]["revenue_net"])
    assert (data.tags[RUN_TAG], data.tags["as_of"]) == (manifest["run_id"], manifest["as_of"])
    assert entry.info.status == "FINISHED"


def test_metrics_of_each_number_of_segments_are_a_curve(logged):
    outcome, client, entry = logged
    curve = {point.step: point.value for point in client.get_metric_history(entry.info.run_id, "k_selection.silhouette")}
    table = f"'{outcome.run.path('k_selection')}/*.parquet'"
    assert curve == dict(duckdb.sql(f"SELECT k, silhouette FROM {table} WHERE silhouette IS NOT NULL").fetchall())


def test_the_logged_model_assigns_the_segments_of_the_run(spark, logged, store):
    outcome, _, entry = logged
    folder = mlflow.artifacts.download_artifacts(run_id=entry.info.run_id, artifact_path="model", tracking_uri=store)
    features = spark.read.parquet(outcome.run.path("customer_features"))
    clusters = {row.customer_id: row.cluster for row in PipelineModel.load(folder).transform(features).collect()}
    table = f"'{outcome.run.path('customer_segments')}/*.parquet'"
    segments = dict(duckdb.sql(f"SELECT customer_id, segment_id FROM {table}").fetchall())
    pairs = {(clusters[customer], segment) for customer, segment in segments.items()}
    assert clusters.keys() == segments.keys()
    assert len(pairs) == len(set(segments.values()))


def test_page_and_charts_are_logged_and_no_customer_data(logged, store):
    outcome, client, entry = logged
    names = {file.path for file in client.list_artifacts(entry.info.run_id)}
    assert names == {"manifest.json", "model", "charts", "report.html", "segment_summary", "segment_profile", "k_selection"}
    charts = client.list_artifacts(entry.info.run_id, "charts")
    assert len(charts) == len(chart_files(Path(outcome.run.path("report.html")).read_text())) > 5
    for chart in charts:
        file = mlflow.artifacts.download_artifacts(run_id=entry.info.run_id, artifact_path=chart.path, tracking_uri=store)
        assert ElementTree.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_a_run_is_logged_once(logged, store):
    outcome, client, entry = logged
    assert log_to_mlflow(outcome.run, store, "shop") == entry.info.run_id
    assert len(client.search_runs([entry.info.experiment_id])) == 1


def test_a_run_whose_files_were_changed_is_not_logged(published, store, tmp_path):
    outcome, root = published
    shutil.copytree(root, tmp_path / "out", symlinks=True)
    changed = Run(str(tmp_path / "out"), outcome.run.run_id)
    page = tmp_path / "out" / "runs" / changed.run_id / "report.html"
    page.write_text(page.read_text().replace("customers", "costumers"))
    with pytest.raises(IntegrityError, match=r"report\.html was changed"):
        log_to_mlflow(changed, store, "changed")
    assert MlflowClient(store).search_runs([MlflowClient(store).get_experiment_by_name("changed").experiment_id]) == []


def test_an_error_of_mlflow_is_shown(published, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    with pytest.raises(InputError, match=r"MLflow at .*MLFLOW_ALLOW_FILE_STORE"):
        log_to_mlflow(published[0].run, tmp_path.as_uri(), "shop")


def test_long_settings_are_cut_and_names_have_only_valid_characters():
    assert dict(flat_parameters({"a": {"b": "x" * 7000, "é{": 1}, "empty": {}})) == {"a.b": "x" * 6000, "a.é_": "1", "empty": "{}"}
