"""What people may ask to have forgotten, and what is forgotten by itself."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from segmentation.cli.app import Config, Overrides, app, console, plain_errors
from segmentation.progress import Journal
from segmentation.session import start_session
from segmentation.settings import load_settings


@app.command()
def erase(
    config: Config,
    customer_file: Annotated[str, typer.Option(help="Whom: one id a line, or a .csv with a column customer_id.", metavar="FILE")],
    output: Annotated[str | None, typer.Option(help="Look here instead of output.path.", metavar="PATH")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only; change nothing.")] = False,
    set: Overrides = None,
) -> None:
    """Take people out of every run, its orders and its comparisons, prove it by a search, and write a receipt."""
    from segmentation.workflows import erase as erasing  # noqa: PLC0415

    with plain_errors():
        settings = load_settings(config, set or (), {"output.path": output})
        spark, now = start_session(), datetime.now(UTC)
        if dry_run:
            done = erasing.rehearse(spark, settings, customer_file, now)
        else:
            done = erasing.erase(spark, settings, customer_file, now, Journal(console))
        told = done.receipt
        typer.echo(f"{told['found']:,} of {told['asked_for']:,} people found, in {len(told['runs']):,} runs")
        for run in told["runs"]:
            typer.echo(f"  {run['run']}: {run['customers']:,} people, {sum(run['rows'].values()):,} rows")
        if done.path:
            proof = told["proof"]
            typer.echo(f"searched: {proof['tables']:,} tables, {proof['files']:,} other files; nobody found\nreceipt:  {done.path}")
            typer.echo("the log is yours to clean: until then, each run rejects their lines as erased")
        else:
            typer.echo("nothing was changed; without --dry-run these rows go")
