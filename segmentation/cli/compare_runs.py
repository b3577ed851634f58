"""`segmentation compare-runs`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segmentation import storage
from segmentation.cli.app import OptionalConfig, Root, app, output_root, plain_errors, start_spark
from segmentation.cli.terminal import say

if TYPE_CHECKING:
    from segmentation.run_comparison.compare import RunDifferences

_CUSTOMERS = {"stayed": "in the same segment", "came": "in the later run alone", "left": "in the earlier run alone"}


@app.command("compare-runs")
def compare_runs(
    before: Annotated[str, typer.Argument(help="The earlier run.", metavar="RUN")],
    after: Annotated[str, typer.Argument(help="The later run.", metavar="RUN")],
    config: OptionalConfig = None,
    output: Root = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write all differences to this file.", metavar="FILE")] = None,
) -> None:
    """Compare two runs: data, settings, versions and segments; and who moved, and why."""
    with plain_errors():
        root = output_root(config, output)
        spark = start_spark(None)
        from segmentation.run_comparison.compare import compare_runs as run_comparison  # noqa: PLC0415

        differences = run_comparison(spark, root, before, after)
        if json_file is not None:
            storage.write_text(str(json_file), json.dumps(asdict(differences), indent=2, default=str) + "\n")
        _show(differences)


def _show(differences: "RunDifferences") -> None:
    for heading, pairs in {"data": differences.data, "versions": differences.versions, "settings": differences.settings}.items():
        for name, (before, after) in pairs.items():
            say(f"{heading}: {name}: {before} -> {after}")
    for segment, sides in differences.segments.items():
        before, after = ("none" if side is None else f"{side[0]}, {_count(side[1])}" for side in sides)
        say(f"segment {segment}: {before} -> {after}")
    for name, count in differences.customers.items():
        say(f"customers: {_CUSTOMERS.get(name, 'moved by ' + name)}: {_count(count)}")
    moves = [row for row in differences.moves if row["cause"]]
    for row in (row for row in moves if row["customers"] is not None):
        say(f"moved: {row['before']} -> {row['after']} by {row['cause']}: {row['customers']:,}")
    if suppressed := sum(row["customers"] is None for row in moves):
        say(f"moved: {suppressed} moves of few customers are suppressed")
    if differences.missing_features:
        say(f"the later run has no {', '.join(differences.missing_features)}: 0 in telling behaviour from model")


def _count(count: int | None) -> str:
    return "suppressed" if count is None else f"{count:,}"
