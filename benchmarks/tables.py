"""The results as tables for people."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

Row = dict[str, Any]
COLUMNS = ("wall, s", "CPU, s", "peak, GiB", "ratio", "customers", "segments", "runs")


def show_machine(console: Console, machine: Row) -> None:
    """One line per fact."""
    for name, value in machine.items():
        console.print(f"{name:<13} {value}", highlight=False)


def show_case(console: Console, title: str, runs: Sequence[Row], reference: str) -> None:
    """Medians of each contender, their wall time as a ratio to the reference's, and our stages."""
    table = Table(title=f"{title}, ratio to {reference}")
    table.add_column("contender")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    base = _median(_done(runs, reference), "wall_seconds")
    for name in dict.fromkeys(run["contender"] for run in runs):
        table.add_row(name, *_cells([run for run in runs if run["contender"] == name], base))
    console.print(table)
    for run in (run for run in runs if "stages" in run):
        console.print(_stages(run), highlight=False, soft_wrap=True)


def _cells(runs: Sequence[Row], base: float | None) -> Iterable[str]:
    done = [run for run in runs if run["outcome"] == "done"]
    if not done:
        return [", ".join(dict.fromkeys(run["outcome"] for run in runs))]
    wall = _median(done, "wall_seconds") or 0.0
    return [
        f"{wall:,.1f}",
        f"{_median(done, 'cpu_seconds'):,.1f}",
        f"{_median(done, 'peak_gib'):.2f}",
        f"{wall / base:.2f}" if base else "",
        *(f"{done[-1][name]:,}" if name in done[-1] else "" for name in ("customers", "segments")),
        f"{len(done)} of {len(runs)}",
    ]


def _stages(run: Row) -> str:
    stages = run["stages"]
    stage_seconds = ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items())
    return f"{run['contender']}, round {run['round']}, s: {stage_seconds}, outside stages {run['wall_seconds'] - sum(stages.values()):.1f}"


def _done(runs: Sequence[Row], contender: str) -> list[Row]:
    return [run for run in runs if run["contender"] == contender and run["outcome"] == "done"]


def _median(runs: Sequence[Row], name: str) -> float | None:
    return median(run[name] for run in runs) if runs else None
