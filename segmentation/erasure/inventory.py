"""Tables and other files under an output root."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.publish.run import Run


@dataclass(frozen=True)
class Inventory:
    """Files under a root, as paths relative to it."""

    root: str
    files: tuple[str, ...]

    @property
    def tables(self) -> list[str]:
        """Folders that hold Parquet files."""
        return sorted({posixpath.dirname(file) for file in self.files if file.endswith(".parquet")})

    @property
    def other_files(self) -> list[str]:
        """Files that are not part of a table."""
        tables = set(self.tables)
        return [file for file in self.files if posixpath.dirname(file) not in tables]

    def files_of(self, table: str) -> list[str]:
        """Files of a table."""
        return [file for file in self.files if posixpath.dirname(file) == table]

    def read_table(self, spark: SparkSession, table: str) -> DataFrame:
        """Rows of a table."""
        return storage.read_table(spark, storage.join(self.root, table))


def inventory_of(root: str, folders: Iterable[str] = ("",)) -> Inventory:
    """All files below some folders of a root; by default, all below the root."""
    files = [posixpath.join(folder, file) for folder in folders for file in storage.list_files(storage.join(root, folder))]
    return Inventory(root, tuple(sorted(files)))


def run_folders(run: Run) -> tuple[str, str, str]:
    """Folders of a run: its own, its orders, and its comparisons with other algorithms."""
    return (f"runs/{run.run_id}", f"orders/{run.run_id}", f"comparisons/{run.run_id}")
