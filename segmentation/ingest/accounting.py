"""The proof that every line, every customer and every ten-thousandth of currency is accounted for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation.ingest.orders import RETURN_LINES
from segmentation.ingest.rules import REASONS
from segmentation.schemas import (
    ACCOUNTING,
    CUSTOMER_ID,
    E4,
    GROSS_E4,
    LAST_LINE_AT,
    LINE_AMOUNT,
    LINES,
    ORDERED_AT,
    RETURNED_E4,
    STRING,
    VOIDED_AT,
)

ATTRIBUTE_ROWS = "attribute_rows"
"""What the accounting calls rows of the customer table."""


@dataclass(frozen=True)
class Tally:
    """Some lines: how many, and their signed amounts in ten-thousandths."""

    lines: int
    amount_e4: int


@dataclass(frozen=True)
class Rejections:
    """Rejected lines by every combination of reasons that occurs."""

    by_reasons: dict[tuple[str, ...], Tally]

    def total(self) -> Tally:
        """All rejected lines."""
        return _sum(list(self.by_reasons.values()))

    def without(self, reason: str) -> "Rejections":
        """The same, leaving lines with this reason aside."""
        return Rejections({reasons: tally for reasons, tally in self.by_reasons.items() if reason not in reasons})

    def first(self) -> dict[str, Tally]:
        """Each line under its first reason, so that the parts add up."""
        return {reason: _sum([t for r, t in self.by_reasons.items() if r[0] == reason]) for reason in self.any()}

    def any(self) -> dict[str, int]:
        """Lines that have each reason at all."""
        reasons = dict.fromkeys(reason for combination in self.by_reasons for reason in combination)
        return {reason: sum(t.lines for r, t in self.by_reasons.items() if reason in r) for reason in sorted(reasons)}


def rejections(rejected: DataFrame) -> Rejections:
    """Rejected lines, counted by their reasons."""
    amount_e4 = F.coalesce(F.sum(F.col(LINE_AMOUNT) * E4), F.lit(0)).cast("bigint")
    rows = rejected.groupBy(REASONS).agg(F.count(F.lit(1)).alias("count"), amount_e4.alias("amount_e4")).collect()
    return Rejections({tuple(row[REASONS]): Tally(row["count"], row["amount_e4"]) for row in rows})


@dataclass(frozen=True)
class Stock:
    """What the orders hold.

    Parameters
    ----------
    orders
        How many there are.
    first_line_at, last_line_at
        The earliest line and the latest (UTC), as text; None without any.
    last_day
        Day of the latest line that is not voided; None without any.
    tallies
        Lines by outcome (accepted, voided) and kind (purchase, return).
    """

    orders: int
    first_line_at: str | None
    last_line_at: str | None
    last_day: date | None
    tallies: dict[tuple[str, str], Tally]


def taken_stock(orders: DataFrame) -> Stock:
    """All that is told of the orders as a whole, from one look at them."""
    sums = [F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in (LINES, RETURN_LINES, GROSS_E4, RETURNED_E4)]
    # As text and as a day: a collected timestamp would turn to the time zone of this machine.
    first, last = F.min(ORDERED_AT).cast(STRING).alias("first"), F.max(LAST_LINE_AT).cast(STRING).alias("last")
    day = F.max(F.to_date(LAST_LINE_AT)).alias("day")
    rows = orders.groupBy(F.col(VOIDED_AT).isNotNull().alias("is_voided")).agg(F.count(F.lit(1)).alias("orders"), first, last, day, *sums)
    found = {"voided" if row.is_voided else "accepted": row for row in rows.collect()}
    return Stock(
        orders=sum(row.orders for row in found.values()),
        first_line_at=min((row.first for row in found.values()), default=None),
        last_line_at=max((row.last for row in found.values()), default=None),
        last_day=found["accepted"].day if "accepted" in found else None,
        tallies={(outcome, kind): tally for outcome, row in sorted(found.items()) for kind, tally in _by_kind(row).items()},
    )


def _by_kind(row: Row) -> dict[str, Tally]:
    return {
        "purchase": Tally(row[LINES] - row[RETURN_LINES], row[GROSS_E4]),
        "return": Tally(row[RETURN_LINES], -row[RETURNED_E4]),
    }


@dataclass(frozen=True)
class Customers:
    """How many customers the log has, and what became of them; `seen` is counted apart from the rest.

    `mark` tells who the seen ones are: all hashes of their ids, xor-ed; None where they are not told apart.
    """

    seen: int
    segmented: int
    unsegmented: dict[str, int]
    mark: int | None = None


def accounting_rows(
    read: Tally, rejected: Rejections, in_orders: dict[tuple[str, str], Tally], customers: Customers
) -> list[dict[str, Any]]:
    """The accounting as a table.

    Parameters
    ----------
    read
        Lines counted where they were read, apart from what became of them.
    rejected, in_orders
        What became of them.
    customers
        And of customers.
    """
    lines_with = rejected.any()
    parts = [("rejected", reason, tally, lines_with[reason]) for reason, tally in rejected.first().items()]
    parts += [(outcome, kind, tally, tally.lines) for (outcome, kind), tally in in_orders.items()]
    return [_line_row("read", None, read, read.lines), *(_line_row(*part) for part in parts), *customer_rows(customers)]


def customer_rows(customers: Customers) -> list[dict[str, Any]]:
    """The customers' part of the accounting."""
    without = [counted_row("customers", "unsegmented", reason, count) for reason, count in sorted(customers.unsegmented.items())]
    whole = counted_row("customers", "seen", None, customers.seen)
    return [whole, counted_row("customers", "segmented", None, customers.segmented), *without]


def faults(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What does not add up; nothing, if all is well."""
    known = {row["subject"] for row in rows}
    asked = {
        "lines": ("lines", "read", "count"),
        "amount of lines": ("lines", "read", "amount"),
        "customers": ("customers", "seen", "count"),
        "rows of the customer table": (ATTRIBUTE_ROWS, "read", "count"),
    }
    sums = {what: _compare(rows, *where) for what, where in asked.items() if where[0] in known}
    return [f"{what}: {whole} in, but the parts sum to {parts}" for what, (whole, parts) in sums.items() if whole != parts]


def distinct_customers(rejected: DataFrame, orders: DataFrame) -> DataFrame:
    """Every customer of the log, one row each."""
    return rejected.where(F.col(CUSTOMER_ID).isNotNull()).select(CUSTOMER_ID).union(orders.select(CUSTOMER_ID)).distinct()


def _compare(rows: Sequence[dict[str, Any]], subject: str, whole: str, measure: str) -> tuple[Any, Any]:
    mine = [row for row in rows if row["subject"] == subject]
    inside = [row[measure] for row in mine if row["outcome"] == whole]
    return inside[0], sum(row[measure] for row in mine if row["outcome"] != whole)


def _line_row(outcome: str, reason: str | None, tally: Tally, lines_with: int) -> dict[str, Any]:
    amount = Decimal(tally.amount_e4) / E4
    return dict(zip(ACCOUNTING.names, ("lines", outcome, reason, tally.lines, lines_with, amount), strict=True))


def counted_row(subject: str, outcome: str, reason: str | None, count: int) -> dict[str, Any]:
    """A row of the accounting of what has no amount."""
    return dict(zip(ACCOUNTING.names, (subject, outcome, reason, count, count, None), strict=True))


def _sum(tallies: Sequence[Tally]) -> Tally:
    return Tally(sum(t.lines for t in tallies), sum(t.amount_e4 for t in tallies))
