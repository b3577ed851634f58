"""Contenders in turn, each as a cold process, measured and cleaned up after."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from contenders import ROOT, WARM_UP, Contender, generate_command, left_behind
from measurement import Measurement, measured
from rich.console import Console
from skew import write_skewed

_LAST_WORDS = 30


@dataclass
class Contest:
    """What was measured so far, and where.

    Parameters
    ----------
    work
        Folder that keeps generated logs.
    scratch
        Folder for whatever contenders write; empty between runs.
    rounds
        Runs of each contender.
    timeout
        Seconds that one run may take.
    results
        Files that take the results.
    machine
        What it all runs on.
    console
        Where progress is printed.
    """

    work: Path
    scratch: Path
    rounds: int
    timeout: float
    results: tuple[Path, ...]
    machine: dict[str, Any]
    console: Console
    runs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def output(self) -> Path:
        """Where the contender under way writes its tables."""
        return self.scratch / "output"

    def run_all(self, case: str, contenders: Sequence[Contender], log: Path | None = None) -> list[dict[str, Any]]:
        """Run all contenders in turn, as often as there are rounds; their results in that order."""
        before = len(self.runs)
        if any(contender.is_warmed_up for contender in contenders):
            self._warm_up()
        for number in range(1, self.rounds + 1):
            for contender in contenders:
                _read_through(log)
                self.runs.append({"case": case, "round": number, "contender": contender.name, **self._run(contender)})
                self._save()
        return self.runs[before:]

    def log_of(self, lines: int) -> Path:
        """The log of that size, written now unless an earlier call has; it stays for later ones."""
        folder = self.work / "logs" / str(lines)
        if not folder.exists():
            self.console.print(f"generating {lines:,} lines …")
            with self._emptied():
                measurement = self._measured(generate_command(lines, self.output), self.scratch)
                if measurement.outcome != "done":
                    sys.exit(f"the log of {lines:,} lines could not be written: {measurement.outcome}\n{self._last_words()}")
                folder.parent.mkdir(parents=True, exist_ok=True)
                self.output.rename(folder)
        return folder / "transactions"

    def skewed_log_of(self, lines: int) -> Path:
        """The same log with one customer of 5 % of its lines, and one order of 100,000."""
        plain, folder = self.log_of(lines), self.work / "logs" / f"{lines}-skewed"
        if not folder.exists():
            aside = folder.with_suffix(".tmp")
            shutil.rmtree(aside, ignore_errors=True)
            write_skewed(plain, aside)
            aside.rename(folder)
        return folder

    def _warm_up(self) -> None:
        self.console.print("warming up …")
        with self._emptied():
            measurement = self._measured(WARM_UP, self.work)
            if measurement.outcome != "done":
                sys.exit(f"no warm-up: {measurement.outcome}\n{self._last_words()}")

    def _run(self, contender: Contender) -> dict[str, Any]:
        self.console.print(f"{contender.name} …", end=" ")
        load = os.getloadavg()[0]
        with self._emptied():
            measurement = self._measured(contender.command, self.work if contender.is_warmed_up else self.scratch)
            left = left_behind(self.output)
            self.console.print(f"{measurement.outcome}, {measurement.wall_seconds:.1f} s (load before: {load:.1f})", highlight=False)
            if measurement.outcome != "done":
                self.console.print(self._last_words(), style="dim", markup=False)
        return {**_rounded(asdict(measurement)), "load_before": round(load, 2), **left}

    def _measured(self, command: Sequence[str], cache: Path) -> Measurement:
        return measured(command, ROOT, _environment(self.scratch, cache), self.scratch / "said.txt", self.timeout)

    def _last_words(self) -> str:
        return "\n".join((self.scratch / "said.txt").read_text(errors="replace").splitlines()[-_LAST_WORDS:])

    @contextmanager
    def _emptied(self) -> Iterator[None]:
        try:
            yield
        finally:
            for path in self.scratch.iterdir():
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def _save(self) -> None:
        # After every run: an end at any moment loses one run at most.
        for path in self.results:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"machine": self.machine, "runs": self.runs}, indent=2) + "\n")


def _read_through(log: Path | None) -> None:
    """Bring the log into the page cache: else the first contender pays for the disk, and the next does not."""
    for file in log.glob("*.parquet") if log else ():
        with file.open("rb") as opened:
            while opened.read(2**24):
                pass


def _environment(scratch: Path, cache: Path) -> dict[str, str]:
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    places = {"SPARK_LOCAL_DIRS": str(scratch), "TMPDIR": str(scratch), "XDG_CACHE_HOME": str(cache)}
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYSPARK_PYTHON": sys.executable, **places}


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in values.items()}
