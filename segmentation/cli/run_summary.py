"""What `segment` and `score` print of a run: its segments, how distinct they are, who moved, and where it is."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from segmentation import storage
from segmentation.cli.terminal import cell, say
from segmentation.publish.publications import SUPERSEDED, PublishEvent
from segmentation.settings import Settings

if TYPE_CHECKING:
    from segmentation.pipeline.publish import RunResult


def show_run(result: "RunResult", settings: Settings) -> None:
    """Print what a run found, and where its tables and page are."""
    manifest = result.manifest
    _show_segments(result.tables["segment_summary"], settings)
    _show_structure(manifest["choice"]["structure"])
    if movement := movement_of(manifest):
        typer.echo(f"customers since run {manifest['analyses']['migration']['since_run']}: {movement}")
    _show_monitoring(manifest["analyses"].get("monitoring"))
    _show_paths(result.run.path(), result.event, settings)


def movement_of(manifest: Mapping[str, Any]) -> str:
    """How many customers stayed, moved, came and left; nothing where the counts are suppressed, or there is no earlier run."""
    migration = manifest["analyses"].get("migration")
    counts = migration["customers"] if migration else {}
    names = () if None in counts.values() else ("stayed", "moved", "new", "left")
    return ", ".join(f"{counts[name]:,} {name}" for name in names if name in counts)


def input_bytes(settings: Settings) -> int | None:
    """Size of the log and the customer table, as far as they are given; None where one of them cannot be listed from here."""
    sizes = [storage.input_bytes(source) for source in (settings.input, settings.attributes) if source]
    return None if None in sizes else sum(size or 0 for size in sizes)


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
            "days since": lambda row: _whole_number(row["recency_days_median"]),
            "orders": lambda row: _whole_number(row["frequency_orders_median"]),
        }
    table = Table(title=cell(settings.report.title), caption=caption, box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        is_name = name == "segment"
        table.add_column(cell(name.strip()), justify="left" if is_name else "right", no_wrap=not is_name)
    for row in rows:
        table.add_row(*(cell(text_of(row)) for text_of in columns.values()))
    Console().print(table)


def _whole_number(value: float | None) -> str:
    """A dash where the value is suppressed."""
    return "–" if value is None else f"{value:,.0f}"


def _show_structure(structure: dict[str, Any]) -> None:
    stability = "not known" if structure["stability"] is None else f"{structure['stability']:.2f}"
    typer.echo(
        f"{structure['grade']}: silhouette {structure['silhouette']:.3f}, shuffled apart {structure['shuffled']:.3f}; "
        f"least stable segment {stability}"
    )


def _show_monitoring(monitoring: dict[str, Any] | None) -> None:
    if monitoring:
        say("; ".join([monitoring["verdict"], *(f"{alert['kind']}: {alert['evidence']}" for alert in monitoring["alerts"])]))


def _show_paths(run: str, event: PublishEvent | None, settings: Settings) -> None:
    if event is None:
        say("complete, and not published: readers see nothing of it")
    elif event.kind == SUPERSEDED:
        say(
            f"complete, and not published: run {event.from_run_id}, which began later, already is. "
            f"`segmentation publish --run {event.run_id} --reason TEXT` switches back to this one"
        )
    else:
        say(f"published: {storage.join(settings.output.path, 'current.json')}")
    say(f"tables:    {run}/")
    say(f"report:    {storage.join(run, 'report.html')}")
