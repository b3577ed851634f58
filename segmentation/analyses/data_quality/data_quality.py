"""Data quality: the accounting of what was read, what was left out and why, with its sums."""

from collections.abc import Sequence
from functools import partial

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.data_quality.section import data_quality_section
from segmentation.analyses.data_quality.tables import ACCOUNTING, REJECTED_LINES, UNSEGMENTED_CUSTOMERS
from segmentation.context import RunContext, run_concurrently
from segmentation.fitted.segments import FittedSegments
from segmentation.ingest.accounting import CustomerCounts, accounting_faults
from segmentation.privacy.cell_suppression import is_below_threshold, suppressed_in_line
from segmentation.privacy.suppression import with_nulls
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import Record, Records


def suppress_accounting(rows: Sequence[Record], min_group_size: int) -> Records:
    """Rows of accounting without small counts of customers or of customer table rows, each of which is a customer; lines stay.

    How many customers are segmented is published elsewhere. Where the other suppressed counts together are too few, the count of all
    customers is suppressed as well.
    """
    suppressed = _suppressed_customers([row for row in rows if row["subject"] == "customers"], min_group_size)
    if any(is_below_threshold(row["count"], min_group_size) for row in rows if row["subject"] != "lines"):
        suppressed += [row for row in rows if row["subject"] == "attribute_rows" and _is_suppressed(row, min_group_size)]
    return [with_nulls(row, ["count", "count_any_reason"]) if row in suppressed else dict(row) for row in rows]


def _suppressed_customers(rows: Sequence[Record], min_group_size: int) -> list[Record]:
    reasons, totals = ([row for row in rows if row["outcome"] == outcome] for outcome in ("unsegmented", "seen"))
    if not reasons:
        return []
    cells = suppressed_in_line([row["count"] for row in reasons], min_group_size)
    suppressed = [row for row, cell in zip(reasons, cells, strict=True) if cell]
    slack = sum(row["count"] - 1 for row in suppressed)
    is_ambiguous = len(suppressed) != 1 and (not suppressed or slack >= min_group_size - 2)
    return suppressed if is_ambiguous else suppressed + totals


def _is_suppressed(row: Record, min_group_size: int) -> bool:
    """The rows used follow from the segmented customers, and the rest of the rows read from the rows used."""
    return row["outcome"] in ("read", "used") or bool(is_below_threshold(row["count"], min_group_size))


class DataQuality(Analysis):
    """The accounting of lines, customers and rows of the customer table."""

    name = "data_quality"
    tables = (REJECTED_LINES, UNSEGMENTED_CUSTOMERS, ACCOUNTING)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result:
        """Customers without a segment, and the accounting; what does not add up is a fault."""
        source = segments.source
        unsegmented, (seen, checksum) = run_concurrently(
            partial(context.materialize, source.purchases.unsegmented(), UNSEGMENTED_CUSTOMERS.name), source.purchases.count_seen
        )
        by_reason = {row["reason"]: row["count"] for row in unsegmented.groupBy("reason").count().collect()}
        rows = source.accounting(CustomerCounts(seen, segments.count, by_reason, checksum))
        log = source.log
        return Result(
            tables={
                **({REJECTED_LINES.name: log.rejected_lines} if log else {}),
                UNSEGMENTED_CUSTOMERS.name: unsegmented,
                ACCOUNTING.name: rows,
            },
            faults=tuple(accounting_faults(rows)),
            totals={
                "unsegmented": sum(by_reason.values()),
                "customer_keys": checksum,
                **({"rejected_lines": log.rejections.total().lines} if log else {}),
            },
        )

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress small counts of customers."""
        return result.with_tables(accounting=suppress_accounting(result.rows(ACCOUNTING.name), min_group_size))

    def section(self, result: Result, data: ReportData) -> Section:
        """The accounting, and the attributes."""
        return data_quality_section(data)
