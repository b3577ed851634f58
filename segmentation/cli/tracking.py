"""A run beside all other experiments of a team."""

from typing import Annotated

import typer

from segmentation.cli.shared import Output, SettingsFile, app, plain_errors, root_of
from segmentation.cli.terminal import say
from segmentation.publish.states import found_run


@app.command()
def track(
    config: SettingsFile = None,
    output: Output = None,
    run: Annotated[str | None, typer.Option(help="Another run than the published one.", metavar="ID")] = None,
    to: Annotated[str | None, typer.Option(help="Where MLflow keeps its runs, instead of MLFLOW_TRACKING_URI.", metavar="URI")] = None,
    experiment: Annotated[str, typer.Option(help="Under which experiment.", metavar="NAME")] = "segmentation",
) -> None:
    """Log a run to MLflow: settings, measures, pictures, page, model and small tables; asked again, do nothing."""
    with plain_errors():
        from segmentation.workflows.tracking import track as run_track  # noqa: PLC0415

        found = found_run(root_of(config, output), run)
        say(f"run {found.run_id} is in MLflow as {run_track(found, to, experiment)}, experiment {experiment}")
