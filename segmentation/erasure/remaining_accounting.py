"""The accounting of a run after an erasure: of the remaining lines and customers, as if the others had never been read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.errors import SegmentationError
from segmentation.ingest.accounting import accounting_faults, count_rejections, summarize_orders
from segmentation.privacy.id_matching import only_people
from segmentation.publish.run import Run
from segmentation.schemas import E4, Records

Key = tuple[str, str, str | None]


@dataclass(frozen=True)
class Removed:
    """What one row of the accounting loses."""

    count: int
    count_any_reason: int
    amount_e4: int = 0


def remaining_accounting(spark: SparkSession, run: Run, people: DataFrame) -> Records:
    """Rows of a run's accounting without some people. The removed amounts are reported nowhere: of one person they would be theirs.

    Raises SegmentationError where the result does not add up.
    """
    removed = _removed(spark, run, people)
    reduced = [_reduced(row, removed) for row in storage.read_rows(run.path("accounting"))]
    rows = [row for row in reduced if row["count"] or row["outcome"] in ("read", "seen", "segmented")]
    if faults := accounting_faults(rows):
        raise SegmentationError(f"{run.path()}: without these people the accounting does not add up: {'; '.join(faults)}")
    return rows


def _removed(spark: SparkSession, run: Run, people: DataFrame) -> dict[Key, Removed]:
    """What each row of the accounting loses."""

    def theirs(path: str) -> DataFrame | None:
        return only_people(storage.read_table(spark, path), people) if storage.exists(path) else None

    lines = _rejected_lines(theirs(run.path("rejected_lines"))) | _ordered_lines(theirs(run.orders))
    customers = _segmented(theirs(run.path("customer_segments"))) | _unsegmented(theirs(run.path("unsegmented_customers")))
    read, seen = _total(list(lines.values())), _total(list(customers.values()))
    return {**lines, **customers, ("lines", "read", None): read, ("customers", "seen", None): seen}


def _rejected_lines(lines: DataFrame | None) -> dict[Key, Removed]:
    if lines is None:
        return {}
    rejections = count_rejections(lines)
    any_reason = rejections.lines_by_reason()
    parts = rejections.by_first_reason()
    return {("lines", "rejected", reason): Removed(part.lines, any_reason[reason], part.amount_e4) for reason, part in parts.items()}


def _ordered_lines(orders: DataFrame | None) -> dict[Key, Removed]:
    if orders is None:
        return {}
    parts = summarize_orders(orders).totals
    return {("lines", *outcome): Removed(part.lines, part.lines, part.amount_e4) for outcome, part in parts.items()}


def _segmented(customers: DataFrame | None) -> dict[Key, Removed]:
    count = customers.count() if customers is not None else 0
    return {("customers", "segmented", None): Removed(count, count)}


def _unsegmented(customers: DataFrame | None) -> dict[Key, Removed]:
    rows = customers.groupBy("reason").count().collect() if customers is not None else []
    return {("customers", "unsegmented", row["reason"]): Removed(row["count"], row["count"]) for row in rows}


def _total(parts: Sequence[Removed]) -> Removed:
    count = sum(part.count for part in parts)
    return Removed(count, count, sum(part.amount_e4 for part in parts))


def _reduced(row: dict[str, Any], removed: Mapping[Key, Removed]) -> dict[str, Any]:
    part = removed.get((row["subject"], row["outcome"], row["reason"]), Removed(0, 0))
    amount = None if row["amount"] is None else row["amount"] - Decimal(part.amount_e4) / E4
    counts = {"count": row["count"] - part.count, "count_any_reason": row["count_any_reason"] - part.count_any_reason}
    return {**row, **counts, "amount": amount}
