"""Tables of a few rows, known on the driver: written and read here, by Arrow, in milliseconds. Spark would make a job of each."""

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

import fsspec
import pyarrow as arrow
from pyarrow import parquet
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from segmentation.errors import IntegrityError
from segmentation.storage.files import exists, join
from segmentation.storage.tables import SCHEMA_OF_SPARK

_FILE = "rows.parquet"


def write_rows(rows: Sequence[Mapping[str, Any]], schema: StructType, path: str) -> None:
    """Write a small table as one Parquet file to a path where nothing is yet; columns that a row lacks are null.

    Raises
    ------
    FileExistsError
        Something is there.
    """
    if exists(path):
        raise FileExistsError(f"{path} is there already")
    table = arrow.Table.from_pylist([dict(row) for row in rows], schema=to_arrow_schema(schema))
    filesystem, target = fsspec.core.url_to_fs(path)
    filesystem.makedirs(target)
    with filesystem.open(posixpath.join(target, _FILE), "wb") as file:
        parquet.write_table(table.replace_schema_metadata({SCHEMA_OF_SPARK: schema.json()}), file)


def is_of_rows(path: str) -> bool:
    """Whether a table was written by `write_rows`."""
    return exists(join(path, _FILE))


def read_arrow(path: str) -> arrow.Table:
    """A small table of this project's, whoever wrote it; its types are those of its files.

    Raises
    ------
    IntegrityError
        A file of it is damaged.
    """
    filesystem, target = fsspec.core.url_to_fs(path)
    try:
        return parquet.read_table(target, filesystem=filesystem, partitioning=None)
    except arrow.ArrowInvalid:
        raise IntegrityError(
            f"{path}: a file of this table is damaged. `segmentation verify` tells which; `segmentation runs` lists other runs"
        ) from None


def read_rows(path: str) -> list[dict[str, Any]]:
    """A small table of this project's, row by row."""
    rows: list[dict[str, Any]] = read_arrow(path).to_pylist()
    return rows
