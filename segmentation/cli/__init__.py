"""The commands of `segmentation`, one module each."""

from collections.abc import Sequence

from segmentation.cli import (
    app,
    backfill,
    catalog,
    clean,
    compare,
    compare_runs,
    erase,
    export,
    generate,
    monitor,
    publish,
    purge,
    rollback,
    runs,
    score,
    segment,
    settings,
    stream,
    track,
    verify,
    warm_up,
)

__all__ = [
    "app",
    "backfill",
    "catalog",
    "clean",
    "command",
    "compare",
    "compare_runs",
    "erase",
    "export",
    "generate",
    "monitor",
    "publish",
    "purge",
    "rollback",
    "runs",
    "score",
    "segment",
    "settings",
    "stream",
    "track",
    "verify",
    "warm_up",
]


def command(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. It returns on success, since some schedulers take any SystemExit for a failure."""
    try:
        app.app(arguments)
    except SystemExit as end:
        if end.code:
            raise
