"""What the tables of a run must be, before anybody looks at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import types as T


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
