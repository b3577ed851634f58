"""What lies under an output root: tables, and files beside them."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.publish.run import Run


@dataclass(frozen=True)
class Holdings:
    """Files under a root, by path from there.

    Parameters
    ----------
    root
        Where they lie.
    files
        All of them.
    """

    root: str
    files: tuple[str, ...]

    @property
    def tables(self) -> list[str]:
        """Folders that hold Parquet files."""
        return sorted({posixpath.dirname(file) for file in self.files if file.endswith(".parquet")})

    @property
    def beside(self) -> list[str]:
        """Files that are no part of a table."""
        tables = set(self.tables)
        return [file for file in self.files if posixpath.dirname(file) not in tables]

    def parts(self, table: str) -> list[str]:
        """Files of a table."""
        return [file for file in self.files if posixpath.dirname(file) == table]

    def read(self, spark: SparkSession, table: str) -> DataFrame:
        """A table's rows."""
        return storage.read_table(spark, storage.join(self.root, table))


def holdings(root: str, folders: Iterable[str] = ("",)) -> Holdings:
    """All files below some folders of a root; by default, all there are."""
    found = [posixpath.join(folder, file) for folder in folders for file in storage.files_under(storage.join(root, folder))]
    return Holdings(root, tuple(sorted(found)))


def places_of(run: Run) -> tuple[str, str, str]:
    """Folders that are a run's: its own, its orders, and what it was compared with."""
    return (f"runs/{run.run_id}", f"orders/{run.run_id}", f"comparisons/{run.run_id}")
