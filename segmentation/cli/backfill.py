"""`segmentation backfill`."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from segmentation.cli.app import Config, Input, Output, Overrides, app, console, plain_errors, start_spark
from segmentation.cli.run_summary import input_bytes, movement_of
from segmentation.cli.terminal import say
from segmentation.progress import RunLog
from segmentation.settings import load_settings

_DAY = "%Y-%m-%d"


@app.command()
def backfill(
    config: Config,
    to: Annotated[datetime, typer.Option(help="The last day to describe.", formats=[_DAY], metavar="YYYY-MM-DD")],
    first: Annotated[
        datetime | None,
        typer.Option("--from", help="The first day, instead of the one after the published run's.", formats=[_DAY], metavar="YYYY-MM-DD"),
    ] = None,
    input: Input = None,
    output: Output = None,
    set: Overrides = None,
) -> None:
    """Score, one after the other, all days up to a day that no published run describes yet. Repeated, it does nothing."""
    with plain_errors():
        settings = load_settings(config, set or (), {"input.path": input, "output.path": output})
        from segmentation.backfill import backfill as run_backfill  # noqa: PLC0415
        from segmentation.backfill import missing_days  # noqa: PLC0415

        # Checked before Java starts, which takes seconds.
        days = missing_days(settings.output.path, to.date(), first and first.date())
        if not days:
            say(f"nothing to do: {to.date()} and all days before it are described")
            return
        spark = start_spark(input_bytes(settings))
        results = run_backfill(spark, settings, days, partial(datetime.now, UTC), partial(RunLog, console))
        for day, result in zip(days, results, strict=True):
            say(", ".join(filter(None, (f"{day}: run {result.run.run_id}", movement_of(result.manifest)))))
