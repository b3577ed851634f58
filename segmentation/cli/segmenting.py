"""The main job, and scoring by its model."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from segmentation import storage
from segmentation.cli.shared import Config, Overrides, app, console, plain_errors, session_and_libraries
from segmentation.cli.terminal import cell, say
from segmentation.progress import RunLog
from segmentation.publish.publications import PASSED_OVER, Act
from segmentation.settings import Settings, load_settings

if TYPE_CHECKING:
    from segmentation.workflows.running import Outcome

Input = Annotated[str | None, typer.Option(help="Read this instead of input.path.", metavar="PATH")]
WriteTo = Annotated[str | None, typer.Option(help="Write here instead of output.path.", metavar="PATH")]
AsOf = Annotated[str | None, typer.Option(help="The day to describe, instead of features.as_of.", metavar="YYYY-MM-DD")]
_DAY = "%Y-%m-%d"


@app.command()
def segment(
    config: Config,
    input: Input = None,
    output: WriteTo = None,
    as_of: AsOf = None,
    set: Overrides = None,
) -> None:
    """Segment the customers of a transaction log, or of a customer table, and publish the tables."""
    with plain_errors():
        settings = load_settings(config, set or (), {"input.path": input, "output.path": output, "features.as_of": as_of})
        spark = session_and_libraries(_input_bytes(settings))
        # Imported here, since `segmentation settings` can do without scikit-learn and matplotlib, which take seconds.
        from segmentation.workflows.segment import segment as run_segment  # noqa: PLC0415

        _show(run_segment(spark, settings, datetime.now(UTC), RunLog(console)), settings)


@app.command()
def score(
    config: Config,
    input: Input = None,
    output: WriteTo = None,
    as_of: AsOf = None,
    run: Annotated[
        str | None,
        typer.Option(help="Take another run's model than the published one's; `then`: the one in use on that day.", metavar="ID"),
    ] = None,
    aside: Annotated[bool, typer.Option("--aside", help="Don't publish: a look at another day, or with another model.")] = False,
    set: Overrides = None,
) -> None:
    """Put customers into the segments of the published run as they are now, and publish the tables; no model is fitted."""
    with plain_errors():
        settings = load_settings(config, set or (), {"input.path": input, "output.path": output, "features.as_of": as_of})
        spark = session_and_libraries(_input_bytes(settings))
        from segmentation.workflows.score import Using  # noqa: PLC0415
        from segmentation.workflows.score import score as run_score  # noqa: PLC0415

        using = Using(None if run == "then" else run, run == "then", aside)
        _show(run_score(spark, settings, datetime.now(UTC), RunLog(console), using), settings)


@app.command()
def backfill(
    config: Config,
    to: Annotated[datetime, typer.Option(help="The last day to describe.", formats=[_DAY], metavar="YYYY-MM-DD")],
    first: Annotated[
        datetime | None,
        typer.Option("--from", help="Begin here instead of after the day that readers see.", formats=[_DAY], metavar="YYYY-MM-DD"),
    ] = None,
    input: Input = None,
    output: WriteTo = None,
    set: Overrides = None,
) -> None:
    """Score every day up to a day that no published run has described yet, one after the other; asked again, do nothing."""
    with plain_errors():
        settings = load_settings(config, set or (), {"input.path": input, "output.path": output})
        from segmentation.workflows.backfill import backfilled, days_to_do  # noqa: PLC0415

        # Told before Java starts, which takes seconds.
        days = days_to_do(settings.output.path, to.date(), first and first.date())
        if not days:
            say(f"nothing to do: {to.date()} and all days before it are described")
            return
        spark = session_and_libraries(_input_bytes(settings))
        outcomes = backfilled(spark, settings, days, partial(datetime.now, UTC), partial(RunLog, console))
        for day, outcome in zip(days, outcomes, strict=True):
            say(", ".join(filter(None, (f"{day}: run {outcome.run.run_id}", _movement(outcome.manifest["movement"])))))


def _show(outcome: "Outcome", settings: Settings) -> None:
    _show_segments(outcome.tables.segment_summary, settings)
    _show_structure(outcome.manifest["choice"]["structure"])
    _show_movement(outcome.manifest["movement"])
    _show_watch(outcome.manifest["monitor"])
    _show_places(outcome.run.path(), outcome.act, settings)


def _input_bytes(settings: Settings) -> int | None:
    """Of the log and the customer table, as far as they are given; None where either cannot be listed from here."""
    found = [storage.input_bytes(source) for source in (settings.input, settings.attributes) if source]
    return None if None in found else sum(size or 0 for size in found)


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
            "days since": lambda row: _whole(row["recency_days_median"]),
            "orders": lambda row: _whole(row["frequency_orders_median"]),
        }
    table = Table(title=cell(settings.report.title), caption=caption, box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        is_name = name == "segment"
        table.add_column(cell(name.strip()), justify="left" if is_name else "right", no_wrap=not is_name)
    for row in rows:
        table.add_row(*(cell(told(row)) for told in columns.values()))
    Console().print(table)


def _whole(value: float | None) -> str:
    """A dash where it would tell of too few customers."""
    return "–" if value is None else f"{value:,.0f}"


def _show_structure(structure: dict[str, Any]) -> None:
    stability = "not known" if structure["stability"] is None else f"{structure['stability']:.2f}"
    typer.echo(
        f"{structure['grade']}: silhouette {structure['silhouette']:.3f}, shuffled apart {structure['shuffled']:.3f}; "
        f"least stable segment {stability}"
    )


def _show_movement(movement: dict[str, Any] | None) -> None:
    if movement and (told := _movement(movement)):
        typer.echo(f"customers since run {movement['since_run']}: {told}")


def _movement(movement: dict[str, Any]) -> str:
    """Nothing where the counts would tell of too few customers."""
    counts = movement["customers"]
    names = () if None in counts.values() else ("stayed", "moved", "new", "left")
    return ", ".join(f"{counts[name]:,} {name}" for name in names)


def _show_watch(watched: dict[str, Any] | None) -> None:
    if watched:
        say("; ".join([watched["verdict"], *(f"{cause['kind']}: {cause['evidence']}" for cause in watched["causes"])]))


def _show_places(run: str, act: Act | None, settings: Settings) -> None:
    if act is None:
        say("complete, and left aside: readers see nothing of it")
    elif act.act == PASSED_OVER:
        say(
            f"complete, and not published: run {act.from_run_id}, which began later, already is. "
            f"`segmentation publish --run {act.run_id} --because TEXT` switches back to this one"
        )
    else:
        say(f"published: {storage.join(settings.output.path, 'current.json')}")
    say(f"tables:    {run}/")
    say(f"report:    {storage.join(run, 'report.html')}")
