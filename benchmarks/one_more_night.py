"""What one more night takes compared with a run of the whole log, and whether its tables are the same."""

import argparse
import os
import sys
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import duckdb
from contenders import HERE, ROOT, left_behind, segment_command
from measurement import Measurement, measured

NIGHTLY = ("--set", "input.incremental=true", "--set", "features.exact_products_max_lines=0")


def main() -> None:
    """Split the log, run thrice, and tell."""
    parser = argparse.ArgumentParser(description="Measure a night with new lines and a run of all of them.")
    parser.add_argument("log", type=Path, help="a generated log, Parquet")
    parser.add_argument("--share", type=float, default=0.0014, help="of the lines, that are new (default: 0.0014)")
    parser.add_argument("--timeout", type=float, default=1800, metavar="S", help="seconds one run may take")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="nights-", dir=given.log.parent) as scratch:
        _measure(given, Path(scratch))


def _measure(given: argparse.Namespace, scratch: Path) -> None:
    nights, new, roots = scratch / "log", scratch / "new.parquet", (scratch / "nightly", scratch / "whole")
    lines = split(given.log, given.share, nights, new)
    _run("all but the new lines", nights, roots[0], given.timeout)
    # Both go on from the same published run, whose segments they keep.
    copytree(*roots, symlinks=True)
    new.rename(nights / "part-1.parquet")
    night = _run(f"one more night, {lines:,} lines", nights, roots[0], given.timeout)
    whole = _run("all lines", nights, roots[1], given.timeout, "--set", "input.incremental=false")
    print(f"a night takes {night.wall_seconds / whole.wall_seconds:.0%} of a run of all lines; rows that differ: {differing(*roots)}")


def split(log: Path, share: float, old: Path, new: Path) -> int:
    """Write the log's latest lines into one file, and all others into a folder of another; how many are new."""
    old.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW lines AS SELECT * FROM '{log}/*.parquet'")
        (since,) = connection.execute(f"SELECT quantile_disc(ordered_at, {1 - share}) FROM lines").fetchall()[0]
        for file, sign in ((old / "part-0.parquet", "<"), (new, ">=")):
            connection.execute(f"COPY (FROM lines WHERE ordered_at {sign} '{since}' ORDER BY ordered_at) TO '{file}' (FORMAT parquet)")
        return int(connection.execute(f"SELECT count(*) FROM '{new}'").fetchall()[0][0])


def differing(one: Path, other: Path) -> int:
    """Rows of the large tables and of orders that one published run has and the other has not, whose run it is left aside."""
    runs = [root / "current" for root in (one, other)]
    names = sorted(path.name for path in runs[1].iterdir() if path.name.startswith(("customer_", "rejected", "unsegmented", "accounting")))
    pairs = [tuple(f"{run}/{name}/*.parquet" for run in runs) for name in names]
    pairs.append(tuple(f"{root}/orders/{run.resolve().name}/*.parquet" for root, run in zip((one, other), runs, strict=True)))
    return sum(_only_in(*pair) + _only_in(*reversed(pair)) for pair in pairs)


def _only_in(one: str, other: str) -> int:
    rows = (f"SELECT COLUMNS(lambda name: name <> 'run_id') FROM '{files}'" for files in (one, other))
    return int(duckdb.sql(f"SELECT count(*) FROM ({' EXCEPT ALL '.join(rows)})").fetchall()[0][0])


def _run(what: str, log: Path, output: Path, timeout: float, *more: str) -> Measurement:
    command = (*segment_command(HERE / "conf" / "benchmark.yaml", str(output), str(log)), *NIGHTLY, *more)
    said = output.parent / "said.txt"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable, "TMPDIR": str(output.parent)}
    measurement = measured(command, ROOT, environment, said, timeout)
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in left_behind(output).get("stages", {}).items())
    used = f"{measurement.wall_seconds:.1f} s, CPU {measurement.cpu_seconds:.1f} s, {measurement.peak_gib:.2f} GiB"
    print(f"{what}: {measurement.outcome}, {used}: {stages}")
    if measurement.outcome != "done":
        sys.exit(said.read_text(errors="replace")[-2000:])
    return measurement


if __name__ == "__main__":
    main()
