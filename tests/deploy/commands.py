"""Command lines of ours that others run by schedule."""

from pathlib import Path

from typer.main import get_command

from segmentation.cli import app

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def parsed(arguments):
    """Name and parameters of a command line, read as the command itself would read it, which ends here where it cannot."""
    group = get_command(app)
    name, *rest = arguments
    command = group.get_command(None, name)
    assert command is not None, name
    context = command.make_context(name, list(rest))
    return name, {key: value for key, value in context.params.items() if value is not None}
