"""Looking at what was written, as a reader would, before readers may."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from math import isclose
from typing import Any

import pyarrow as arrow
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from segmentation.errors import HeldBackError
from segmentation.publish.looks import ROUNDING, Look, look_at, schema_of
from segmentation.publish.promise import Promise
from segmentation.schemas import SEGMENT_ID


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


def audit(tables: Mapping[str, DataFrame | arrow.Table], promises: Mapping[str, Promise], faults: Sequence[str]) -> Audit:
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
        looks = dict(zip(tables, pool.map(lambda name: look_at(tables[name], promises[name]), tables), strict=True))
    broken = [
        *faults,
        *(f"{name}: {fault}" for name, table in tables.items() for fault in _faults(schema_of(table), looks[name], promises[name])),
    ]
    broken += _other_keys(looks, promises)
    return Audit({name: look["rows"] for name, look in looks.items()}, tuple(broken))


def too_small(segments: Sequence[Mapping[str, Any]], smallest_group: int) -> list[str]:
    """Segments in which a customer may stand out, a fault each; the sweep's sample can promise more than the final fit holds."""
    small = [row for row in segments if row["customers"] < smallest_group]
    return [
        f"segment {row[SEGMENT_ID]} holds {row['customers']:,} customers, fewer than privacy.smallest_group ({smallest_group:,})"
        for row in small
    ]


def _faults(schema: T.StructType, look: Look, promise: Promise) -> list[str]:
    found = [f"{look['rows']:,} rows, expected {promise.rows:,}"] if look["rows"] != promise.rows else []
    found += [f"no column {name}" for name in promise.key if name not in schema.names]
    if look["keys"] != look["rows"]:
        found.append(f"{look['rows'] - look['keys']:,} rows repeat the key {', '.join(promise.key)}")
    if promise.schema is not None and _shape(schema) != _shape(promise.schema):
        found.append(f"columns {_shape(schema)}, expected {_shape(promise.schema)}")
    empty = {name: look[f"empty {name}"] for name in schema.names if name not in promise.nullable}
    found += [f"{count:,} rows without a value of {name}" for name, count in empty.items() if count]
    return found + list(_uneven(look, promise))


def _uneven(look: Look, promise: Promise) -> Iterator[str]:
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
    return found is not None and isclose(found, expected, rel_tol=ROUNDING, abs_tol=ROUNDING)


def _other_keys(looks: Mapping[str, Look], promises: Mapping[str, Promise]) -> Iterator[str]:
    """Tables that should speak of the same customers, and don't."""
    for name, promise in promises.items():
        key = ", ".join(promise.key)
        if promise.same_as and _mark(looks[name]) != _mark(looks[promise.same_as]):
            yield f"{name}: other {key} than {promise.same_as}"
        if promise.completes:
            other, whole = promise.completes
            if _mark(looks[name]) ^ _mark(looks[other]) != whole:
                yield f"{name}: with {other}, not each {key} of the input once"


def _mark(look: Look) -> int:
    return int(look["mark"] or 0)


def _shape(schema: T.StructType) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in schema.fields]
