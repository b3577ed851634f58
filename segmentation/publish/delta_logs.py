"""Delta logs for published tables, where the settings ask for them (`publish.format: delta`)."""

import posixpath
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from segmentation import storage
from segmentation.publish.tables import TableSpec

_THREADS = 8
"""Logs written at once: on an object store each write waits for a round trip."""


def write_delta_logs(*folders: str, specs: Mapping[str, TableSpec]) -> None:
    """Make every table below some folders a Delta table too, with the descriptions of its declaration; all of them must be complete.

    Tables inside other tables get a log as well, since a Delta reader takes every file below its folder for its own. Those of a model do
    not: Spark reads them as Parquet.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda path: write_delta_log(path, specs), (table for folder in folders for table in _tables(folder))))


def write_delta_log(path: str, specs: Mapping[str, TableSpec]) -> None:
    """Make one table a Delta table too, described as its declaration among `specs` says, if there is one."""
    spec = specs.get(posixpath.basename(path))
    if spec is None:
        storage.write_delta_log(path)
    else:
        storage.write_delta_log(path, spec.grain, lambda name: column.doc if (column := spec.find_column(name)) else None)


def _tables(folder: str) -> list[str]:
    """Folders with Parquet files."""
    tables = {posixpath.dirname(file) for file in storage.list_files(folder) if file.endswith(".parquet")}
    return [storage.join(folder, table) if table else folder for table in sorted(tables) if not table.startswith("model/")]
