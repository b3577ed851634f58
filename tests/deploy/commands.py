"""Our command lines in schedules of others."""

from pathlib import Path

from typer.main import get_command

from segmentation.cli.app import app

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def parsed(arguments):
    """Name and parameters of a command line, parsed as the command itself would; it fails where that would."""
    group = get_command(app)
    name, *rest = arguments
    command = group.get_command(None, name)
    assert command is not None, name
    context = command.make_context(name, list(rest))
    return name, {key: value for key, value in context.params.items() if value is not None}
