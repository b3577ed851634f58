"""Customers and what describes them: purchases from a log, attributes from a customer table, or both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features.attributes import AttributeFeature
from segmentation.features.purchases import customers_without_purchase
from segmentation.ingest.accounting import CustomerCounts, accounting_rows, customer_rows, distinct_customers
from segmentation.ingest.customer_table import CustomerTable, row_accounting
from segmentation.ingest.log import IngestedLog
from segmentation.privacy.cell_suppression import is_below_threshold
from segmentation.privacy.suppression import reveals_small_group, with_nulls
from segmentation.publish.audit import key_checksum
from segmentation.schemas import CUSTOMER_ID, VOIDED_AT, Category, Records, missing_flag
from segmentation.settings import Settings

_ROW_COUNTS = ("rows", "unreadable_rows", "without_id", "duplicates", "customers", "without_row", "unknown", "undescribed")


@dataclass(frozen=True)
class LogPurchases:
    """The purchases of a log; `totals` has one row per customer, as of `customer_totals`."""

    log: IngestedLog
    totals: DataFrame

    @property
    def categories(self) -> tuple[Category, ...]:
        """The categories of the log."""
        return self.log.categories

    def count_seen(self) -> tuple[int, int | None]:
        """Number of customers of the log, and the checksum of their ids."""
        customers = distinct_customers(self.log.rejected_lines, self.log.orders)
        row = customers.agg(F.count(F.lit(1)).alias("seen"), key_checksum(CUSTOMER_ID).alias("checksum")).collect()[0]
        return row.seen, row.checksum

    def unsegmented(self) -> DataFrame:
        """Customers of the log that cannot be in a segment: `customer_id` and `reason`."""
        has_id, is_voided = F.col(CUSTOMER_ID).isNotNull(), F.col(VOIDED_AT).isNotNull()
        rejected, voided = self.log.rejected_lines.where(has_id), self.log.orders.where(is_voided)
        parts = {
            "only_rejected_lines": _not_among(_not_among(rejected, self.totals), voided),
            "only_voided_lines": _not_among(voided, self.totals),
        }
        with_reason = (customers.withColumn("reason", F.lit(reason)) for reason, customers in parts.items())
        return reduce(DataFrame.unionByName, with_reason, customers_without_purchase(self.totals))

    def accounting(self, customers: CustomerCounts) -> Records:
        """The accounting of lines and customers."""
        return accounting_rows(self.log.totals, self.log.rejections, self.log.order_summary.totals, customers)


@dataclass(frozen=True)
class NoPurchases:
    """No log: the customers are those of the customer table."""

    table: CustomerTable
    categories: tuple[Category, ...] = ()

    def count_seen(self) -> tuple[int, int | None]:
        """Number of customers of the table; they have no checksum."""
        return self.table.row_counts.customers, None

    def unsegmented(self) -> DataFrame:
        """Customers of the table without any attribute to compare them by: `customer_id` and `reason`."""
        return self.table.customers_without_attributes()

    def accounting(self, customers: CustomerCounts) -> Records:
        """The accounting of customers."""
        return customer_rows(customers)


@dataclass(frozen=True)
class AttributeCoverage:
    """Numbers of customers with and without attributes."""

    missing: Mapping[str, int]  # by attribute, customers in customer_features that lack it
    without_row: int = 0  # customers in customer_features without a row in the customer table
    not_in_log: int | None = None  # customers with a row but without a line in the log; None without a log
    without_attributes: int = 0  # customers with a row but no attribute to compare them by


@dataclass(frozen=True)
class TableAttributes:
    """The attributes of a customer table; `features` are the columns of customer_features made from them."""

    table: CustomerTable
    features: tuple[AttributeFeature, ...]
    coverage: AttributeCoverage

    def accounting(self) -> Records:
        """The accounting of the table's rows."""
        return row_accounting(self.table.row_counts, self.coverage.not_in_log)

    def facts(self) -> dict[str, Any]:
        """Facts about the customer table for the manifest, exact."""
        counts, settings = self.table.row_counts, self.table.settings
        return {
            "format": settings.format,
            "path": settings.path,
            "rows": counts.read,
            "unreadable_rows": counts.unreadable_rows,
            "without_id": counts.without_id,
            "duplicates": counts.duplicates,
            "customers": counts.customers,
            "without_row": self.coverage.without_row,
            "unknown": self.coverage.not_in_log,
            "undescribed": self.coverage.without_attributes,
            "columns": {name: self._column(name) for name in settings.columns},
        }

    def _column(self, name: str) -> dict[str, Any]:
        settings, missing = self.table.settings.columns[name], self.coverage.missing[name]
        return {
            "column": settings.column,
            "type": settings.type,
            "levels": list(settings.levels) if settings.type == "ordinal" else [],
            "features": {feature.name: feature.level for feature in self.features if feature.attribute == name},
            "missing": missing,
            "unreadable": self.table.row_counts.unreadable[name],
            "flag": missing_flag(name) if missing and name not in self.table.settings.unused_sensitive else None,
            "sensitive": settings.sensitive,
        }


