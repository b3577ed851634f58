"""Rows of a customer table gathered to one a customer, in a single gathering that counts every fault on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.errors import InputError
from segmentation.ingest.accounting import ATTRIBUTE_ROWS, counted_row
from segmentation.ingest.attributes import IS_BROKEN, UNREADABLE, Levels
from segmentation.schemas import CUSTOMER_ID
from segmentation.settings import AttributesSettings

_ROWS, _CONTRADICTS = "rows of the customer", "contradicts "


@dataclass(frozen=True)
class AttributeRows:
    """What became of the rows of a customer table.

    Parameters
    ----------
    read
        All of them.
    broken, without_id
        Those that cannot be split into columns, and those that name no customer: both are left out.
    duplicates
        Rows beyond a customer's first that are equal to it, or complete it.
    customers
        Those that have a row.
    unreadable
        By attribute, values that cannot be read as what the settings declare; they count as missing.
    contradicting
        By attribute, customers whose rows contradict one another.
    with_value
        By attribute, customers with a value.
    with_other
        Nominal attributes with values beyond the levels told apart.
    """

    read: int
    broken: int
    without_id: int
    duplicates: int
    customers: int
    unreadable: dict[str, int]
    contradicting: dict[str, int]
    with_value: dict[str, int]
    with_other: frozenset[str]


def per_customer(rows: DataFrame, names: Sequence[str]) -> DataFrame:
    """Rows laid upon one another, one a customer, and one for all rows without: equal ones collapse, others complete each other.

    Parameters
    ----------
    rows
        As `typed_attributes`.
    names
        Attributes.
    """
    found = [
        agg
        for name in names
        for agg in (
            F.max(name).alias(name),
            (F.min(name) < F.max(name)).alias(_CONTRADICTS + name),
            F.sum(UNREADABLE + name).alias(UNREADABLE + name),
        )
    ]
    return rows.groupBy(CUSTOMER_ID).agg(F.count(F.lit(1)).alias(_ROWS), F.sum(IS_BROKEN).alias(IS_BROKEN), *found)


def attribute_rows(customers: DataFrame, levels: Levels, names: Sequence[str]) -> AttributeRows:
    """What became of all rows, from one look at them as gathered `per_customer`."""
    is_known = F.col(CUSTOMER_ID).isNotNull()
    row = customers.agg(
        _sum(F.col(_ROWS)).alias("read"),
        _sum(F.col(IS_BROKEN)).alias("broken"),
        _sum(F.when(~is_known, F.col(_ROWS) - F.col(IS_BROKEN))).alias("without_id"),
        _sum(F.when(is_known, F.col(_ROWS) - 1)).alias("duplicates"),
        F.count_if(is_known).alias("customers"),
        *(_sum(F.when(is_known, F.col(UNREADABLE + name))).alias(UNREADABLE + name) for name in names),
        *(F.count_if(is_known & F.col(_CONTRADICTS + name)).alias(_CONTRADICTS + name) for name in names),
        *(F.count_if(is_known & F.col(name).isNotNull()).alias(name) for name in names),
        *(F.count_if(is_known & (F.col(name) == len(levels[name]))).alias(f"other {name}") for name in levels),
    ).collect()[0]
    return AttributeRows(
        **{name: row[name] for name in ("read", "broken", "without_id", "duplicates", "customers")},
        unreadable=_by_name(row, UNREADABLE, names),
        contradicting=_by_name(row, _CONTRADICTS, names),
        with_value=_by_name(row, "", names),
        with_other=frozenset(name for name in levels if row[f"other {name}"]),
    )


def _sum(column: Column) -> Column:
    return F.coalesce(F.sum(column), F.lit(0))


def _by_name(row: Row, prefix: str, names: Sequence[str]) -> dict[str, int]:
    return {name: row[prefix + name] for name in names}


def known_customers(customers: DataFrame, names: Sequence[str]) -> DataFrame:
    """Customers and their attributes, without the rows that name no customer."""
    return customers.where(F.col(CUSTOMER_ID).isNotNull()).select(CUSTOMER_ID, *names)


def stop_if_unusable(rows: AttributeRows, settings: AttributesSettings) -> None:
    """Raise unless the table can be used.

    Raises
    ------
    InputError
        No rows, no customers, rows that contradict one another, or a column in which nothing can be read: all faults in one report.
    """
    if rows.read == 0:
        raise InputError(f"{settings.path}: the customer table holds no rows: there is a header at most. Check attributes.path")
    if rows.customers == 0:
        raise InputError(f"{settings.path}: none of {rows.read:,} rows names a customer. Is attributes.customer_id the right column?")
    if faults := list(_faults(rows, settings)):
        raise InputError("\n".join([f"{settings.path}: the customer table cannot be used:", *(f"  - {fault}" for fault in faults)]))


def _faults(rows: AttributeRows, settings: AttributesSettings) -> Iterator[str]:
    if clashes := {name: count for name, count in rows.contradicting.items() if count}:
        where = ", ".join(f"{name} ({count:,})" for name, count in clashes.items())
        yield (
            f"customers whose rows contradict one another, by attribute: {where}. Keep one row a customer; "
            "rows that are equal, or of which one fills the other's gaps, may stay"
        )
    for name, unreadable in rows.unreadable.items():
        if unreadable and not rows.with_value[name]:
            column = settings.columns[name]
            levels = f" with the levels {', '.join(column.levels)}" if column.levels else ""
            yield f"attributes.columns.{name}: none of {unreadable:,} values in {column.column!r} can be read as {column.type}{levels}"


def row_accounting(rows: AttributeRows, unknown: int | None) -> list[dict[str, Any]]:
    """The accounting of the customer table's rows.

    Parameters
    ----------
    rows
        What became of them.
    unknown
        Customers with a row that the log does not know; None where there is no log.
    """
    parts = [("used", None, rows.customers - (unknown or 0)), ("merged", "same_customer", rows.duplicates)]
    if unknown is not None:
        parts.append(("unmatched", "not_in_the_log", unknown))
    parts += [("rejected", "unreadable_record", rows.broken), ("rejected", "missing_customer_id", rows.without_id)]
    found = [part for part in parts if part[2] or part[0] in ("used", "unmatched")]
    return [counted_row(ATTRIBUTE_ROWS, *part) for part in (("read", None, rows.read), *found)]
