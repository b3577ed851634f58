"""Looking at what was written, as a reader would, before readers may."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from math import isclose
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.errors import HeldBackError
from segmentation.schemas import SEGMENT_ID, named

_ROUNDING = 1e-9
"""How far sums of shares may be from one: doubles add up to some 1e-15 a term."""


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
    sums
        What columns add up to over all rows, nulls left aside: whole numbers and amounts exactly, shares within rounding.
    shares
        Families of columns that add up to one in each row, by what the family is called.
    sizes
        A column, and how many rows have each of its values.
    same_as
        Another table, with the same keys.
    completes
        Another table, and the mark (`mark_of`) of all keys: each of them is in one of the two tables, and none in both.
    """

    rows: int
    key: tuple[str, ...]
    schema: T.StructType | None = None
    nullable: tuple[str, ...] = ()
    sums: Mapping[str, Any] = field(default_factory=dict)
    shares: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sizes: tuple[str, Mapping[Any, int]] | None = None
    same_as: str | None = None
    completes: tuple[str, int] | None = None


@dataclass(frozen=True)
class Audit:
    """What an audit found: rows of each table, and every fault; without any, the run has passed."""

    rows: Mapping[str, int]
    faults: tuple[str, ...]

    def told(self, compared_with: str | None = None) -> dict[str, Any]:
        """For the manifest; `compared_with` is the run that this one was held against, if any."""
        return {"passed": not self.faults, "faults": list(self.faults), "compared_with": compared_with}

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
    broken += _other_keys(looks, promises)
    return Audit({name: look["rows"] for name, look in looks.items()}, tuple(broken))


def mark_of(*names: str) -> Column:
    """A mark of the set of keys in these columns: where keys don't repeat, other sets have the same one once in 2^64 times."""
    return F.bit_xor(F.xxhash64(*map(named, names)))


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
    mark = mark_of(*(name for name in promise.key if name in frame.columns)) if key else F.lit(None)
    return frame.agg(rows.alias("rows"), keys.alias("keys"), mark.alias("mark"), *empty, *_further(frame, promise)).collect()[0]


def _further(frame: DataFrame, promise: Promise) -> Iterator[Column]:
    """What else is counted in the same pass."""
    yield from (F.sum(named(name)).alias(f"sum {name}") for name in promise.sums)
    for family, names in promise.shares.items():
        yield F.count_if(F.abs(reduce(Column.__add__, map(named, names)) - 1) > _ROUNDING).alias(f"shares {family}")
    if promise.sizes:
        column, sizes = promise.sizes
        yield from (F.count_if(named(column) == F.lit(value)).alias(f"size {value}") for value in sizes)


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
    found += [f"{count:,} rows without a value of {name}" for name, count in empty.items() if count]
    return found + list(_uneven(look, promise))


def _uneven(look: Row, promise: Promise) -> Iterator[str]:
    """What does not add up."""
    for name, expected in promise.sums.items():
        if not _agree(look[f"sum {name}"], expected):
            yield f"{name} adds up to {look[f'sum {name}']}, expected {expected}"
    uneven = {family: look[f"shares {family}"] for family in promise.shares}
    yield from (f"{rows:,} rows whose {family} do not add up to 1" for family, rows in uneven.items() if rows)
    if promise.sizes:
        column, sizes = promise.sizes
        found = {value: (look[f"size {value}"], size) for value, size in sizes.items()}
        yield from (f"{rows:,} rows of {column} {value}, expected {size:,}" for value, (rows, size) in found.items() if rows != size)


def _agree(found: Any, expected: Any) -> bool:
    if isinstance(found, int | Decimal):
        return bool(found == expected)
    return found is not None and isclose(found, expected, rel_tol=_ROUNDING, abs_tol=_ROUNDING)


def _other_keys(looks: Mapping[str, Row], promises: Mapping[str, Promise]) -> Iterator[str]:
    """Tables that should speak of the same customers, and don't."""
    for name, promise in promises.items():
        key = ", ".join(promise.key)
        if promise.same_as and _mark(looks[name]) != _mark(looks[promise.same_as]):
            yield f"{name}: other {key} than {promise.same_as}"
        if promise.completes:
            other, whole = promise.completes
            if _mark(looks[name]) ^ _mark(looks[other]) != whole:
                yield f"{name}: with {other}, not each {key} of the input once"


def _mark(look: Row) -> int:
    return int(look["mark"] or 0)


def _shape(schema: T.StructType) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in schema.fields]
