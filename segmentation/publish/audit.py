"""Looking at what was written, as a reader would, before readers may."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.errors import HeldBackError
from segmentation.schemas import SEGMENT_ID, named


@dataclass(frozen=True)
class Promise:
    """What a table must be.

    Parameters
    ----------
    rows
        How many it must have.
    key
        Columns that tell rows apart; none where rows may repeat.
    schema
        Names and types; None where they depend on the log.
    nullable
        Columns that may hold nulls.
    """

    rows: int
    key: tuple[str, ...]
    schema: T.StructType | None = None
    nullable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audit:
    """What an audit found: rows of each table, and every fault; without any, the run has passed."""

    rows: Mapping[str, int]
    faults: tuple[str, ...]

    def told(self) -> dict[str, Any]:
        """For the manifest."""
        return {"passed": not self.faults, "faults": list(self.faults)}

    def stop(self, kept: str) -> None:
        """End a run that has not passed.

        Parameters
        ----------
        kept
            Where it can be looked at, and how it is published all the same.

        Raises
        ------
        HeldBackError
            With every fault in one report.
        """
        if self.faults:
            raise HeldBackError("\n".join(["the run is held back, nothing was published:", *(f"  - {f}" for f in self.faults), kept]))


def audit(tables: Mapping[str, DataFrame], promises: Mapping[str, Promise], faults: Sequence[str]) -> Audit:
    """Rows of each table as found, and all that is not as promised.

    Parameters
    ----------
    tables
        As read back from storage.
    promises
        What each must be.
    faults
        What is known to be wrong already, such as an accounting that does not add up.
    """
    with ThreadPoolExecutor(len(tables)) as pool:
        looks = dict(zip(tables, pool.map(lambda name: _look(tables[name], promises[name]), tables), strict=True))
    broken = [*faults, *(f"{name}: {fault}" for name, frame in tables.items() for fault in _faults(frame, looks[name], promises[name]))]
    return Audit({name: look["rows"] for name, look in looks.items()}, tuple(broken))


def too_small(segments: Sequence[Mapping[str, Any]], smallest_group: int) -> list[str]:
    """Segments in which a customer may stand out, a fault each; the sweep's sample can promise more than the final fit holds."""
    small = [row for row in segments if row["customers"] < smallest_group]
    return [
        f"segment {row[SEGMENT_ID]} holds {row['customers']:,} customers, fewer than privacy.smallest_group ({smallest_group:,})"
        for row in small
    ]


def _look(frame: DataFrame, promise: Promise) -> Row:
    rows = F.count(F.lit(1))
    key = [named(name) for name in promise.key if name in frame.columns]
    keys = F.count_distinct(F.struct(*key)) if key else rows
    empty = [F.count_if(_is_empty(field)).alias(f"empty {field.name}") for field in frame.schema.fields]
    return frame.agg(rows.alias("rows"), keys.alias("keys"), *empty).collect()[0]


def _is_empty(field: T.StructField) -> Column:
    column = named(field.name)
    return column.isNull() | F.isnan(column) if isinstance(field.dataType, T.DoubleType) else column.isNull()


def _faults(frame: DataFrame, look: Row, promise: Promise) -> list[str]:
    found = [f"{look['rows']:,} rows, expected {promise.rows:,}"] if look["rows"] != promise.rows else []
    found += [f"no column {name}" for name in promise.key if name not in frame.columns]
    if look["keys"] != look["rows"]:
        found.append(f"{look['rows'] - look['keys']:,} rows repeat the key {', '.join(promise.key)}")
    if promise.schema is not None and _shape(frame.schema) != _shape(promise.schema):
        found.append(f"columns {_shape(frame.schema)}, expected {_shape(promise.schema)}")
    empty = {name: look[f"empty {name}"] for name in frame.columns if name not in promise.nullable}
    return found + [f"{count:,} rows without a value of {name}" for name, count in empty.items() if count]


def _shape(schema: T.StructType) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in schema.fields]