@dataclass(frozen=True)
class NoAttributes:
    """No customer table."""

    features: tuple[AttributeFeature, ...] = ()

    def accounting(self) -> Records:
        """Nothing to account for."""
        return []

    def facts(self) -> None:
        """Nothing to record."""
        return


@dataclass(frozen=True)
class CustomerFeatures:
    """The customers of a run with their features as of a day."""

    features: DataFrame  # the materialized table customer_features
    as_of: date  # the day that the features describe
    purchases: LogPurchases | NoPurchases  # where the customers come from: a log, or else the customer table
    attributes: TableAttributes | NoAttributes = field(default_factory=NoAttributes)

    @property
    def has_purchases(self) -> bool:
        """Whether there is a log."""
        return isinstance(self.purchases, LogPurchases)

    @property
    def log(self) -> IngestedLog | None:
        """The ingested log; None without one."""
        return self.purchases.log if isinstance(self.purchases, LogPurchases) else None

    @property
    def customer_table(self) -> CustomerTable | None:
        """The customer table; None without one."""
        return self.attributes.table if isinstance(self.attributes, TableAttributes) else None

    @property
    def categories(self) -> tuple[Category, ...]:
        """The categories of the log; empty without any."""
        return self.purchases.categories

    @property
    def attribute_features(self) -> Sequence[AttributeFeature]:
        """The columns of customer_features made from attributes."""
        return self.attributes.features

    def input_facts(self, settings: Settings) -> dict[str, Any]:
        """Format and path of the log for the manifest, the time it spans, and how it was read; without a log, of the customer table."""
        if isinstance(self.purchases, NoPurchases):
            return {"format": self.purchases.table.settings.format, "path": self.purchases.table.settings.path}
        log = self.purchases.log
        span = {"first_line_at": log.order_summary.first_line_at, "last_line_at": log.order_summary.last_line_at}
        products = {"distinct_products": "estimated" if log.product_counts is None else "counted"} if settings.has_products else {}
        incremental = {} if log.incremental is None else {"incremental": dict(log.incremental)}
        return {"format": settings.log.format, "path": settings.log.path, **span, **products, **incremental}

    def attribute_facts(self, customers: int, min_group_size: int) -> dict[str, Any] | None:
        """Facts about the customer table for the manifest, with small groups suppressed; `customers` is the number in segments."""
        facts = self.attributes.facts()
        return None if facts is None else suppress_attribute_counts(facts, customers, min_group_size)

    def accounting(self, customers: CustomerCounts) -> Records:
        """Rows of the table accounting: lines, customers, and rows of the customer table."""
        return [*self.purchases.accounting(customers), *self.attributes.accounting()]


def _not_among(customers: DataFrame, known: DataFrame) -> DataFrame:
    """Customers that are not among the known, one row each."""
    return customers.select(CUSTOMER_ID).distinct().join(known, CUSTOMER_ID, "left_anti")


def suppress_attribute_counts(facts: Mapping[str, Any], customers: int, min_group_size: int) -> dict[str, Any]:
    """Facts about the customer table without small counts of customers or of rows, each of which is a customer."""
    row_counts = _ROW_COUNTS if any(is_below_threshold(facts[name] or 0, min_group_size) for name in _ROW_COUNTS) else ()
    columns = {name: _column_facts(column, customers, min_group_size) for name, column in facts["columns"].items()}
    return {**with_nulls(facts, row_counts), "columns": columns}


def _column_facts(facts: Mapping[str, Any], customers: int, min_group_size: int) -> dict[str, Any]:
    return with_nulls(facts, [name for name in ("missing", "unreadable") if reveals_small_group(facts[name], customers, min_group_size)])
