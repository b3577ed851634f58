"""What a table holds, counted in one pass: by Spark, and of a small table on the spot."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from math import isnan
from typing import Any

import pyarrow as arrow
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import from_arrow_schema

from segmentation.publish.promise import Promise
from segmentation.schemas import named

ROUNDING = 1e-9
"""How far sums of shares may be from one: doubles add up to some 1e-15 a term."""

Look = Mapping[str, Any]
"""`rows`, `keys`, `mark`, and by column `empty NAME`, `sum NAME`, `shares FAMILY`, `size VALUE`."""


def schema_of(table: DataFrame | arrow.Table) -> T.StructType:
    """Columns as Spark calls them."""
    return from_arrow_schema(table.schema) if isinstance(table, arrow.Table) else table.schema


def look_at(table: DataFrame | arrow.Table, promise: Promise) -> Look:
    """What there is of all that is promised; of a small table there is no mark."""
    return _counted_here(table, promise) if isinstance(table, arrow.Table) else _counted_by_spark(table, promise)


def mark_of(*names: str) -> Column:
    """A mark of the set of keys in these columns: where keys don't repeat, other sets have the same one once in 2^64 times."""
    return F.bit_xor(F.xxhash64(*map(named, names)))


def _counted_here(table: arrow.Table, promise: Promise) -> Look:
    rows, names = table.to_pylist(), table.column_names
    key = [name for name in promise.key if name in names]
    column, sizes = promise.sizes or (None, {})
    found = Counter(row[column] for row in rows) if column else Counter()
    return {
        "rows": len(rows),
        "keys": len({tuple(row[name] for name in key) for row in rows}) if key else len(rows),
        "mark": None,
        **{f"empty {name}": sum(_is_empty(row[name]) for row in rows) for name in names},
        **{f"sum {name}": _sum([row[name] for row in rows]) for name in promise.sums},
        **{
            f"shares {family}": sum(abs(sum(row[name] for name in of) - 1) > ROUNDING for row in rows)
            for family, of in promise.shares.items()
        },
        **{f"size {value}": found[value] for value in sizes},
    }


def _sum(values: Sequence[Any]) -> Any:
    """As SQL has it: of no values, none."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, float) and isnan(value))


def _counted_by_spark(frame: DataFrame, promise: Promise) -> Look:
    rows = F.count(F.lit(1))
    key = [named(name) for name in promise.key if name in frame.columns]
    keys = F.count_distinct(F.struct(*key)) if key else rows
    empty = [F.count_if(_is_hole(field)).alias(f"empty {field.name}") for field in frame.schema.fields]
    mark = mark_of(*(name for name in promise.key if name in frame.columns)) if key else F.lit(None)
    return frame.agg(rows.alias("rows"), keys.alias("keys"), mark.alias("mark"), *empty, *_further(promise)).collect()[0].asDict()


def _further(promise: Promise) -> Iterator[Column]:
    """What else is counted in the same pass."""
    yield from (F.sum(named(name)).alias(f"sum {name}") for name in promise.sums)
    for family, names in promise.shares.items():
        yield F.count_if(F.abs(reduce(Column.__add__, map(named, names)) - 1) > ROUNDING).alias(f"shares {family}")
    if promise.sizes:
        column, sizes = promise.sizes
        yield from (F.count_if(named(column) == F.lit(value)).alias(f"size {value}") for value in sizes)


def _is_hole(field: T.StructField) -> Column:
    column = named(field.name)
    return column.isNull() | F.isnan(column) if isinstance(field.dataType, T.DoubleType) else column.isNull()
