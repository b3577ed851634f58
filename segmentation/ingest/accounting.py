"""The accounting: every line, every customer and every ten-thousandth of the currency is in exactly one outcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation.ingest.orders import RETURN_LINES
from segmentation.ingest.rules import REASONS
from segmentation.schemas import (
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
"""The subject of the accounting for rows of the customer table."""


@dataclass(frozen=True)
class LineTotals:
    """A number of lines and the sum of their signed amounts, ten-thousandths."""

    lines: int
    amount_e4: int

    def __add__(self, other: "LineTotals") -> "LineTotals":
        """Both together."""
        return LineTotals(self.lines + other.lines, self.amount_e4 + other.amount_e4)


@dataclass(frozen=True)
class Rejections:
    """Rejected lines by every combination of reasons that occurs."""

    by_reasons: dict[tuple[str, ...], LineTotals]

    def total(self) -> LineTotals:
        """All rejected lines."""
        return _sum(self.by_reasons.values())

    def without(self, reason: str) -> "Rejections":
        """Lines that do not have this reason."""
        return Rejections({reasons: totals for reasons, totals in self.by_reasons.items() if reason not in reasons})

    def by_first_reason(self) -> dict[str, LineTotals]:
        """Each line under its first reason, so that the parts add up."""
        return {reason: _sum(t for r, t in self.by_reasons.items() if r[0] == reason) for reason in self.lines_by_reason()}

    def lines_by_reason(self) -> dict[str, int]:
        """Number of lines that have each reason, first or not."""
        reasons = {reason for combination in self.by_reasons for reason in combination}
        return {reason: sum(t.lines for r, t in self.by_reasons.items() if reason in r) for reason in sorted(reasons)}


def count_rejections(rejected: DataFrame) -> Rejections:
    """Count rejected lines by their reasons."""
    amount_e4 = F.coalesce(F.sum(F.col(LINE_AMOUNT) * E4), F.lit(0)).cast("bigint")
    rows = rejected.groupBy(REASONS).agg(F.count(F.lit(1)).alias("count"), amount_e4.alias("amount_e4")).collect()
    return Rejections({tuple(row[REASONS]): LineTotals(row["count"], row["amount_e4"]) for row in rows})


@dataclass(frozen=True)
class OrderSummary:
    """The orders as a whole; times are UTC as text, and None without any line."""

    n_orders: int
    first_line_at: str | None
    last_line_at: str | None
    last_day: date | None  # of the latest line that is not voided
    totals: dict[tuple[str, str], LineTotals]  # by outcome (accepted, voided) and kind (purchase, return)


def summarize_orders(orders: DataFrame) -> OrderSummary:
    """Summarize the orders in one aggregation."""
    sums = [F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in (LINES, RETURN_LINES, GROSS_E4, RETURNED_E4)]
    # As text and as a day: a collected timestamp would be converted to the time zone of this machine.
    first, last = F.min(ORDERED_AT).cast(STRING).alias("first"), F.max(LAST_LINE_AT).cast(STRING).alias("last")
    day = F.max(F.to_date(LAST_LINE_AT)).alias("day")
    rows = orders.groupBy(F.col(VOIDED_AT).isNotNull().alias("is_voided")).agg(F.count(F.lit(1)).alias("orders"), first, last, day, *sums)
    by_outcome = {"voided" if row.is_voided else "accepted": row for row in rows.collect()}
    return OrderSummary(
        n_orders=sum(row.orders for row in by_outcome.values()),
        first_line_at=min((row.first for row in by_outcome.values()), default=None),
        last_line_at=max((row.last for row in by_outcome.values()), default=None),
        last_day=by_outcome["accepted"].day if "accepted" in by_outcome else None,
        totals={(outcome, kind): totals for outcome, row in sorted(by_outcome.items()) for kind, totals in _by_kind(row).items()},
    )


def _by_kind(row: Row) -> dict[str, LineTotals]:
    return {
        "purchase": LineTotals(row[LINES] - row[RETURN_LINES], row[GROSS_E4]),
        "return": LineTotals(row[RETURN_LINES], -row[RETURNED_E4]),
    }


@dataclass(frozen=True)
class CustomerCounts:
    """Customers by what became of them; `seen` is counted independently of the other two.

    `key_checksum` identifies the customers seen: their hashed ids, xor-ed; None without a log.
    """

    seen: int
    segmented: int
    unsegmented: dict[str, int]  # by reason
    key_checksum: int | None = None


def accounting_rows(
    read: LineTotals, rejections: Rejections, orders: dict[tuple[str, str], LineTotals], customers: CustomerCounts
) -> list[dict[str, Any]]:
    """Rows of the accounting of a log.

    `orders` are lines of the orders, by outcome and kind.
    """
    by_reason = rejections.lines_by_reason()
    parts = [("rejected", reason, totals, by_reason[reason]) for reason, totals in rejections.by_first_reason().items()]
    parts += [(outcome, kind, totals, totals.lines) for (outcome, kind), totals in orders.items()]
    return [_line_row("read", None, read, read.lines), *(_line_row(*part) for part in parts), *customer_rows(customers)]


def customer_rows(customers: CustomerCounts) -> list[dict[str, Any]]:
    """Rows of the accounting of customers."""
    unsegmented = [count_row("customers", "unsegmented", reason, count) for reason, count in sorted(customers.unsegmented.items())]
    seen = count_row("customers", "seen", None, customers.seen)
    return [seen, count_row("customers", "segmented", None, customers.segmented), *unsegmented]


def count_row(subject: str, outcome: str, reason: str | None, count: int) -> dict[str, Any]:
    """A row of the accounting of a subject that has no amount."""
    return _row(subject, outcome, reason, (count, count, None))


def accounting_faults(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Totals that differ from the sum of their parts; empty where the accounting adds up."""
    subjects = {row["subject"] for row in rows}
    checks = {
        "lines": ("lines", "read", "count"),
        "amount of lines": ("lines", "read", "amount"),
        "customers": ("customers", "seen", "count"),
        "rows of the customer table": (ATTRIBUTE_ROWS, "read", "count"),
    }
    sums = {what: _total_and_parts(rows, *check) for what, check in checks.items() if check[0] in subjects}
    return [f"{what}: {total} in, but the parts sum to {parts}" for what, (total, parts) in sums.items() if total != parts]


