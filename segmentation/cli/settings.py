"""`segmentation settings`."""

from pathlib import Path
from typing import Annotated

import typer

from segmentation.cli.app import Overrides, app, plain_errors
from segmentation.cli.terminal import shown
from segmentation.settings import as_commented_yaml, json_schema, load_settings


@app.command()
def settings(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="YAML file of settings.", metavar="FILE")] = None,
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
