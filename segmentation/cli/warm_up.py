"""`segmentation warm-up`."""

import typer

from segmentation.cli.app import app, plain_errors


@app.command()
def warm_up() -> None:
    """Store Java's classes on disk, once, so that local runs start seconds sooner."""
    from segmentation.warm_up import warm_up as run_warm_up  # noqa: PLC0415

    with plain_errors():
        archive = run_warm_up()
        size = archive.stat().st_size / 1e6
        typer.echo(f"{archive}: {size:,.0f} MB. You may remove it at any time; after an update of Java or Spark, run this again")
