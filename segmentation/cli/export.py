"""`segmentation export`."""

from typing import Annotated

import typer

from segmentation import storage
from segmentation.cli.app import Config, Overrides, RunId, app, plain_errors
from segmentation.cli.terminal import say
from segmentation.session import start_session
from segmentation.settings import load_settings


@app.command()
def export(
    config: Config,
    output: Annotated[str, typer.Option(help="Folder to write; it must not exist yet.", metavar="PATH")],
    run: RunId = None,
    segment: Annotated[list[int] | None, typer.Option(help="Only this segment. May be repeated.", metavar="N")] = None,
    set: Overrides = None,
) -> None:
    """Write a CSV file of each segment for campaign tools, with a random control group."""
    from segmentation.export import export_segments  # noqa: PLC0415

    with plain_errors():
        settings = load_settings(config, set or ())
        done = export_segments(start_session(), settings, output, run, segment or ())
        for row in done["segments"]:
            say(f"{storage.join(output, row['file'])}: {row['customers']:,} customers, {row['holdout']:,} of them held out")
