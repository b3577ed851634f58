"""What people may ask to have forgotten, and what is forgotten by itself."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from segmentation.cli.shared import Config, Overrides, app, console, plain_errors
from segmentation.errors import SettingsError
from segmentation.progress import RunLog
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
            done = erasing.erase(spark, settings, customer_file, now, RunLog(console))
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


@app.command()
def purge(
    config: Config,
    output: Annotated[str | None, typer.Option(help="Look here instead of output.path.", metavar="PATH")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove it; without, it is only listed.")] = False,
    set: Overrides = None,
) -> None:
    """List runs and rejected lines kept for longer than the settings allow, and remove them where asked."""
    from segmentation.workflows import purge as purging  # noqa: PLC0415

    with plain_errors():
        settings, now = load_settings(config, set or (), {"output.path": output}), datetime.now(UTC)
        if settings.privacy.keep_runs_days is None and settings.privacy.keep_rejected_lines_days is None:
            raise SettingsError("nothing says how long: set privacy.keep_runs_days, privacy.keep_rejected_lines_days, or both")
        plan = purging.due(settings, now)
        if remove:
            purging.purge(plan, start_session, settings, now)
        done = "removed" if remove else "due"
        for run in plan.runs:
            typer.echo(f"{done}: run {run.run_id}, with its orders and comparisons")
        for run in plan.rejected_lines:
            typer.echo(f"{done}: rejected lines of run {run.run_id}")
        for run in plan.spared:
            typer.echo(f"kept for readers: run {run.run_id}")
        if not (plan.runs or plan.rejected_lines):
            typer.echo(f"{settings.output.path}: nothing is due")
        elif not remove:
            typer.echo("nothing was removed: that takes --remove")
