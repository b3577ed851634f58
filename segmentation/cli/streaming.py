"""The log as a stream."""

import signal
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import typer

from segmentation import storage
from segmentation.cli.shared import Config, Overrides, app, console, plain_errors
from segmentation.cli.terminal import say
from segmentation.connectors import live_settings
from segmentation.progress import RunLog
from segmentation.session import start_session
from segmentation.settings import load_settings


@app.command()
def stream(
    config: Config,
    output: Annotated[str | None, typer.Option(help="Write here instead of output.path.", metavar="PATH")] = None,
    once: Annotated[bool, typer.Option("--once", help="Take all that is there now, and stop.")] = False,
    set: Overrides = None,
) -> None:
    """Follow the log as a stream, and keep live orders and segments up to date by the published run's model."""
    from segmentation.workflows.stream import stream as run_stream  # noqa: PLC0415

    with plain_errors():
        settings = load_settings(config, set or (), {"output.path": output})
        # A scheduler's way of asking to stop.
        signal.signal(signal.SIGTERM, _interrupted)
        spark = start_session(0, more=partial(live_settings, settings.stream.kafka is not None))
        done = run_stream(spark, settings, datetime.now(UTC), once, RunLog(console))
        typer.echo(f"taken: {done.batches:,} batches, {done.lines:,} lines, {done.rejected:,} of them rejected")
        say(f"tables: {storage.join(settings.output.path, 'live')}/")


def _interrupted(*_: Any) -> None:
    raise KeyboardInterrupt
