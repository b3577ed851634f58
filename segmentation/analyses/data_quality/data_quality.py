"""Data quality: the accounting of what was read, what was left out and why, with its sums."""

from functools import partial

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.data_quality.section import data_quality_section
from segmentation.analyses.data_quality.suppression import suppress_accounting
from segmentation.analyses.data_quality.tables import ACCOUNTING, REJECTED_LINES, UNSEGMENTED_CUSTOMERS
from segmentation.context import RunContext, run_concurrently
from segmentation.fitted.segments import FittedSegments
from segmentation.ingest.accounting import CustomerCounts, accounting_faults
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section


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
