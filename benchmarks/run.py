"""This job and its peers, each as a cold process and in turn: `python benchmarks/run.py --help`."""

import argparse
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from contenders import (
    BARE_SESSION,
    DUCKDB,
    NAIVE,
    NAIVE_AS_IT_COMES,
    ONLINE_RETAIL,
    OURS,
    ROOT,
    of_online_retail,
    of_skew,
    of_the_log,
)
from contest import Contest
from machine import described_machine
from rich.console import Console
from tables import show_case, show_machine


def main() -> None:
    """Measure what was asked for, and show it."""
    given = _arguments()
    # Ended from outside, the contender under way is ended too, and its files removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work: Path = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="scratch-", dir=work) as scratch:
        contest = _contest(given, work, Path(scratch))
        show_machine(contest.console, contest.machine)
        _hold(contest, given)
    contest.console.print(f"results: {contest.results[0]}", highlight=False, soft_wrap=True)
    sys.exit(any(run["outcome"] != "done" for run in contest.runs))


def _contest(given: argparse.Namespace, work: Path, scratch: Path) -> Contest:
    results = work / f"results-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    files = (results, given.output) if given.output else (results,)
    console = Console(width=None if sys.stdout.isatty() else 120)
    return Contest(work, scratch, given.rounds, given.timeout, files, described_machine(), console)


def _hold(contest: Contest, given: argparse.Namespace) -> None:
    for lines in given.lines:
        log = contest.log_of(lines)
        runs = contest.run_all(f"{lines} lines", of_the_log(given.contenders, log, contest.output), log)
        show_case(contest.console, f"{lines:,} lines", runs, OURS)
        if given.skewed:
            skewed = contest.skewed_log_of(lines)
            runs = contest.run_all(f"{lines} lines, skewed", of_skew(log, skewed, contest.output), skewed)
            show_case(contest.console, f"{lines:,} lines, skewed: one customer with 5 %, one order with 100,000 of them", runs, OURS)
    if given.online_retail is not None:
        runs = contest.run_all(ONLINE_RETAIL, of_online_retail(given.online_retail, contest.output))
        show_case(contest.console, ONLINE_RETAIL, runs, BARE_SESSION)


def _arguments() -> argparse.Namespace:
    usual = [OURS, NAIVE, DUCKDB]
    parser = argparse.ArgumentParser(description="Measure the whole job and its peers: wall time, CPU time, memory.")
    parser.add_argument("--lines", nargs="+", type=int, metavar="N", help="sizes of the log (default: 2000000)")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each contender (default: 1)")
    parser.add_argument("--contenders", nargs="+", choices=[*usual, NAIVE_AS_IT_COMES], default=usual, help="who runs, in this order")
    parser.add_argument("--skewed", action="store_true", help="ours also on the same log with one huge customer and one huge order")
    what = "compare our run of Online Retail with a bare Spark session; LOG: where it is, if not where its settings say"
    parser.add_argument("--online-retail", nargs="?", const="", metavar="LOG", help=what)
    parser.add_argument("--work", type=Path, default=ROOT / "output" / "benchmark", metavar="DIR", help="for logs and results")
    parser.add_argument("--output", type=Path, metavar="FILE", help="a copy of the results, JSON")
    parser.add_argument("--timeout", type=float, default=1800, metavar="S", help="seconds one run may take (default: 1800)")
    given = parser.parse_args()
    if given.lines is None:
        given.lines = [] if given.online_retail is not None else [2_000_000]
    return given


if __name__ == "__main__":
    main()
