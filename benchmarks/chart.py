"""Results as a picture and as a table in Markdown: `python benchmarks/chart.py RESULTS.json PICTURE.svg`."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullLocator

Row = dict[str, Any]
_OF_A_LOG = re.compile(r"(\d+) lines")


def main() -> None:
    """Draw the one, print the other."""
    results, picture = map(Path, sys.argv[1:])
    runs = [run for run in json.loads(results.read_text())["runs"] if run["outcome"] == "done"]
    draw(medians(runs), picture)
    print("\n".join(markdown(runs)))


def medians(runs: Sequence[Row]) -> dict[str, dict[int, float]]:
    """Wall seconds by contender and lines; runs of anything but a plain log are passed over."""
    times: dict[str, dict[int, list[float]]] = {}
    for run in runs:
        size = _OF_A_LOG.fullmatch(run["case"])
        if size:
            times.setdefault(run["contender"], {}).setdefault(int(size[1]), []).append(run["wall_seconds"])
    return {name: {lines: median(seconds) for lines, seconds in sorted(sizes.items())} for name, sizes in times.items()}


def draw(walls: dict[str, dict[int, float]], picture: Path) -> None:
    """Seconds over lines, both logarithmic, a line for each contender."""
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for (name, sizes), marker in zip(walls.items(), "osD^v", strict=False):
        axes.plot(list(sizes), list(sizes.values()), marker=marker)
        axes.annotate(name, (max(sizes), sizes[max(sizes)]), xytext=(8, 0), textcoords="offset points", va="center")
    axes.set(xscale="log", yscale="log", xlabel="lines", ylabel="seconds, cold process")
    axes.set_xticks(sorted({lines for sizes in walls.values() for lines in sizes}))
    axes.set_yticks([10, 20, 50, 100, 200, 500, 1000, 2000, 5000])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axis.set_minor_locator(NullLocator())
    seconds = [second for sizes in walls.values() for second in sizes.values()]
    axes.set_ylim(min(seconds) / 1.5, max(seconds) * 1.5)
    axes.margins(x=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)


def markdown(runs: Sequence[Row]) -> Iterator[str]:
    """A row for each case and contender: medians, and the range of the wall time."""
    yield "| case | contender | wall, s | from – to | CPU, s | peak, GiB | runs |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for case, name in dict.fromkeys((run["case"], run["contender"]) for run in runs):
        mine = [run for run in runs if (run["case"], run["contender"]) == (case, name)]
        walls = [run["wall_seconds"] for run in mine]
        cpu, peak = (median(run[what] for run in mine) for what in ("cpu_seconds", "peak_gib"))
        yield f"| {case} | {name} | {median(walls):.1f} | {min(walls):.1f} – {max(walls):.1f} | {cpu:.0f} | {peak:.2f} | {len(mine)} |"


if __name__ == "__main__":
    main()
