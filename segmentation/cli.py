"""The jobs as `segmentation <job>`."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from pyspark.sql import SparkSession
from rich import box
from rich.console import Console
from rich.table import Table

from segmentation import __version__, storage
from segmentation.errors import SegmentationError
from segmentation.progress import Journal
from segmentation.publish.comparison import found_run
from segmentation.session import start_session
from segmentation.settings import Settings, as_commented_yaml, json_schema, load_settings

app = typer.Typer(
    help="Customer segments from transaction logs.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
console = Console(stderr=True)

Config = Annotated[Path, typer.Option("--config", "-c", help="YAML settings.", metavar="FILE")]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="Lay key.sub=value over the settings. May be repeated.")]


@contextmanager
def plain_errors() -> Iterator[None]:
    """A known fault ends in one clear message and its exit code, without a stack trace."""
    try:
        yield
    except SegmentationError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from None


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Customer segments from transaction logs."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("segmentation").setLevel(logging.INFO)
    if version:
        typer.echo(__version__)


@app.command()
def segment(
    config: Config,
    input: Annotated[str | None, typer.Option(help="Read this instead of input.path.", metavar="PATH")] = None,
    output: Annotated[str | None, typer.Option(help="Write here instead of output.path.", metavar="PATH")] = None,
    as_of: Annotated[str | None, typer.Option(help="The day to describe, instead of features.as_of.", metavar="YYYY-MM-DD")] = None,
    set: Overrides = None,
) -> None:
    """Segment the customers of a transaction log, or of a customer table, and publish the tables."""
    with plain_errors():
        values = {"input.path": input, "output.path": output, "features.as_of": as_of}
        settings = load_settings(config, set or (), values)
        spark = _session_and_libraries(_input_bytes(settings))
        # Imported here, since `segmentation settings` can do without scikit-learn and matplotlib, which take seconds.
        from segmentation.workflows.segment import segment as run_segment  # noqa: PLC0415

        outcome = run_segment(spark, settings, datetime.now(UTC), Journal(console))
        _show_segments(outcome.tables.segment_summary, settings)
        _show_structure(outcome.manifest["choice"]["structure"])
        _show_places(outcome.run.path(), settings)


@app.command()
def compare(
    config: Config,
    output: Annotated[str | None, typer.Option(help="Look here instead of output.path.", metavar="PATH")] = None,
    run: Annotated[str | None, typer.Option(help="A run's id, instead of the published one.", metavar="ID")] = None,
    segments: Annotated[int | None, typer.Option(help="Clusters asked of the others, instead of the run's number.", min=2, max=100)] = None,
    set: Overrides = None,
) -> None:
    """Set other algorithms beside the k-means of a published run, which stays as it is."""
    with plain_errors():
        settings = load_settings(config, set or (), {"output.path": output})
        # Told before Java starts, which takes seconds.
        found_run(settings.output.path, run)
        spark = _session_and_libraries(None)
        from segmentation.workflows.compare import Asked  # noqa: PLC0415
        from segmentation.workflows.compare import compare as run_compare  # noqa: PLC0415

        outcome = run_compare(spark, settings, datetime.now(UTC), Asked(run, segments), Journal(console))
        _show_algorithms(outcome.compared.algorithms)
        typer.echo(f"{outcome.ruling.grade}: {outcome.ruling.reason}")
        if not outcome.compared.facts["gaps"]:
            typer.echo(
                "no algorithm finds clusters that come back and have empty space around each: some customers stand between all of them"
            )
        typer.echo(f"tables:  {outcome.comparison.path()}/\npage:    {outcome.comparison.path('comparison.html')}")


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
            typer.echo(as_commented_yaml(load_settings(config, set or ())), nl=False)


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
        typer.echo(f"{lines:,} lines in {log}\nplanted customer types in {truth}")


@app.command()
def export(
    config: Config,
    output: Annotated[str, typer.Option(help="Folder to write; it must not exist yet.", metavar="PATH")],
    run: Annotated[str | None, typer.Option(help="Another run than the published one.", metavar="ID")] = None,
    segment: Annotated[list[int] | None, typer.Option(help="Only this segment. May be repeated.", metavar="N")] = None,
    set: Overrides = None,
) -> None:
    """Write a CSV file of each segment for campaign tools, with customers held out by lot."""
    from segmentation.workflows.export import export as run_export  # noqa: PLC0415

    with plain_errors():
        settings = load_settings(config, set or ())
        done = run_export(start_session(), settings, output, run, segment or ())
        for row in done["segments"]:
            typer.echo(f"{storage.join(output, row['file'])}: {row['customers']:,} customers, {row['hold_out']:,} of them held out")


@app.command()
def warm_up() -> None:
    """Keep Java's classes on disk, once: local runs start seconds sooner."""
    from segmentation.workflows.warm_up import warm_up as run_warm_up  # noqa: PLC0415

    with plain_errors():
        kept = run_warm_up()
        typer.echo(f"{kept}: {kept.stat().st_size / 1e6:,.0f} MB. Remove it at will; after an update of Java or Spark, run this again")


