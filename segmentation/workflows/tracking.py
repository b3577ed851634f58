"""A run in MLflow: what it was set to, how good it is, its model, its pictures and its page. No customer is told there."""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

import pandas as pd

from segmentation import storage
from segmentation.errors import EnvironmentFault, InputError
from segmentation.publish.integrity import sealed_copy, sealed_manifest
from segmentation.publish.run import MANIFEST, Run

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUN_TAG = "segmentation.run_id"
"""By which a run is found in MLflow."""
LOGGED = ("model", "report.html", "segment_summary", "segment_profile", "k_selection")
_LONGEST_VALUE = 6_000
_SVG = re.compile(r"<svg .*?</svg>", re.DOTALL)
_NAMESPACE = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '


def track(run: Run, tracking_uri: str | None, experiment: str) -> str:
    """Log a run to MLflow, unless it is there already.

    Parameters
    ----------
    run
        Complete.
    tracking_uri
        Of MLflow; None for what MLFLOW_TRACKING_URI says.
    experiment
        Its name; made where there is none.

    Returns
    -------
    str
        MLflow's id of the run.

    Raises
    ------
    EnvironmentFault
        MLflow is not installed.
    InputError
        MLflow refuses.
    IntegrityError
        Files of the run are not as they were sealed.
    """
    # MLflow would tell its makers of its use.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        from mlflow import MlflowClient, MlflowException  # noqa: PLC0415 - an extra
    except ImportError:
        raise EnvironmentFault("MLflow is not installed; pip install 'segmentation[mlflow]' brings it") from None
    try:
        return _tracked(MlflowClient(tracking_uri), run, experiment)
    except MlflowException as error:
        raise InputError(f"MLflow at {tracking_uri or 'MLFLOW_TRACKING_URI'}: {error}") from None


def _tracked(client: "MlflowClient", run: Run, experiment: str) -> str:
    found = client.get_experiment_by_name(experiment)
    place = found.experiment_id if found else client.create_experiment(experiment)
    for known in client.search_runs([place], f"tags.`{RUN_TAG}` = '{run.run_id}' and attributes.status = 'FINISHED'"):
        return str(known.info.run_id)
    manifest = sealed_manifest(run)
    with tempfile.TemporaryDirectory() as folder:
        _gather(run, folder)
        entry = str(client.create_run(place, run_name=run.run_id, tags=tags_of(manifest)).info.run_id)
        for name, text in parameters_of(manifest["settings"]):
            client.log_param(entry, name, text)
        for name, value, step in (*measures_of(manifest), *measures_by_k(pd.read_parquet(storage.join(folder, "k_selection")))):
            client.log_metric(entry, name, value, step=step)
        client.log_artifacts(entry, folder)
    client.set_terminated(entry)
    return entry


def tags_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What a run is looked up by."""
    versions = {f"software.{name}": str(version) for name, version in manifest["software"].items()}
    model = (manifest.get("model") or {}).get("run_id", manifest["run_id"])
    return {RUN_TAG: manifest["run_id"], "as_of": manifest["as_of"], "model_run_id": model, "title": manifest["title"], **versions}


def parameters_of(settings: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every setting by its dotted name; values longer than MLflow takes are cut."""
    for key, value in settings.items():
        name = re.sub(r"[^\w .:/-]", "_", f"{path}{key}")
        if isinstance(value, Mapping) and value:
            yield from parameters_of(value, f"{name}.")
        else:
            yield name, str(value)[:_LONGEST_VALUE]


def measures_of(manifest: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Name, value and step 0 of the figures of a whole run."""
    yield from _measures("", {"k": manifest["choice"]["k"], "seconds": manifest["seconds"]}.items(), 0)
    yield from _measures("structure.", manifest["choice"]["structure"].items(), 0)
    yield from _measures("totals.", manifest["totals"].items(), 0)
    yield from _measures("stage_seconds.", ((stage["stage"], stage["seconds"]) for stage in manifest["stages"]), 0)


def measures_by_k(selection: pd.DataFrame) -> Iterator[tuple[str, float, int]]:
    """Name, value and, as the step, k: what was measured for each number of segments."""
    for row in selection.to_dict("records"):
        yield from _measures("k_selection.", ((str(name), value) for name, value in row.items() if name != "k"), row["k"])


def pictures_of(page: str) -> dict[str, str]:
    """The charts of a page, each an SVG file of its own."""
    return {f"{number:02d}.svg": _NAMESPACE + chart[5:] for number, chart in enumerate(_SVG.findall(page), 1)}


def _measures(path: str, figures: Iterable[tuple[str, Any]], step: int) -> Iterator[tuple[str, float, int]]:
    for name, value in figures:
        if (number := _number(value)) is not None:
            yield f"{path}{name}", number, step


def _number(value: Any) -> float | None:
    """None for what is no finite number; amounts come as text."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def _gather(run: Run, folder: str) -> None:
    """Lay all that is logged below a folder of this machine."""
    sealed_copy(run, LOGGED, folder)
    for name, picture in pictures_of(storage.read_text(storage.join(folder, "report.html"))).items():
        storage.make_folder(storage.join(folder, "pictures"))
        storage.write_text(storage.join(folder, "pictures", name), picture)
    storage.fetch_file(run.path(MANIFEST), storage.join(folder, MANIFEST))
