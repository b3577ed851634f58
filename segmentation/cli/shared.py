"""What every command shares: the application, its options, how it ends, and how Java is started."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from pyspark.sql import SparkSession
from rich.console import Console

from segmentation import __version__
from segmentation.cli.terminal import PlainLines, say
from segmentation.errors import SegmentationError, SettingsError
from segmentation.session import start_session
from segmentation.settings import load_settings

app = typer.Typer(
    help="Customer segments from transaction logs.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
console = Console(stderr=True)

Config = Annotated[Path, typer.Option("--config", "-c", help="YAML settings.", metavar="FILE")]
SettingsFile = Annotated[Path | None, typer.Option("--config", "-c", help="YAML settings, for their output.path.", metavar="FILE")]
Output = Annotated[str | None, typer.Option(help="Look here instead of output.path; needs no settings.", metavar="PATH")]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="Lay key.sub=value over the settings. May be repeated.")]


@contextmanager
def plain_errors() -> Iterator[None]:
    """A known fault ends in one clear message and its exit code, without a stack trace."""
    try:
        yield
    except SegmentationError as error:
        say(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from None


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Customer segments from transaction logs."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainLines("%(asctime)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("segmentation").setLevel(logging.INFO)
    if version:
        typer.echo(__version__)


def session_and_libraries(input_bytes: int | None) -> SparkSession:
    """Import what the job is made of while Java starts: each takes seconds. PySpark itself must not be imported by two threads."""
    with ThreadPoolExecutor(1) as pool:
        pool.map(import_module, ("sklearn.cluster", "segmentation.report.page"))
        return start_session(input_bytes)


def root_of(config: Path | None, output: str | None) -> str:
    """The output root that is meant.

    Raises
    ------
    SettingsError
        Neither settings nor a folder are given.
    """
    if output is not None:
        return output
    if config is None:
        raise SettingsError("give --config FILE, or --output PATH, the folder that holds runs/")
    return load_settings(config).output.path
