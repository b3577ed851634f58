"""`segmentation generate`."""

from typing import Annotated

import typer

from segmentation.cli.app import app, plain_errors
from segmentation.cli.terminal import say
from segmentation.session import start_session


@app.command()
def generate(
    output: Annotated[str, typer.Option(help="Folder to write; it must not exist yet.", metavar="PATH")],
    lines: Annotated[int, typer.Option(help="Lines of the log.", min=1_000)] = 200_000,
    seed: Annotated[int, typer.Option(help="Another seed gives another log of the same kind.")] = 7,
) -> None:
    """Write the log of a synthetic retailer, and the customer types that it was made from."""
    from segmentation.synthetic.generate import write_synthetic_log  # noqa: PLC0415

    with plain_errors():
        log, truth = write_synthetic_log(start_session(), output, lines, seed)
        say(f"{lines:,} lines in {log}\nplanted customer types in {truth}")
