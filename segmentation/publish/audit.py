"""The audit: written tables are read back and compared with what they must be before readers see them.

Each table is profiled in one pass, by Spark or, where it is small, on the driver.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from math import isclose, isnan
from typing import Any

import pyarrow as arrow
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import from_arrow_schema

from segmentation.errors import AuditFailedError
from segmentation.schemas import SEGMENT_ID, named

ROUNDING = 1e-9
"""How far sums of shares may be from one: doubles add up to some 1e-15 a term."""

TableStats = Mapping[str, Any]
"""`rows`, `keys`, `key_checksum`, and by column `missing NAME`, `sum NAME`, `shares FAMILY`, `size VALUE`."""


@dataclass(frozen=True)
class Expectations:
    """What a table must be."""

    rows: int
    key: tuple[str, ...]  # columns that identify a row; none where rows may repeat
    schema: T.StructType | None = None  # names and types; None where they depend on the log
    nullable: tuple[str, ...] = ()  # columns that may hold nulls
    # What columns add up to over all rows, without nulls: whole numbers and amounts exactly, shares within rounding.
    sums: Mapping[str, Any] = field(default_factory=dict)
    # Families of columns that add up to one in each row, by the family's name.
    shares: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # A column, and the number of rows with each of its values.
    sizes: tuple[str, Mapping[Any, int]] | None = None
    same_as: str | None = None  # another table, with the same keys
    # Another table, and the checksum (`key_checksum`) of all keys: each key is in exactly one of the two tables.
    completes: tuple[str, int] | None = None


@dataclass(frozen=True)
class AuditResult:
    """Rows of each table, and all faults; a run without faults has passed."""

    rows: Mapping[str, int]
    faults: tuple[str, ...]

    def to_manifest(self, compared_with: str | None = None) -> dict[str, Any]:
        """For the manifest; `compared_with` is the published run that this one was compared with, if any."""
        return {"passed": not self.faults, "faults": list(self.faults), "compared_with": compared_with}

    def raise_if_failed(self, remedy: str) -> None:
        """Raise AuditFailedError with all faults and a last line that says where the run is and how to publish it anyway."""
        if self.faults:
            lines = ["the run failed its audit, nothing was published:", *(f"  - {fault}" for fault in self.faults), remedy]
            raise AuditFailedError("\n".join(lines))


def audit(tables: Mapping[str, DataFrame | arrow.Table], expectations: Mapping[str, Expectations], faults: Sequence[str]) -> AuditResult:
    """Compare tables with what is expected of them.

    Faults that are known already come first in the result.
    """
    with ThreadPoolExecutor(len(tables)) as pool:
        stats = dict(zip(tables, pool.map(lambda name: profile_table(tables[name], expectations[name]), tables), strict=True))
    detected = [f"{name}: {fault}" for name in tables for fault in _faults(_schema_of(tables[name]), stats[name], expectations[name])]
    detected += _key_set_faults(stats, expectations)
    return AuditResult({name: table["rows"] for name, table in stats.items()}, (*faults, *detected))


def undersized_segments(segments: Sequence[Mapping[str, Any]], min_group_size: int) -> list[str]:
    """A fault for each segment below the privacy limit: the final fit may come out smaller than the sweep's sample suggested."""
    small = [row for row in segments if row["customers"] < min_group_size]
    return [
        f"segment {row[SEGMENT_ID]} holds {row['customers']:,} customers, fewer than privacy.min_group_size ({min_group_size:,})"
        for row in small
    ]


def profile_table(table: DataFrame | arrow.Table, expected: Expectations) -> TableStats:
    """Measure all that is expected of a table; an Arrow table has no key checksum."""
    return _profile_arrow(table, expected) if isinstance(table, arrow.Table) else _profile_frame(table, expected)


def key_checksum(*names: str) -> Column:
    """Aggregate checksum of the set of keys in these columns: sets of distinct keys collide once in 2^64."""
    return F.bit_xor(F.xxhash64(*map(named, names)))


def _schema_of(table: DataFrame | arrow.Table) -> T.StructType:
    return from_arrow_schema(table.schema) if isinstance(table, arrow.Table) else table.schema


