"""`segmentation purge`."""

from datetime import UTC, datetime

import typer

from segmentation.cli.app import Config, Output, Overrides, Remove, app, plain_errors
from segmentation.errors import SettingsError
from segmentation.session import start_session
from segmentation.settings import load_settings


@app.command()
def purge(config: Config, output: Output = None, remove: Remove = False, set: Overrides = None) -> None:
    """List or remove runs and rejected lines that are older than the settings allow."""
    from segmentation.erasure import retention  # noqa: PLC0415

    with plain_errors():
        settings, now = load_settings(config, set or (), {"output.path": output}), datetime.now(UTC)
        if settings.privacy.runs_retention_days is None and settings.privacy.rejected_lines_retention_days is None:
            raise SettingsError("nothing says how long: set privacy.runs_retention_days, privacy.rejected_lines_retention_days, or both")
        plan = retention.plan_retention(settings, now)
        if remove:
            retention.purge(plan, start_session, settings, now)
        done = "removed" if remove else "due"
        for run in plan.runs:
            typer.echo(f"{done}: run {run.run_id}, with its orders and comparisons")
        for run in plan.rejected_lines:
            typer.echo(f"{done}: rejected lines of run {run.run_id}")
        for run in plan.retained:
            typer.echo(f"kept, since it is published or what a rollback would publish: run {run.run_id}")
        if not (plan.runs or plan.rejected_lines):
            typer.echo(f"{settings.output.path}: nothing is due")
        elif not remove:
            typer.echo("nothing was removed: that takes --remove")
