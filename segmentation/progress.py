"""Progress of a run: a live line on a terminal, otherwise one log line of counts per stage."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

logger = logging.getLogger(__name__)


@dataclass
class Stage:
    """One stage of a run, with its counts and duration."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    _run_log: "RunLog | None" = None

    def count(self, **counts: int) -> None:
        """Add counts to report when the stage ends."""
        self.counts.update(counts)

    def advance(self, done: int, of: int) -> None:
        """Report progress within the stage."""
        if self._run_log:
            self._run_log.show(self, done, of)


class RunLog:
    """The stages of one run, reported while it runs and recorded for the manifest."""

    def __init__(self, console: Console | None = None) -> None:
        self.stages: list[Stage] = []
        self._live = _live_line(console) if console and console.is_terminal else None
        self._task: Any = None

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Time a stage, and report its counts when it ends."""
        stage = Stage(name, _run_log=self)
        self.show(stage)
        start = time.monotonic()
        try:
            yield stage
        finally:
            stage.seconds = round(time.monotonic() - start, 3)
            self.stages.append(stage)
            self._clear_live_line()
        self._report(stage)

    def record(self, name: str, seconds: float, counts: Mapping[str, int]) -> None:
        """Add a stage that ran side by side with others."""
        stage = Stage(name, dict(counts), round(seconds, 3))
        self.stages.append(stage)
        self._report(stage)

    def show(self, stage: Stage, done: int | None = None, of: int | None = None) -> None:
        """Update the live line."""
        if self._live is None:
            return
        if self._task is None:
            self._live.start()
            self._task = self._live.add_task(stage.name, total=of)
        self._live.update(self._task, completed=done or 0, total=of)

    def _clear_live_line(self) -> None:
        if self._live is not None and self._task is not None:
            self._live.remove_task(self._task)
            self._live.stop()
            self._task = None

    def _report(self, stage: Stage) -> None:
        counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in stage.counts.items())
        if self._live is None:
            logger.info("%s: %s (%.1f s)", stage.name, counts or "done", stage.seconds)
        else:
            self._live.console.print(f"[green]✓[/] {stage.name:<10} [dim]{stage.seconds:6.1f} s[/]  {counts}", highlight=False)


class _CountColumn(MofNCompleteColumn):
    """Completed and total count, once the total is known."""

    def render(self, task: Task) -> Text:
        return super().render(task) if task.total else Text()


def _live_line(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        _CountColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
