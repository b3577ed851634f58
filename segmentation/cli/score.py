"""`segmentation score`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from segmentation.cli.app import AsOf, Config, Input, Output, Overrides, app, console, plain_errors, start_spark
from segmentation.cli.run_summary import input_bytes, show_run
from segmentation.errors import SettingsError
from segmentation.progress import RunLog
from segmentation.settings import load_settings


@app.command()
def score(
    config: Config,
    input: Input = None,
    output: Output = None,
    as_of: AsOf = None,
    run: Annotated[str | None, typer.Option(help="Use the model of this run instead of the published one.", metavar="ID")] = None,
    model_as_of: Annotated[bool, typer.Option("--model-as-of", help="Use the model that was in use on the day to describe.")] = False,
    no_publish: Annotated[bool, typer.Option("--no-publish", help="Write the run, and do not publish it.")] = False,
    set: Overrides = None,
) -> None:
    """Assign customers, as they are now, to the segments of the published run, and publish the tables. No model is fitted."""
    with plain_errors():
        if run is not None and model_as_of:
            raise SettingsError("--run and --model-as-of both name a model: give only one of them")
        settings = load_settings(config, set or (), {"input.path": input, "output.path": output, "features.as_of": as_of})
        spark = start_spark(input_bytes(settings))
        from segmentation.pipeline.run import score as run_score  # noqa: PLC0415
        from segmentation.pipeline.score import ScoreOptions  # noqa: PLC0415

        options = ScoreOptions(run, model_as_of=model_as_of, is_published=not no_publish)
        show_run(run_score(spark, settings, datetime.now(UTC), RunLog(console), options), settings)
