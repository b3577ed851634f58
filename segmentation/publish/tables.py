"""Published tables, each declared once: columns, key, grain, checks, documentation."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyspark.sql import types as T

from segmentation.publish.audit import Expectations
from segmentation.schemas import Record


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Its name; `<feature>_mean` declares a family of columns, one for each feature, category or level that the input gives.
    type
        Spark's type; None where it depends on the input.
    doc
        One line: what the values are, their unit and range.
    nullable
        Whether values may be missing in any run.
    suppressible
        Whether values may be missing where they would describe a group smaller than `privacy.min_group_size`.
    optional
        Whether the column itself may be absent, since the input does not give it.
    """

    name: str
    type: T.DataType | None
    doc: str
    nullable: bool = False
    suppressible: bool = False
    optional: bool = False

    @property
    def is_family(self) -> bool:
        """Whether this declares a family of columns."""
        return "<" in self.name

    def matches(self, name: str) -> bool:
        """Whether a table's column is this one, or one of this family."""
        return name == self.name or (self.is_family and re.fullmatch(_pattern(self.name), name) is not None)


def _pattern(name: str) -> str:
    return "".join(".+" if part.startswith("<") else re.escape(part) for part in re.split(r"(<[^>]+>)", name))


@dataclass(frozen=True)
class RowCount:
    """The table has as many rows as a total of the run says, such as `customers`."""

    total: str

    def __str__(self) -> str:
        return f"one row for each of the run's {self.total.replace('_', ' ')}"


@dataclass(frozen=True)
class Sum:
    """A column adds up to a number, to a total of the run, or to a column of another small table (`rfm_overlap.customers`)."""

    column: str
    equals: float | str

    def __str__(self) -> str:
        other = f"`{self.equals}`" if isinstance(self.equals, str) and "." in self.equals else str(self.equals).replace("_", " ")
        return f"`{self.column}` adds up to {other}"


@dataclass(frozen=True)
class SegmentSizes:
    """Each segment has as many rows as customers."""

    column: str

    def __str__(self) -> str:
        return f"each `{self.column}` has as many rows as the segment has customers"


@dataclass(frozen=True)
class ShareFamily:
    """Columns that begin alike add up to 1 in each row."""

    prefix: str

    def __str__(self) -> str:
        return f"the columns `{self.prefix}…` add up to 1 in each row"


@dataclass(frozen=True)
class SameKeys:
    """The table has the same keys as another."""

    table: str

    def __str__(self) -> str:
        return f"the same keys as `{self.table}`"


@dataclass(frozen=True)
class Complement:
    """Each key of the input is in this table or in the other, and none in both."""

    table: str

    def __str__(self) -> str:
        return f"with `{self.table}`, each customer of the input exactly once"


Check = RowCount | Sum | SegmentSizes | ShareFamily | SameKeys | Complement


@dataclass(frozen=True)
class RunTotals:
    """What the tables of one run are checked against."""

    # By name: `customers`, `segments`, `revenue_net` (None without purchases), and what analyses add.
    numbers: Mapping[str, int | float | Decimal | None]
    # Customers by segment.
    segment_sizes: Mapping[int, int]
    # `key_checksum` of all customers of the input; None where it is not known.
    customer_keys: int | None = None


