"""The application, and what commands share: options, the end after an error, the start of Spark."""

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

Config = Annotated[Path, typer.Option("--config", "-c", help="YAML file of settings.", metavar="FILE")]
OptionalConfig = Annotated[
    Path | None, typer.Option("--config", "-c", help="YAML file of settings, for their output.path.", metavar="FILE")
]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="Override a setting, e.g. clustering.k_max=8. May be repeated.")]
Input = Annotated[str | None, typer.Option(help="Read this instead of input.path.", metavar="PATH")]
Output = Annotated[str | None, typer.Option(help="Use this folder instead of output.path.", metavar="PATH")]
Root = Annotated[str | None, typer.Option("--output", help="Use this folder instead of output.path; needs no settings.", metavar="PATH")]
AsOf = Annotated[str | None, typer.Option(help="The day to describe, instead of features.as_of.", metavar="YYYY-MM-DD")]
RunId = Annotated[str | None, typer.Option("--run", help="Use this run instead of the published one.", metavar="ID")]
Reason = Annotated[str, typer.Option(help="Why; recorded with the change.", metavar="TEXT")]
Remove = Annotated[bool, typer.Option("--remove", help="Remove it. By default, it is only listed.")]


@contextmanager
def plain_errors() -> Iterator[None]:
    """End after an error of ours with one message and its exit code, without a stack trace."""
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


def start_spark(input_bytes: int | None) -> SparkSession:
    """Start Spark, and import large libraries while Java starts. PySpark itself must not be imported by two threads."""
    with ThreadPoolExecutor(1) as pool:
        pool.map(import_module, ("sklearn.cluster", "segmentation.report.page"))
        return start_session(input_bytes)


def output_root(config: Path | None, output: str | None) -> str:
    """The output folder that is given, or that of the settings.

    Raises
    ------
    SettingsError
        Neither is given.
    """
    if output is not None:
        return output
    if config is None:
        raise SettingsError("give --config FILE, or --output PATH, the folder that holds runs/")
    return load_settings(config).output.path
