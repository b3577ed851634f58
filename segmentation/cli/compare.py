"""`segmentation compare`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from segmentation.cli.app import Config, Output, Overrides, RunId, app, console, plain_errors, start_spark
from segmentation.cli.terminal import say
from segmentation.progress import RunLog
from segmentation.publish.run_state import resolve_run
from segmentation.settings import load_settings


@app.command()
def compare(
    config: Config,
    output: Output = None,
    run: RunId = None,
    segments: Annotated[int | None, typer.Option(help="Clusters asked of the others, instead of the run's number.", min=2, max=100)] = None,
    set: Overrides = None,
) -> None:
    """Compare other clustering algorithms with the k-means of a published run, which does not change."""
    with plain_errors():
        settings = load_settings(config, set or (), {"output.path": output})
        # Checked before Java starts, which takes seconds.
        resolve_run(settings.output.path, run)
        spark = start_spark(None)
        from segmentation.comparison.compare import CompareOptions  # noqa: PLC0415
        from segmentation.comparison.compare import compare as run_compare  # noqa: PLC0415

        result = run_compare(spark, settings, datetime.now(UTC), CompareOptions(run, segments), RunLog(console))
        _show_algorithms(result.report.algorithms)
        say(f"{result.recommendation.grade}: {result.recommendation.reason}")
        if not result.report.facts["gaps"]:
            typer.echo(
                "no algorithm finds clusters that come back and have empty space around each: some customers stand between all of them"
            )
        say(f"tables:  {result.comparison.path()}/\npage:    {result.comparison.path('comparison.html')}")


def _show_algorithms(rows: Sequence[Mapping[str, Any]]) -> None:
    measures = {"clusters": "", "silhouette": ".3f", "density_validity": ".2f", "stability": ".2f", "noise_share": ".1%"}
    measures |= {"ari_vs_kmeans": ".2f"}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("algorithm", "k", "silhouette", "DBCV", "stability", "noise", "like k-means"):
        table.add_column(head, justify="left" if head == "algorithm" else "right", no_wrap=head == "algorithm")
    for row in rows:
        table.add_row(row["algorithm"], *("–" if row[name] is None else format(row[name], style) for name, style in measures.items()))
    Console().print(table)
    for row in rows:
        if row["clusters"] is None:
            say(f"{row['algorithm']} not run: {row['note']}")
