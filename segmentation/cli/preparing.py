"""What comes before a run: its settings, a log to try, a machine made ready."""

from pathlib import Path
from typing import Annotated

import typer

from segmentation.cli.shared import Overrides, app, plain_errors
from segmentation.cli.terminal import say, shown
from segmentation.session import start_session
from segmentation.settings import as_commented_yaml, json_schema, load_settings


@app.command()
def settings(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="YAML settings.", metavar="FILE")] = None,
    set: Overrides = None,
    schema: Annotated[bool, typer.Option("--json-schema", help="Print the JSON Schema for editors instead.")] = False,
) -> None:
    """Print the effective settings, each with its meaning."""
    with plain_errors():
        if schema:
            typer.echo(json_schema())
        elif config is None:
            raise typer.BadParameter("give --config FILE, or --json-schema")
        else:
            typer.echo(shown(as_commented_yaml(load_settings(config, set or ()))), nl=False)


@app.command()
def generate(
    output: Annotated[str, typer.Option(help="Folder to write; it must not exist yet.", metavar="PATH")],
    lines: Annotated[int, typer.Option(help="Lines of the log.", min=1_000)] = 200_000,
    seed: Annotated[int, typer.Option(help="Another seed is another log of the same kind.")] = 7,
) -> None:
    """Write a synthetic retailer's log, and the customer types it was made from."""
    from segmentation.workflows.generate import generate as run_generate  # noqa: PLC0415

    with plain_errors():
        log, truth = run_generate(start_session(), output, lines, seed)
        say(f"{lines:,} lines in {log}\nplanted customer types in {truth}")


@app.command()
def warm_up() -> None:
    """Keep Java's classes on disk, once: local runs start seconds sooner."""
    from segmentation.workflows.warm_up import warm_up as run_warm_up  # noqa: PLC0415

    with plain_errors():
        kept = run_warm_up()
        typer.echo(f"{kept}: {kept.stat().st_size / 1e6:,.0f} MB. Remove it at will; after an update of Java or Spark, run this again")
