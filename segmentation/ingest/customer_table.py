"""The customer table: read, merged to one row per customer, checked, and accounted for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.ingest.accounting import ATTRIBUTE_ROWS, count_row
from segmentation.ingest.attributes import (
    IS_UNREADABLE_ROW,
    UNREADABLE,
    Levels,
    attribute_levels,
    rename_columns,
    source_columns,
    typed_attributes,
)
from segmentation.ingest.ids import canonical_customer, pseudonymize, update_mapping
from segmentation.privacy.denylist import without_erased
from segmentation.schemas import CUSTOMER_ID
from segmentation.settings import AttributesSettings

_ROWS, _CONTRADICTS = "rows of the customer", "contradicts "


@dataclass(frozen=True)
class TableRowCounts:
    """What became of the rows of a customer table; dictionaries are by attribute."""

    read: int
    unreadable_rows: int  # cannot be split into columns, and left out
    without_id: int  # name no customer, and left out
    duplicates: int  # rows after a customer's first, which are equal to it or complete it
    customers: int
    unreadable: dict[str, int]  # values that cannot be read as the declared type, and count as missing
    contradicting: dict[str, int]  # customers whose rows contradict each other
    with_value: dict[str, int]  # customers with a value
    with_other: frozenset[str]  # nominal attributes with values in none of the levels


@dataclass(frozen=True)
class CustomerTable:
    """A customer table as read: one row per customer, with attributes as numbers."""

    settings: AttributesSettings
    customers: DataFrame
    row_counts: TableRowCounts
    levels: Levels

    def comparable_customers(self) -> DataFrame:
        """Customers with a value in at least one attribute that customers are compared by."""
        return self.customers.where(self._is_comparable())

    def customers_without_attributes(self) -> DataFrame:
        """Customers that cannot be in a segment of attributes alone, with the reason."""
        return self.customers.where(~self._is_comparable()).select(CUSTOMER_ID, F.lit("no_attributes").alias("reason"))

    def _is_comparable(self) -> Column:
        compared = [name for name, column in self.settings.columns.items() if column.is_compared]
        return F.coalesce(*(F.col(name).cast("double") for name in compared)).isNotNull()


def read_customer_table(context: RunContext, settings: AttributesSettings) -> CustomerTable:
    """Read the customer table, and merge it to one row per customer.

    Raises InputError where the table cannot be used (see `check_table_usable`).
    """
    names = tuple(settings.columns)
    with context.run_log.stage("attributes") as stage:
        source = storage.read_source(context.spark, settings, source_columns(settings), "attributes", may_quote=context.pseudonyms is None)
        # Before anything is counted: unlike rejected lines of a log, rejected rows of a customer table are not published.
        source = without_erased(source, canonical_customer(source, settings.missing_values), context.erased)
        table = pseudonymize(source.transform(rename_columns, settings), context.pseudonyms, settings.missing_values)
        levels = attribute_levels(table, settings)
        customers = context.cache(merge_rows_per_customer(typed_attributes(table, settings, levels), names))
        counts = count_table_rows(customers, levels, names)
        stage.count(rows=counts.read, customers=counts.customers)
        check_table_usable(counts, settings)
    if context.settings.input is None:
        update_mapping(context, source, settings.missing_values)
    return CustomerTable(settings, customers_with_id(customers, names), counts, levels)


def merge_rows_per_customer(rows: DataFrame, names: Sequence[str]) -> DataFrame:
    """Rows of `typed_attributes` merged to one per customer, and one for all rows without an id.

    Equal rows collapse, and rows fill each other's gaps; contradictions and unreadable values are counted.
    """
    merged = [
        agg
        for name in names
        for agg in (
            F.max(name).alias(name),
            (F.min(name) < F.max(name)).alias(_CONTRADICTS + name),
            F.sum(UNREADABLE + name).alias(UNREADABLE + name),
        )
    ]
    n_rows, n_unreadable = F.count(F.lit(1)).alias(_ROWS), F.sum(IS_UNREADABLE_ROW).alias(IS_UNREADABLE_ROW)
    return rows.groupBy(CUSTOMER_ID).agg(n_rows, n_unreadable, *merged)


def count_table_rows(customers: DataFrame, levels: Levels, names: Sequence[str]) -> TableRowCounts:
    """Count what became of all rows, in one aggregation of the rows of `merge_rows_per_customer`."""
    has_id = F.col(CUSTOMER_ID).isNotNull()
    row = customers.agg(
        _sum(F.col(_ROWS)).alias("read"),
        _sum(F.col(IS_UNREADABLE_ROW)).alias("unreadable_rows"),
        _sum(F.when(~has_id, F.col(_ROWS) - F.col(IS_UNREADABLE_ROW))).alias("without_id"),
        _sum(F.when(has_id, F.col(_ROWS) - 1)).alias("duplicates"),
        F.count_if(has_id).alias("customers"),
        *(_sum(F.when(has_id, F.col(UNREADABLE + name))).alias(UNREADABLE + name) for name in names),
        *(F.count_if(has_id & F.col(_CONTRADICTS + name)).alias(_CONTRADICTS + name) for name in names),
        *(F.count_if(has_id & F.col(name).isNotNull()).alias(name) for name in names),
        *(F.count_if(has_id & (F.col(name) == len(levels[name]))).alias(f"other {name}") for name in levels),
    ).collect()[0]
    return TableRowCounts(
        **{name: row[name] for name in ("read", "unreadable_rows", "without_id", "duplicates", "customers")},
        unreadable=_by_name(row, UNREADABLE, names),
        contradicting=_by_name(row, _CONTRADICTS, names),
        with_value=_by_name(row, "", names),
        with_other=frozenset(name for name in levels if row[f"other {name}"]),
    )


def _sum(column: Column) -> Column:
    return F.coalesce(F.sum(column), F.lit(0))


def _by_name(row: Row, prefix: str, names: Sequence[str]) -> dict[str, int]:
    return {name: row[prefix + name] for name in names}


def customers_with_id(customers: DataFrame, names: Sequence[str]) -> DataFrame:
    """Customers and their attributes, without the row for all rows without an id."""
    return customers.where(F.col(CUSTOMER_ID).isNotNull()).select(CUSTOMER_ID, *names)


def check_table_usable(rows: TableRowCounts, settings: AttributesSettings) -> None:
    """Raise InputError where the table has no rows, no customers, contradicting rows, or a column in which nothing can be read."""
    if rows.read == 0:
        raise InputError(f"{settings.path}: the customer table holds no rows: there is a header at most. Check attributes.path")
    if rows.customers == 0:
        raise InputError(f"{settings.path}: none of {rows.read:,} rows names a customer. Is attributes.customer_id the right column?")
    if faults := list(_faults(rows, settings)):
        raise InputError("\n".join([f"{settings.path}: the customer table cannot be used:", *(f"  - {fault}" for fault in faults)]))


def _faults(rows: TableRowCounts, settings: AttributesSettings) -> Iterator[str]:
    if contradicting := {name: count for name, count in rows.contradicting.items() if count}:
        where = ", ".join(f"{name} ({count:,})" for name, count in contradicting.items())
        yield (
            f"customers whose rows contradict one another, by attribute: {where}. Keep one row per customer; "
            "rows that are equal, or of which one fills the other's gaps, may stay"
        )
    for name, unreadable in rows.unreadable.items():
        if unreadable and not rows.with_value[name]:
            column = settings.columns[name]
            levels = f" with the levels {', '.join(column.levels)}" if column.levels else ""
            yield f"attributes.columns.{name}: none of {unreadable:,} values in {column.column!r} can be read as {column.type}{levels}"


def row_accounting(rows: TableRowCounts, not_in_log: int | None) -> list[dict[str, Any]]:
    """Rows of the accounting of a customer table; `not_in_log` is its number of customers without a line, None without a log."""
    parts = [("used", None, rows.customers - (not_in_log or 0)), ("merged", "same_customer", rows.duplicates)]
    if not_in_log is not None:
        parts.append(("unmatched", "not_in_the_log", not_in_log))
    parts += [("rejected", "unreadable_record", rows.unreadable_rows), ("rejected", "missing_customer_id", rows.without_id)]
    nonzero = [part for part in parts if part[2] or part[0] in ("used", "unmatched")]
    return [count_row(ATTRIBUTE_ROWS, *part) for part in (("read", None, rows.read), *nonzero)]
