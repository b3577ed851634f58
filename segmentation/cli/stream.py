"""`segmentation stream`."""

import signal
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import typer

from segmentation import storage
from segmentation.cli.app import Config, Output, Overrides, app, console, plain_errors
from segmentation.cli.terminal import say
from segmentation.connectors import streaming_conf
from segmentation.progress import RunLog
from segmentation.session import start_session
from segmentation.settings import load_settings


@app.command()
def stream(
    config: Config,
    output: Output = None,
    once: Annotated[bool, typer.Option("--once", help="Process all that is there now, and stop.")] = False,
    set: Overrides = None,
) -> None:
    """Follow the log as a stream, and update live orders and segments with the model of the published run."""
    from segmentation.stream.stream import stream as run_stream  # noqa: PLC0415

    with plain_errors():
        settings = load_settings(config, set or (), {"output.path": output})
        # Schedulers stop a process with SIGTERM.
        signal.signal(signal.SIGTERM, _interrupt)
        spark = start_session(0, extra_conf=partial(streaming_conf, settings.stream.kafka is not None))
        done = run_stream(spark, settings, datetime.now(UTC), once, RunLog(console))
        typer.echo(f"taken: {done.batches:,} batches, {done.lines:,} lines, {done.rejected:,} of them rejected")
        say(f"tables: {storage.join(settings.output.path, 'live')}/")


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