def _input_bytes(settings: Settings) -> int | None:
    """Of the log and the customer table, as far as they are given; None where either cannot be listed from here."""
    found = [storage.input_bytes(source) for source in (settings.input, settings.attributes) if source]
    return None if None in found else sum(size or 0 for size in found)


def _session_and_libraries(input_bytes: int | None) -> SparkSession:
    """Import what the job is made of while Java starts: each takes seconds. PySpark itself must not be imported by two threads."""
    with ThreadPoolExecutor(1) as pool:
        pool.map(import_module, ("sklearn.cluster", "segmentation.report.page"))
        return start_session(input_bytes)


def _show_segments(rows: list[dict[str, Any]], settings: Settings) -> None:
    currency = settings.report.currency or ""
    columns: dict[str, Callable[[dict[str, Any]], str]] = {
        "segment": lambda row: f"{row['segment_id']} {row['segment_name']}",
        "customers": lambda row: f"{row['customers']:,}",
        "of all": lambda row: f"{row['customer_share']:.1%}",
    }
    caption = None
    if settings.input:
        caption = "days since the last purchase and orders: medians"
        columns |= {
            f"revenue {currency}".strip(): lambda row: f"{row['revenue_net']:,.0f}",
            "of all ": lambda row: "" if row["revenue_share"] is None else f"{row['revenue_share']:.1%}",
            "days since": lambda row: f"{row['recency_days_median']:,.0f}",
            "orders": lambda row: f"{row['frequency_orders_median']:,.0f}",
        }
    table = Table(title=settings.report.title, caption=caption, box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        is_name = name == "segment"
        table.add_column(name.strip(), justify="left" if is_name else "right", no_wrap=not is_name)
    for row in rows:
        table.add_row(*(cell(row) for cell in columns.values()))
    Console().print(table)


def _show_algorithms(rows: Sequence[Mapping[str, Any]]) -> None:
    measures = {"clusters": "", "silhouette": ".3f", "density_validity": ".2f", "stability": ".2f", "noise_share": ".1%"}
    heads = ("algorithm", "k", "silhouette", "DBCV", "stability", "noise", "like k-means")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        table.add_column(head, justify="left" if head == "algorithm" else "right", no_wrap=head == "algorithm")
    for row in rows:
        cells = (
            row[name] if row[name] is None else format(row[name], style) for name, style in (measures | {"kmeans_alike": ".2f"}).items()
        )
        table.add_row(row["algorithm"], *("–" if cell is None else cell for cell in cells))
    Console().print(table)
    for row in rows:
        if row["clusters"] is None:
            typer.echo(f"{row['algorithm']} not run: {row['note']}")


def _show_structure(structure: dict[str, Any]) -> None:
    stability = "not known" if structure["stability"] is None else f"{structure['stability']:.2f}"
    typer.echo(
        f"{structure['grade']}: silhouette {structure['silhouette']:.3f}, shuffled apart {structure['shuffled']:.3f}; "
        f"least stable segment {stability}"
    )


def _show_places(run: str, settings: Settings) -> None:
    typer.echo(f"published: {storage.join(settings.output.path, 'current.json')}")
    typer.echo(f"tables:    {run}/")
    typer.echo(f"report:    {storage.join(run, 'report.html')}")


if __name__ == "__main__":
    app()
