"""`segmentation track`."""

from typing import Annotated

import typer

from segmentation.cli.app import OptionalConfig, Root, RunId, app, output_root, plain_errors
from segmentation.cli.terminal import say
from segmentation.publish.run_state import resolve_run


@app.command()
def track(
    config: OptionalConfig = None,
    output: Root = None,
    run: RunId = None,
    to: Annotated[str | None, typer.Option(help="MLflow's tracking server, instead of MLFLOW_TRACKING_URI.", metavar="URI")] = None,
    experiment: Annotated[str, typer.Option(help="The MLflow experiment.", metavar="NAME")] = "segmentation",
) -> None:
    """Log a run to MLflow: settings, measures, charts, page, model and small tables. Repeated, it does nothing."""
    with plain_errors():
        from segmentation.tracking import log_to_mlflow  # noqa: PLC0415

        resolved = resolve_run(output_root(config, output), run)
        say(f"run {resolved.run_id} is in MLflow as {log_to_mlflow(resolved, to, experiment)}, experiment {experiment}")
