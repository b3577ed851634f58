"""Rows of published tables without values that describe fewer customers than `privacy.min_group_size`."""

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.privacy.cell_suppression import is_below_threshold, suppressed_in_line
from segmentation.schemas import Record, Records

_SIGNIFICANT_DIGITS = 3


def suppress_counts(rows: Sequence[Record], count: str, dependent: Sequence[str], min_group_size: int, by: Sequence[str] = ()) -> Records:
    """Rows of a table without small counts of customers, and without the counts that would give these back by subtraction.

    `count` is the column of customers. A count may be null already; it then stays so, and is no part of the total. The columns `dependent`
    rest on these customers, and are nulled with the count.

    Counts add up to a known total within the values of the columns `by`; by default, over the whole table. No published count is smaller
    than `min_group_size`, nor is any difference of published counts. With 1 nothing is suppressed.
    """
    groups: dict[tuple[Any, ...], list[int]] = {}
    for number, row in enumerate(rows):
        if row[count] is not None:
            groups.setdefault(tuple(row[name] for name in by), []).append(number)
    suppressed: set[int] = set()
    for numbers in groups.values():
        cells = suppressed_in_line([rows[number][count] for number in numbers], min_group_size)
        suppressed |= {number for number, is_suppressed in zip(numbers, cells, strict=True) if is_suppressed}
    return [with_nulls(row, (count, *dependent)) if number in suppressed else dict(row) for number, row in enumerate(rows)]


def suppress_together(counts: Mapping[str, int], min_group_size: int) -> dict[str, int | None]:
    """Counts that follow from each other: all of them, or none where any is small."""
    is_suppressed = any(is_below_threshold(count, min_group_size) for count in counts.values())
    return {name: None if is_suppressed else count for name, count in counts.items()}


def with_nulls(row: Record, names: Sequence[str]) -> dict[str, Any]:
    """A row with nulls in these of its columns.

    Raises KeyError where the row has no such column: a misspelt name would publish what must not be.
    """
    if unknown := [name for name in names if name not in row]:
        raise KeyError(f"no columns {', '.join(unknown)}")
    return {**row, **dict.fromkeys(names)}


def contingency_table(rows: Sequence[Record], by: Sequence[str], across: Sequence[str]) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """Column `customers` of a table, counted by some columns and across others, and the cell of each row; cells without a row are 0."""
    keys = [[tuple(row[name] for name in names) for row in rows] for names in (by, across)]
    numbers = [{key: number for number, key in enumerate(dict.fromkeys(side))} for side in keys]
    cells = [(numbers[0][one], numbers[1][other]) for one, other in zip(*keys, strict=True)]
    counts = np.zeros((len(numbers[0]), len(numbers[1])), dtype=np.int64)
    for cell, row in zip(cells, rows, strict=True):
        counts[cell] = row["customers"]
    return counts, cells


def reveals_small_group(part: int, total: int, min_group_size: int) -> bool:
    """Whether a count of customers, or the rest of the total, is a small group."""
    return bool(is_below_threshold(part, min_group_size) or is_below_threshold(total - part, min_group_size))


def publishable_quantile(value: float | None, level: float, customers: int, min_group_size: int) -> float | None:
    """A quantile to three significant digits, or None where too few customers lie to either side: it is the value of one of them.

    `level` is 0 to 1. `customers` is the number of those with a value; `min_group_size` of them must lie to either side.
    """
    if value is None or round(min(level, 1 - level) * customers, 9) < min_group_size:
        return None
    return float(value) and round(float(value), _SIGNIFICANT_DIGITS - 1 - floor(log10(abs(float(value)))))


def n_suppressed(before: Sequence[Record], after: Sequence[Record]) -> int:
    """How many values of a table were suppressed."""
    return sum(value is None for row in after for value in row.values()) - sum(value is None for row in before for value in row.values())


def n_suppressed_by_table(tables: Mapping[str, tuple[Sequence[Record], Sequence[Record]]]) -> dict[str, int]:
    """How many values of each table were suppressed, from its rows before and after; tables without any are left out."""
    counts = {name: n_suppressed(before, after) for name, (before, after) in tables.items()}
    return {name: count for name, count in counts.items() if count}
