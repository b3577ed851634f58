"""Log a run to MLflow: settings, metrics, model, charts and page, but no customer data."""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

import pandas as pd

from segmentation import storage
from segmentation.errors import InputError, MissingDependencyError
from segmentation.publish.run import MANIFEST, Run
from segmentation.publish.seal import copy_verified, load_sealed_manifest

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUN_TAG = "segmentation.run_id"
"""MLflow's tag with our run id."""
LOGGED = ("model", "report.html", "segment_summary", "segment_profile", "k_selection")
_MAX_VALUE_LENGTH = 6_000
_SVG = re.compile(r"<svg .*?</svg>", re.DOTALL)
_NAMESPACE = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '


def log_to_mlflow(run: Run, tracking_uri: str | None, experiment: str) -> str:
    """Log a complete run to MLflow, unless it was logged already.

    Parameters
    ----------
    run
        The run.
    tracking_uri
        MLflow's; None for that of MLFLOW_TRACKING_URI.
    experiment
        Name of the experiment; it is created where there is none.

    Returns
    -------
    str
        MLflow's id of the run.

    Raises
    ------
    MissingDependencyError
        MLflow is not installed.
    InputError
        MLflow refuses.
    IntegrityError
        Files of the run are not as sealed.
    """
    # Without this, MLflow sends usage statistics to its developers.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        from mlflow import MlflowClient, MlflowException  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingDependencyError("MLflow is not installed; install it with pip install 'segmentation[mlflow]'") from None
    try:
        return _log(MlflowClient(tracking_uri), run, experiment)
    except MlflowException as error:
        raise InputError(f"MLflow at {tracking_uri or 'MLFLOW_TRACKING_URI'}: {error}") from None


def _log(client: "MlflowClient", run: Run, experiment: str) -> str:
    existing = client.get_experiment_by_name(experiment)
    experiment_id = existing.experiment_id if existing else client.create_experiment(experiment)
    for logged in client.search_runs([experiment_id], f"tags.`{RUN_TAG}` = '{run.run_id}' and attributes.status = 'FINISHED'"):
        return str(logged.info.run_id)
    manifest = load_sealed_manifest(run)
    with tempfile.TemporaryDirectory() as folder:
        _copy_artifacts(run, folder)
        mlflow_id = str(client.create_run(experiment_id, run_name=run.run_id, tags=mlflow_tags(manifest)).info.run_id)
        for name, text in flat_parameters(manifest["settings"]):
            client.log_param(mlflow_id, name, text)
        for name, value, step in (*run_metrics(manifest), *metrics_by_k(pd.read_parquet(storage.join(folder, "k_selection")))):
            client.log_metric(mlflow_id, name, value, step=step)
        client.log_artifacts(mlflow_id, folder)
    client.set_terminated(mlflow_id)
    return mlflow_id


def mlflow_tags(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Tags of a run: its ids, date, title and software versions."""
    versions = {f"software.{name}": str(version) for name, version in manifest["software"].items()}
    model = (manifest.get("model") or {}).get("run_id", manifest["run_id"])
    return {RUN_TAG: manifest["run_id"], "as_of": manifest["as_of"], "model_run_id": model, "title": manifest["title"], **versions}


def flat_parameters(settings: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """All settings by their dotted names; values longer than MLflow's limit are cut."""
    for key, value in settings.items():
        name = re.sub(r"[^\w .:/-]", "_", f"{path}{key}")
        if isinstance(value, Mapping) and value:
            yield from flat_parameters(value, f"{name}.")
        else:
            yield name, str(value)[:_MAX_VALUE_LENGTH]


def run_metrics(manifest: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Name, value and step 0 of the metrics of a whole run."""
    yield from _metrics("", {"k": manifest["choice"]["k"], "seconds": manifest["seconds"]}.items(), 0)
    yield from _metrics("structure.", manifest["choice"]["structure"].items(), 0)
    yield from _metrics("totals.", manifest["totals"].items(), 0)
    yield from _metrics("stage_seconds.", ((stage["stage"], stage["seconds"]) for stage in manifest["stages"]), 0)


def metrics_by_k(selection: pd.DataFrame) -> Iterator[tuple[str, float, int]]:
    """Name, value and, as the step, k of the metrics of each number of segments."""
    for row in selection.to_dict("records"):
        yield from _metrics("k_selection.", ((str(name), value) for name, value in row.items() if name != "k"), row["k"])


def chart_files(page: str) -> dict[str, str]:
    """The charts of a page as SVG files, content by name."""
    return {f"{number:02d}.svg": _NAMESPACE + chart[5:] for number, chart in enumerate(_SVG.findall(page), 1)}


def _metrics(path: str, values: Iterable[tuple[str, Any]], step: int) -> Iterator[tuple[str, float, int]]:
    for name, value in values:
        if (number := _number(value)) is not None:
            yield f"{path}{name}", number, step


def _number(value: Any) -> float | None:
    """The value as a finite number, or None; amounts are text."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def _copy_artifacts(run: Run, folder: str) -> None:
    """Copy all artifacts of a run to a local folder."""
    copy_verified(run, LOGGED, folder)
    for name, chart in chart_files(storage.read_text(storage.join(folder, "report.html"))).items():
        storage.make_folder(storage.join(folder, "charts"))
        storage.write_text(storage.join(folder, "charts", name), chart)
    storage.download_file(run.path(MANIFEST), storage.join(folder, MANIFEST))
