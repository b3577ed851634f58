"""Every table of a run, of its orders and of a comparison as a Delta table too, where the settings ask for it."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from segmentation import storage
from segmentation.publish.comparison import FOLDER, Comparison
from segmentation.publish.run import Run
from segmentation.workflows.holdings import holdings, places_of

_THREADS = 8
"""Logs written together: on an object store each takes its time."""


def make_delta(run: Run) -> None:
    """Make each table of a run Delta, and of its orders those too that the next night reads; all of them are complete.

    Else a reader that holds a folder for Delta would take what lies in it for Delta as well. But a model is read by Spark's own reader.
    """
    mine, orders, _ = places_of(run)
    tables = holdings(run.root, (mine, orders)).tables
    _with_logs(storage.join(run.root, table) for table in tables if not table.startswith(f"{mine}/model/"))


def make_comparison_delta(comparison: Comparison) -> None:
    """The same of a comparison's tables."""
    root = comparison.run.root
    _with_logs(storage.join(root, table) for table in holdings(root, (f"{FOLDER}/{comparison.place}",)).tables)


def _with_logs(paths: Iterable[str]) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(storage.write_log, paths))