def _faults(schema: T.StructType, stats: TableStats, expected: Expectations) -> Iterator[str]:
    if stats["rows"] != expected.rows:
        yield f"{stats['rows']:,} rows, expected {expected.rows:,}"
    yield from (f"no column {name}" for name in expected.key if name not in schema.names)
    if stats["keys"] != stats["rows"]:
        yield f"{stats['rows'] - stats['keys']:,} rows repeat the key {', '.join(expected.key)}"
    if expected.schema is not None and _columns(schema) != _columns(expected.schema):
        yield f"columns {_columns(schema)}, expected {_columns(expected.schema)}"
    missing = {name: stats[f"missing {name}"] for name in schema.names if name not in expected.nullable}
    yield from (f"{count:,} rows without a value of {name}" for name, count in missing.items() if count)
    yield from _sum_faults(stats, expected)


def _sum_faults(stats: TableStats, expected: Expectations) -> Iterator[str]:
    for name, total in expected.sums.items():
        if not _agree(stats[f"sum {name}"], total):
            yield f"{name} adds up to {stats[f'sum {name}']}, expected {total}"
    uneven = {family: stats[f"shares {family}"] for family in expected.shares}
    yield from (f"{rows:,} rows whose {family} do not add up to 1" for family, rows in uneven.items() if rows)
    if expected.sizes:
        column, sizes = expected.sizes
        counts = {value: (stats[f"size {value}"], size) for value, size in sizes.items()}
        yield from (f"{rows:,} rows of {column} {value}, expected {size:,}" for value, (rows, size) in counts.items() if rows != size)


def _agree(actual: Any, expected: Any) -> bool:
    if isinstance(actual, int | Decimal):
        return bool(actual == expected)
    return actual is not None and isclose(actual, expected, rel_tol=ROUNDING, abs_tol=ROUNDING)


def _key_set_faults(stats: Mapping[str, TableStats], expectations: Mapping[str, Expectations]) -> Iterator[str]:
    """Tables that should hold the same keys, or complementary ones, and don't."""

    def checksum(name: str) -> int:
        return int(stats[name]["key_checksum"] or 0)

    for name, expected in expectations.items():
        key = ", ".join(expected.key)
        if expected.same_as and checksum(name) != checksum(expected.same_as):
            yield f"{name}: other {key} than {expected.same_as}"
        if expected.completes:
            other, whole = expected.completes
            if checksum(name) ^ checksum(other) != whole:
                yield f"{name}: with {other}, not each {key} of the input once"


def _columns(schema: T.StructType) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in schema.fields]


def _profile_arrow(table: arrow.Table, expected: Expectations) -> TableStats:
    rows, names = table.to_pylist(), table.column_names
    key = [name for name in expected.key if name in names]
    column, sizes = expected.sizes or (None, {})
    counts = Counter(row[column] for row in rows) if column else Counter()
    return {
        "rows": len(rows),
        "keys": len({tuple(row[name] for name in key) for row in rows}) if key else len(rows),
        "key_checksum": None,
        **{f"missing {name}": sum(_is_missing(row[name]) for row in rows) for name in names},
        **{f"sum {name}": _sum([row[name] for row in rows]) for name in expected.sums},
        **{
            f"shares {family}": sum(abs(sum(row[name] for name in of) - 1) > ROUNDING for row in rows)
            for family, of in expected.shares.items()
        },
        **{f"size {value}": counts[value] for value in sizes},
    }


def _sum(values: Sequence[Any]) -> Any:
    """As in SQL: None where there are no values."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and isnan(value))


def _profile_frame(frame: DataFrame, expected: Expectations) -> TableStats:
    rows, key = F.count(F.lit(1)), [name for name in expected.key if name in frame.columns]
    keys = F.count_distinct(F.struct(*map(named, key))) if key else rows
    checksum = key_checksum(*key) if key else F.lit(None)
    missing = [F.count_if(_is_null_or_nan(field)).alias(f"missing {field.name}") for field in frame.schema.fields]
    measures = [rows.alias("rows"), keys.alias("keys"), checksum.alias("key_checksum"), *missing, *_expected_measures(expected)]
    return frame.agg(*measures).collect()[0].asDict()


def _expected_measures(expected: Expectations) -> Iterator[Column]:
    yield from (F.sum(named(name)).alias(f"sum {name}") for name in expected.sums)
    for family, names in expected.shares.items():
        yield F.count_if(F.abs(reduce(Column.__add__, map(named, names)) - 1) > ROUNDING).alias(f"shares {family}")
    if expected.sizes:
        column, sizes = expected.sizes
        yield from (F.count_if(named(column) == F.lit(value)).alias(f"size {value}") for value in sizes)


def _is_null_or_nan(field: T.StructField) -> Column:
    column = named(field.name)
    return column.isNull() | F.isnan(column) if isinstance(field.dataType, T.DoubleType) else column.isNull()