def distinct_customers(rejected: DataFrame, orders: DataFrame) -> DataFrame:
    """Every customer of the log, one row each."""
    return rejected.where(F.col(CUSTOMER_ID).isNotNull()).select(CUSTOMER_ID).union(orders.select(CUSTOMER_ID)).distinct()


def _total_and_parts(rows: Sequence[dict[str, Any]], subject: str, total: str, measure: str) -> tuple[Any, Any]:
    of_subject = [row for row in rows if row["subject"] == subject]
    totals = [row[measure] for row in of_subject if row["outcome"] == total]
    return totals[0], sum(row[measure] for row in of_subject if row["outcome"] != total)


def _line_row(outcome: str, reason: str | None, totals: LineTotals, lines_with_reason: int) -> dict[str, Any]:
    amount = Decimal(totals.amount_e4) / E4
    return _row("lines", outcome, reason, (totals.lines, lines_with_reason, amount))


def _row(subject: str, outcome: str, reason: str | None, figures: tuple[int, int, Decimal | None]) -> dict[str, Any]:
    count, count_any_reason, amount = figures
    names = {"subject": subject, "outcome": outcome, "reason": reason}
    return {**names, "count": count, "count_any_reason": count_any_reason, "amount": amount}


def _sum(totals: Iterable[LineTotals]) -> LineTotals:
    return sum(totals, LineTotals(0, 0))
