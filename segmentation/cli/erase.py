"""`segmentation erase`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from segmentation.cli.app import Config, Output, Overrides, app, console, plain_errors
from segmentation.progress import RunLog
from segmentation.session import start_session
from segmentation.settings import load_settings


@app.command()
def erase(
    config: Config,
    customer_file: Annotated[
        str, typer.Option(help="Customers to erase: one id a line, or a .csv with a column customer_id.", metavar="FILE")
    ],
    output: Output = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only; change nothing.")] = False,
    set: Overrides = None,
) -> None:
    """Remove customers from every run, its orders and its comparisons, verify it by a search, and write a receipt."""
    from segmentation.erasure import erase as erasure  # noqa: PLC0415

    with plain_errors():
        settings = load_settings(config, set or (), {"output.path": output})
        spark, now = start_session(), datetime.now(UTC)
        if dry_run:
            done = erasure.preview_erasure(spark, settings, customer_file, now)
        else:
            done = erasure.erase(spark, settings, customer_file, now, RunLog(console))
        receipt = done.receipt
        typer.echo(f"{receipt['present']:,} of {receipt['requested']:,} people found, in {len(receipt['runs']):,} runs")
        for run in receipt["runs"]:
            typer.echo(f"  {run['run']}: {run['customers']:,} people, {sum(run['rows'].values()):,} rows")
        if done.path:
            search = receipt["verification"]
            typer.echo(f"searched: {search['n_tables']:,} tables, {search['n_files']:,} other files; nobody found\nreceipt:  {done.path}")
            typer.echo("the log is yours to clean: until then, each run rejects their lines as erased")
        else:
            typer.echo("nothing was changed; without --dry-run these rows go")
