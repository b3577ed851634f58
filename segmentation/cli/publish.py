"""`segmentation publish`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from segmentation import run_management
from segmentation.analyses.registry import all_tables
from segmentation.cli.app import OptionalConfig, Reason, Root, app, output_root, plain_errors, start_spark
from segmentation.publish.catalog import refresh_views
from segmentation.publish.publications import PublishEvent


@app.command()
def publish(
    run: Annotated[str, typer.Option(help="A complete run, unpublished or older.", metavar="ID")],
    reason: Reason,
    config: OptionalConfig = None,
    output: Root = None,
) -> None:
    """Publish a complete run by hand, whatever its audit found, once its files are verified."""
    with plain_errors():
        root = output_root(config, output)
        report_switch(root, run_management.publish_run(root, run, reason, datetime.now(UTC)))


def report_switch(root: str, event: PublishEvent) -> None:
    """Print what is published now, and refresh the views that follow it."""
    typer.echo(f"published: run {event.run_id}, after {event.from_run_id or 'none'}, by {event.by}")
    for fault in event.overruled_faults:
        typer.echo(f"overruled: {fault}")
    for catalog in sorted(run_management.affected_catalogs(root, event)):
        refresh_views(start_spark(None), root, catalog, all_tables())
