"""The jobs as `segmentation <job>`."""

from segmentation.cli import campaigns, comparing, keeping, monitoring, preparing, privacy, segmenting, streaming, tracking
from segmentation.cli.shared import app

__all__ = [
    "app",
    "campaigns",
    "command",
    "comparing",
    "keeping",
    "monitoring",
    "preparing",
    "privacy",
    "segmenting",
    "streaming",
    "tracking",
]


def command() -> None:
    """The command line; returns where all went well, since some schedulers take every SystemExit for a failure."""
    try:
        app()
    except SystemExit as end:
        if end.code:
            raise
