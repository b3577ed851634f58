"""Suppression of small groups in the table accounting."""

from collections.abc import Sequence

from segmentation.privacy.cell_suppression import is_below_threshold, suppressed_in_line
from segmentation.privacy.suppression import Row, Rows, with_nulls


def suppress_accounting(rows: Sequence[Row], min_group_size: int) -> Rows:
    """Rows of accounting without small counts of customers or of customer table rows, each of which is a customer; lines stay.

    How many customers are segmented is published elsewhere. Where the other suppressed counts together are too few, the count of all
    customers is suppressed as well.
    """
    suppressed = _suppressed_customers([row for row in rows if row["subject"] == "customers"], min_group_size)
    if any(is_below_threshold(row["count"], min_group_size) for row in rows if row["subject"] != "lines"):
        suppressed += [row for row in rows if row["subject"] == "attribute_rows" and _is_suppressed(row, min_group_size)]
    return [with_nulls(row, ["count", "count_any_reason"]) if row in suppressed else dict(row) for row in rows]


def _suppressed_customers(rows: Sequence[Row], min_group_size: int) -> list[Row]:
    reasons, totals = ([row for row in rows if row["outcome"] == outcome] for outcome in ("unsegmented", "seen"))
    if not reasons:
        return []
    cells = suppressed_in_line([row["count"] for row in reasons], min_group_size)
    suppressed = [row for row, cell in zip(reasons, cells, strict=True) if cell]
    slack = sum(row["count"] - 1 for row in suppressed)
    is_ambiguous = len(suppressed) != 1 and (not suppressed or slack >= min_group_size - 2)
    return suppressed if is_ambiguous else suppressed + totals


def _is_suppressed(row: Row, min_group_size: int) -> bool:
    """The rows used follow from the segmented customers, and the rest of the rows read from the rows used."""
    return row["outcome"] in ("read", "used") or bool(is_below_threshold(row["count"], min_group_size))
