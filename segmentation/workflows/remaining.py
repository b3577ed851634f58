"""The accounting of a run once people are taken out: of the lines and customers that are left, as if the others had never been read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.errors import SegmentationError
from segmentation.ingest.accounting import faults, rejections, taken_stock
from segmentation.privacy.erasure import only
from segmentation.publish.run import Run
from segmentation.schemas import E4

Key = tuple[str, str, str | None]
Row = dict[str, Any]


@dataclass(frozen=True)
class Gone:
    """What goes of one row of the accounting."""

    count: int
    count_any: int
    amount_e4: int = 0


def remaining_accounting(spark: SparkSession, run: Run, people: DataFrame) -> list[Row]:
    """Rows of the accounting, less what is taken out; what went is told nowhere by amount, since of one person it would be theirs.

    Parameters
    ----------
    spark
        The session.
    run
        As it stands, with the people in it.
    people
        Their `customer_id`.

    Raises
    ------
    SegmentationError
        What is left would not add up.
    """
    rows = storage.read_rows(run.path("accounting"))
    gone = _gone(spark, run, people)
    left = [_less(row, gone) for row in rows]
    kept = [row for row in left if row["count"] or row["outcome"] in ("read", "seen", "segmented")]
    if found := faults(kept):
        raise SegmentationError(f"{run.path()}: without these people the accounting does not add up: {'; '.join(found)}")
    return kept


def _gone(spark: SparkSession, run: Run, people: DataFrame) -> dict[Key, Gone]:
    """What goes of each row of the accounting."""

    def theirs(path: str) -> DataFrame | None:
        return only(storage.read_table(spark, path), people) if storage.exists(path) else None

    lines = _rejected(theirs(run.path("rejected_lines"))) | _ordered(theirs(run.orders))
    customers = _segmented(theirs(run.path("customer_segments"))) | _unsegmented(theirs(run.path("unsegmented_customers")))
    read, seen = _whole(list(lines.values())), _whole(list(customers.values()))
    return {**lines, **customers, ("lines", "read", None): read, ("customers", "seen", None): seen}


def _rejected(lines: DataFrame | None) -> dict[Key, Gone]:
    if lines is None:
        return {}
    found = rejections(lines)
    return {
        ("lines", "rejected", reason): Gone(tally.lines, found.any()[reason], tally.amount_e4) for reason, tally in found.first().items()
    }


def _ordered(orders: DataFrame | None) -> dict[Key, Gone]:
    if orders is None:
        return {}
    return {("lines", *outcome): Gone(tally.lines, tally.lines, tally.amount_e4) for outcome, tally in taken_stock(orders).tallies.items()}


def _segmented(customers: DataFrame | None) -> dict[Key, Gone]:
    count = customers.count() if customers is not None else 0
    return {("customers", "segmented", None): Gone(count, count)}


def _unsegmented(customers: DataFrame | None) -> dict[Key, Gone]:
    rows = customers.groupBy("reason").count().collect() if customers is not None else []
    return {("customers", "unsegmented", row["reason"]): Gone(row["count"], row["count"]) for row in rows}


def _whole(parts: Sequence[Gone]) -> Gone:
    count = sum(part.count for part in parts)
    return Gone(count, count, sum(part.amount_e4 for part in parts))


def _less(row: Row, gone: Mapping[Key, Gone]) -> Row:
    part = gone.get((row["subject"], row["outcome"], row["reason"]), Gone(0, 0))
    amount = None if row["amount"] is None else row["amount"] - Decimal(part.amount_e4) / E4
    return {**row, "count": row["count"] - part.count, "count_any": row["count_any"] - part.count_any, "amount": amount}
