"""Other algorithms beside a published run, and one run beside another."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from segmentation import storage
from segmentation.cli.shared import Config, Output, Overrides, SettingsFile, app, console, plain_errors, root_of, session_and_libraries
from segmentation.cli.terminal import say
from segmentation.progress import RunLog
from segmentation.publish.states import found_run
from segmentation.settings import load_settings

if TYPE_CHECKING:
    from segmentation.workflows.compare_runs import Differences


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
        spark = session_and_libraries(None)
        from segmentation.workflows.compare import Asked  # noqa: PLC0415
        from segmentation.workflows.compare import compare as run_compare  # noqa: PLC0415

        outcome = run_compare(spark, settings, datetime.now(UTC), Asked(run, segments), RunLog(console))
        _show_algorithms(outcome.compared.algorithms)
        say(f"{outcome.ruling.grade}: {outcome.ruling.reason}")
        if not outcome.compared.facts["gaps"]:
            typer.echo(
                "no algorithm finds clusters that come back and have empty space around each: some customers stand between all of them"
            )
        say(f"tables:  {outcome.comparison.path()}/\npage:    {outcome.comparison.path('comparison.html')}")


@app.command("compare-runs")
def compare_runs(
    before: Annotated[str, typer.Argument(help="The earlier run.", metavar="RUN")],
    after: Annotated[str, typer.Argument(help="The later run.", metavar="RUN")],
    config: SettingsFile = None,
    output: Output = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all that was found here too.", metavar="FILE")] = None,
) -> None:
    """Tell what two runs differ in: data, settings, versions, segments; and who moved, and why."""
    with plain_errors():
        root = root_of(config, output)
        spark = session_and_libraries(None)
        from segmentation.workflows.compare_runs import compare_runs as run_compare  # noqa: PLC0415

        found = run_compare(spark, root, before, after)
        if json_file is not None:
            storage.write_text(str(json_file), json.dumps(asdict(found), indent=2, default=str) + "\n")
        _show_differences(found)


def _show_differences(found: "Differences") -> None:
    for heading, pairs in {"data": found.data, "versions": found.versions, "settings": found.settings}.items():
        for name, (then, now) in pairs.items():
            say(f"{heading}: {name}: {then} -> {now}")
    for segment, sides in found.segments.items():
        then, now = ("none" if side is None else f"{side[0]}, {_counted(side[1])}" for side in sides)
        say(f"segment {segment}: {then} -> {now}")
    for name, count in found.people.items():
        say(f"customers: {_PEOPLE.get(name, 'moved by ' + name)}: {_counted(count)}")
    ways = [row for row in found.moves if row["cause"]]
    for row in (row for row in ways if row["customers"] is not None):
        say(f"moved: {row['before']} -> {row['after']} by {row['cause']}: {row['customers']:,}")
    if few := sum(row["customers"] is None for row in ways):
        say(f"moved: {few} ways that would tell of few customers are kept back")
    if found.lacking:
        say(f"the later run has no {', '.join(found.lacking)}: 0 in telling behaviour from model")


_PEOPLE = {"stayed": "in the same segment", "came": "in the later run alone", "left": "in the earlier run alone"}


def _counted(count: int | None) -> str:
    return "kept back, few" if count is None else f"{count:,}"


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
            say(f"{row['algorithm']} not run: {row['note']}")
