"""How long other sizes would take, derived from measured stages: `python benchmarks/sizes.py RESULTS.json`.

Each stage of ours is taken for a fixed part and a part for every million lines, by a straight line through the medians of
the measured sizes. The parts that grow are tasks over lines, orders or customers and are shared among all cores; the fixed ones are not.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

SIZES = {1e6: (2, 1), 10e6: (2, 1), 100e6: (8, 1), 1e9: (16, 4), 10e9: (16, 40)}
"""Lines, and on what: cores of a machine, and machines."""
LOST = 0.3
"""Share of a cluster's time that goes to the network and to waiting for the last task; a guess, and the only one."""


def main() -> None:
    """Print the stages as lines, and what follows from them."""
    results = json.loads(Path(sys.argv[1]).read_text())
    parts, cores = parts_of(results["runs"]), results["machine"]["cores"]
    print("| stage | fixed, s | for a million lines, s |\n| --- | --- | --- |")
    for stage, (fixed, growing) in parts.items():
        print(f"| {stage} | {fixed:.1f} | {growing:.2f} |")
    print("\n| lines | on | expected |\n| --- | --- | --- |")
    for lines, (each, machines) in SIZES.items():
        where = f"{machines} × {each} cores" if machines > 1 else f"{each} cores"
        print(f"| {lines:,.0f} | {where} | {duration_text(expected(parts, lines, each * machines / cores, machines > 1))} |")


def parts_of(runs: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Fixed seconds and seconds for a million lines of each stage, neither below 0.

    Raises
    ------
    SystemExit
        Fewer than two sizes were measured.
    """
    seconds: dict[str, dict[float, list[float]]] = {}
    for run in runs:
        size = re.fullmatch(r"(\d+) lines", run["case"])
        if size and "stages" in run:
            outside = {"outside stages": run["wall_seconds"] - sum(run["stages"].values())}
            for stage, took in (run["stages"] | outside).items():
                seconds.setdefault(stage, {}).setdefault(int(size[1]) / 1e6, []).append(took)
    if not seconds or min(map(len, seconds.values())) < 2:
        sys.exit("two sizes at least: python benchmarks/run.py --contenders ours --lines 2000000 20000000")
    return {stage: _line({size: median(took) for size, took in sizes.items()}) for stage, sizes in seconds.items()}


def _line(medians: Mapping[float, float]) -> tuple[float, float]:
    growing, fixed = np.polyfit(list(medians), list(medians.values()), 1)
    return (max(0.0, float(fixed)), max(0.0, float(growing))) if growing > 0 else (median(medians.values()), 0.0)


def expected(parts: Mapping[str, tuple[float, float]], lines: float, times_cores: float, is_cluster: bool) -> float:
    """Seconds of the whole job."""
    fixed, growing = (sum(part[place] for part in parts.values()) for place in (0, 1))
    return fixed + growing * lines / 1e6 / times_cores / (1 - LOST if is_cluster else 1)


def duration_text(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    main()
