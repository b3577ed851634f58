"""What a run tells while it works: a live line on a terminal, one line of counts per stage elsewhere."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

logger = logging.getLogger(__name__)


@dataclass
class Stage:
    """One step of a run: its counts, and how far it is."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    _journal: "RunLog | None" = None

    def count(self, **counts: int) -> None:
        """Note counts to be told when the stage ends."""
        self.counts.update(counts)

    def advance(self, done: int, of: int) -> None:
        """Tell how much of the stage is done."""
        if self._journal:
            self._journal.show(self, done, of)


class RunLog:
    """The stages of one run, told while they happen and kept for the manifest."""

    def __init__(self, console: Console | None = None) -> None:
        self.stages: list[Stage] = []
        self._live = _live_line(console) if console and console.is_terminal else None
        self._task: Any = None

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Time a stage and tell its counts when it is over."""
        stage = Stage(name, _journal=self)
        self.show(stage)
        began = time.monotonic()
        try:
            yield stage
        finally:
            stage.seconds = round(time.monotonic() - began, 3)
            self.stages.append(stage)
            self._settle()
        self._tell(stage)

    def show(self, stage: Stage, done: int | None = None, of: int | None = None) -> None:
        """Bring the live line up to date."""
        if self._live is None:
            return
        if self._task is None:
            self._live.start()
            self._task = self._live.add_task(stage.name, total=of)
        self._live.update(self._task, completed=done or 0, total=of)

    def _settle(self) -> None:
        if self._live is not None and self._task is not None:
            self._live.remove_task(self._task)
            self._live.stop()
            self._task = None

    def _tell(self, stage: Stage) -> None:
        counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in stage.counts.items())
        if self._live is None:
            logger.info("%s: %s (%.1f s)", stage.name, counts or "done", stage.seconds)
        else:
            self._live.console.print(f"[green]✓[/] {stage.name:<10} [dim]{stage.seconds:6.1f} s[/]  {counts}", highlight=False)


class _Done(MofNCompleteColumn):
    """How many of how many, once that is known."""

    def render(self, task: Task) -> Text:
        return super().render(task) if task.total else Text()


def _live_line(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        _Done(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
