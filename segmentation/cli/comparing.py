"""Other algorithms beside a published run."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from segmentation.cli.shared import Config, Overrides, app, console, plain_errors, session_and_libraries
from segmentation.cli.terminal import say
from segmentation.progress import Journal
from segmentation.publish.states import found_run
from segmentation.settings import load_settings


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

        outcome = run_compare(spark, settings, datetime.now(UTC), Asked(run, segments), Journal(console))
        _show_algorithms(outcome.compared.algorithms)
        say(f"{outcome.ruling.grade}: {outcome.ruling.reason}")
        if not outcome.compared.facts["gaps"]:
            typer.echo(
                "no algorithm finds clusters that come back and have empty space around each: some customers stand between all of them"
            )
        say(f"tables:  {outcome.comparison.path()}/\npage:    {outcome.comparison.path('comparison.html')}")


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
