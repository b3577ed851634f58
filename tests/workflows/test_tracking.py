"""A run in MLflow's own file store, read back by MLflow."""

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
from segmentation.workflows.tracking import RUN_TAG, parameters_of, pictures_of, track


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        yield tmp_path_factory.mktemp("mlruns").as_uri()


@pytest.fixture(scope="module")
def logged(published, store):
    outcome, _ = published
    client = MlflowClient(store)
    return outcome, client, client.get_run(track(outcome.run, store, "shop"))


def test_settings_measures_and_tags_are_those_of_the_run(logged):
    outcome, _, entry = logged
    manifest, data = outcome.manifest, entry.data
    assert data.params["clustering.seed"] == str(manifest["settings"]["clustering"]["seed"])
    assert data.params["features.value.recency_days.transform"] == "log1p"
    assert data.params == dict(parameters_of(manifest["settings"]))
    assert data.metrics["structure.silhouette"] == manifest["choice"]["structure"]["silhouette"]
    assert data.metrics["totals.revenue_net"] == float(manifest["totals"]["revenue_net"])
    assert (data.tags[RUN_TAG], data.tags["as_of"]) == (manifest["run_id"], manifest["as_of"])
    assert entry.info.status == "FINISHED"


def test_what_was_measured_for_each_number_of_segments_is_a_curve(logged):
    outcome, client, entry = logged
    curve = {point.step: point.value for point in client.get_metric_history(entry.info.run_id, "k_selection.silhouette")}
    table = f"'{outcome.run.path('k_selection')}/*.parquet'"
    assert curve == dict(duckdb.sql(f"SELECT k, silhouette FROM {table} WHERE silhouette IS NOT NULL").fetchall())


def test_the_model_that_comes_back_puts_everybody_where_the_run_did(spark, logged, store):
    outcome, _, entry = logged
    folder = mlflow.artifacts.download_artifacts(run_id=entry.info.run_id, artifact_path="model", tracking_uri=store)
    features = spark.read.parquet(outcome.run.path("customer_features"))
    found = {row.customer_id: row.cluster for row in PipelineModel.load(folder).transform(features).collect()}
    table = f"'{outcome.run.path('customer_segments')}/*.parquet'"
    told = dict(duckdb.sql(f"SELECT customer_id, segment_id FROM {table}").fetchall())
    pairs = {(found[customer], segment) for customer, segment in told.items()}
    assert found.keys() == told.keys()
    assert len(pairs) == len(set(told.values()))


def test_page_and_pictures_are_there_and_no_customer_is(logged, store):
    outcome, client, entry = logged
    names = {file.path for file in client.list_artifacts(entry.info.run_id)}
    assert names == {"manifest.json", "model", "pictures", "report.html", "segment_summary", "segment_profile", "k_selection"}
    pictures = client.list_artifacts(entry.info.run_id, "pictures")
    assert len(pictures) == len(pictures_of(Path(outcome.run.path("report.html")).read_text())) > 5
    for picture in pictures:
        file = mlflow.artifacts.download_artifacts(run_id=entry.info.run_id, artifact_path=picture.path, tracking_uri=store)
        assert ElementTree.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_a_run_is_logged_once(logged, store):
    outcome, client, entry = logged
    assert track(outcome.run, store, "shop") == entry.info.run_id
    assert len(client.search_runs([entry.info.experiment_id])) == 1


def test_a_run_whose_files_were_changed_is_not_logged(published, store, tmp_path):
    outcome, root = published
    shutil.copytree(root, tmp_path / "out", symlinks=True)
    changed = Run(str(tmp_path / "out"), outcome.run.run_id)
    page = tmp_path / "out" / "runs" / changed.run_id / "report.html"
    page.write_text(page.read_text().replace("customers", "costumers"))
    with pytest.raises(IntegrityError, match=r"report\.html was changed"):
        track(changed, store, "changed")
    assert MlflowClient(store).search_runs([MlflowClient(store).get_experiment_by_name("changed").experiment_id]) == []


def test_where_mlflow_refuses_it_says_why(published, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    with pytest.raises(InputError, match=r"MLflow at .*MLFLOW_ALLOW_FILE_STORE"):
        track(published[0].run, tmp_path.as_uri(), "shop")


def test_a_setting_longer_than_mlflow_takes_is_cut_and_odd_names_are_made_plain():
    assert dict(parameters_of({"a": {"b": "x" * 7000, "é{": 1}, "empty": {}})) == {"a.b": "x" * 6000, "a.é_": "1", "empty": "{}"}