@dataclass(frozen=True)
class CountSuppression:
    """How small groups are suppressed by default: a column counts customers, and others rest on these customers."""

    count: str
    # Columns to null with it.
    dependent: tuple[str, ...] = ()
    # Columns within whose values the counts add up to a known total; none where over the whole table.
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSpec:
    """One published table.

    Parameters
    ----------
    name
        Its name; also that of its folder.
    grain
        What one row is: "One row for each segment and feature."
    columns
        In their order.
    key
        Columns that identify a row; none where rows may repeat.
    checks
        What the audit checks in addition to columns, nulls and key.
    published
        When it is published, in words; empty where every run has it.
    suppression
        How small groups are suppressed by default; None where the analysis does it itself, or the table has none.
    notes
        Further paragraphs of documentation, as Markdown: definitions, formulas, worked values.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    published: str = ""
    suppression: CountSuppression | None = None
    notes: str = ""

    @property
    def schema(self) -> T.StructType:
        """Names and types of a table without optional columns and families."""
        return self.schema_of([column.name for column in self.columns])

    def schema_of(self, names: Iterable[str], computed: T.StructType | None = None) -> T.StructType:
        """Schema of the table with these columns, in this order.

        The frame's `computed` schema decides where a declared type depends on the input.

        Raises
        ------
        ValueError
            A column is not declared.
        """
        types = {field.name: field.dataType for field in computed.fields} if computed else {}
        return T.StructType([T.StructField(name, self.column(name).type or types.get(name, T.DoubleType())) for name in names])

    def names_in(self, rows: Sequence[Record]) -> list[str]:
        """Columns of a small table, in the declared order; where there are families, in the order of its rows."""
        if not rows or any(column.is_family for column in self.columns):
            return list(rows[0]) if rows else [column.name for column in self.columns if not column.is_family]
        return [column.name for column in self.columns if column.name in rows[0] or not column.optional]

    def column(self, name: str) -> Column:
        """The declaration of a column, by its name or its family's."""
        declared = self.find_column(name)
        if declared is None:
            raise ValueError(f"{self.name}: column {name} is not declared")
        return declared

    def find_column(self, name: str) -> Column | None:
        """The same; None where it is not declared, as in a table of an earlier version."""
        exact = (column for column in self.columns if column.name == name)
        families = (column for column in self.columns if column.matches(name))
        return next(exact, None) or next(families, None)

    def nullable(self, names: Iterable[str], is_suppressed: bool) -> tuple[str, ...]:
        """Those of some columns that may hold nulls in a run; `is_suppressed` tells whether any value of the table was suppressed."""
        declared = {name: self.column(name) for name in names}
        return tuple(name for name, column in declared.items() if column.nullable or (is_suppressed and column.suppressible))

    def expectations(
        self, schema: T.StructType, rows: int | None, tables: Mapping[str, Sequence[Record]], totals: RunTotals, is_suppressed: bool
    ) -> Expectations:
        """What the audit holds the written table to.

        Parameters
        ----------
        schema
            As declared, for the columns that it has.
        rows
            How many were computed or written; None to take a `RowCount`.
        tables
            Rows of all small tables, by name.
        totals
            Of the run.
        is_suppressed
            Whether any value of the table was suppressed.
        """
        names = schema.names
        counted = [int(totals.numbers[check.total] or 0) for check in self.checks if isinstance(check, RowCount)]
        same = [check.table for check in self.checks if isinstance(check, SameKeys)]
        complements = [check.table for check in self.checks if isinstance(check, Complement)]
        sizes = [check.column for check in self.checks if isinstance(check, SegmentSizes)]
        families = {check.prefix: [name for name in names if name.startswith(check.prefix)] for check in self._families()}
        expected = counted[0] if counted else rows
        if expected is None:
            raise ValueError(f"{self.name}: nothing says how many rows to expect")
        return Expectations(
            rows=expected,
            key=self.key,
            schema=schema,
            nullable=self.nullable(names, is_suppressed),
            sums=dict(self._sums(names, tables, totals)),
            shares={prefix: family for prefix, family in families.items() if family},
            sizes=(sizes[0], totals.segment_sizes) if sizes else None,
            same_as=same[0] if same else None,
            completes=(complements[0], totals.customer_keys) if complements and totals.customer_keys is not None else None,
        )

    def _families(self) -> Iterator[ShareFamily]:
        return (check for check in self.checks if isinstance(check, ShareFamily))

    def _sums(self, names: Sequence[str], tables: Mapping[str, Sequence[Record]], totals: RunTotals) -> Iterator[tuple[str, Any]]:
        """Columns and what they add up to; a sum that a suppressed value is part of is not known."""
        own = tables.get(self.name, ())
        for check in self.checks:
            if not isinstance(check, Sum) or check.column not in names or _has_null(own, check.column):
                continue
            expected = self._expected(check, tables, totals)
            if expected is not None:
                yield check.column, expected

    def _expected(self, check: Sum, tables: Mapping[str, Sequence[Record]], totals: RunTotals) -> Any:
        if not isinstance(check.equals, str):
            return check.equals
        table, _, column = check.equals.partition(".")
        if not column:
            return totals.numbers.get(check.equals)
        others = tables.get(table, ())
        return None if _has_null(others, column) or not others else sum(row[column] for row in others)


def _has_null(rows: Sequence[Record], column: str) -> bool:
    return any(row.get(column) is None for row in rows)
