"""Ingestion of a log: files in, orders, accepted lines and rejected lines out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.ingest.accounting import LineTotals, OrderSummary, Rejections, count_rejections, summarize_orders
from segmentation.ingest.categories import category_names, select_categories, with_category
from segmentation.ingest.ids import update_mapping
from segmentation.ingest.line_profile import overview, profile_lines, return_keys, spend_by_category
from segmentation.ingest.orders import aggregate_orders, products_per_customer
from segmentation.ingest.returns import with_voided
from segmentation.ingest.rules import OUTSIDE_WINDOW, check_rejected_share, rejected_lines
from segmentation.ingest.validation import accepted_lines, read_log, should_cache, validate_lines
from segmentation.schemas import BREADTH_PRODUCTS, E4, MAX_TOTAL_E4, Category
from segmentation.settings import Settings


@dataclass(frozen=True)
class IngestedLog:
    """An ingested log."""

    # Materialized; grain and columns as of `aggregate_orders` and `rules.rejected_lines`.
    orders: DataFrame
    rejected_lines: DataFrame
    # With `voided_at` and, where there are categories, the index of their category. After an incremental ingestion, only recent lines.
    # Not cached: each use reads the log again.
    accepted_lines: DataFrame
    # Distinct products per customer; None where the log has no products, or too many lines to count them exactly.
    product_counts: DataFrame | None
    categories: tuple[Category, ...]  # in the order of their indexes
    totals: LineTotals  # of all lines read
    rejections: Rejections
    order_summary: OrderSummary
    spend_by_category: DataFrame  # `spend_e4` of accepted lines by the name of their `category`
    # What an incremental ingestion read, for the manifest; None where `input.incremental` is off.
    incremental: Mapping[str, Any] | None = None

    @property
    def slugs(self) -> tuple[str, ...]:
        """Slugs of the categories."""
        return tuple(category.slug for category in self.categories)


def ingest_log(context: RunContext, log: DataFrame | None = None) -> IngestedLog:
    """Read the whole log, validate its lines, void cancelled purchases, and aggregate orders.

    `log` has the log's mapped columns; where None, it is read from `input.path`.

    Raises InputError where the log cannot be used (see `check_log_usable`).
    """
    settings = context.settings
    with context.run_log.stage("read") as stage:
        log = read_log(context.spark, settings) if log is None else log
        lines = validate_lines(log, settings, context.pseudonyms, context.erased)
        lines = context.cache(lines) if should_cache(settings) else lines
        names = category_names(context, lines)
        profile = context.cache(profile_lines(with_category(lines, names)))
        totals, plain_ids = overview(profile)
        if not should_cache(settings):
            # The log is read again anyway, and ids that are known to be canonical need no work this time.
            lines = validate_lines(log, settings, context.pseudonyms, context.erased, plain_ids)
        rejected = context.materialize(rejected_lines(lines), "rejected_lines")
        lines = with_category(lines, names)
        rejections = count_rejections(rejected)
        stage.count(lines=totals.lines, rejected=rejections.total().lines)
        check_log_usable(rejected, rejections, totals, settings)
    update_mapping(context, log, settings.log.missing_values)
    with context.run_log.stage("orders") as stage:
        spend = spend_by_category(profile)
        categories = select_categories(context, spend)
        within_hours = settings.rules.void_within_hours
        accepted = with_voided(accepted_lines(lines, categories), return_keys(profile), within_hours, context.cache)
        orders = context.materialize(aggregate_orders(accepted, categories, settings.has_products), "orders")
        summary = summarize_orders(orders)
        stage.count(orders=summary.n_orders, categories=len(categories))
    is_counted = settings.has_products and totals.lines <= settings.features.exact_products_max_lines
    products = products_per_customer(accepted, BREADTH_PRODUCTS) if is_counted else None
    return IngestedLog(orders, rejected, accepted, products, categories, totals, rejections, summary, spend)


def check_log_usable(rejected: DataFrame, rejections: Rejections, totals: LineTotals, settings: Settings) -> None:
    """Raise InputError where the log has no lines, too large amounts, or too many rejected lines."""
    if totals.lines == 0:
        raise InputError("the log holds no lines: there is a header at most. Check input.path")
    if abs(totals.amount_e4) >= MAX_TOTAL_E4:
        raise InputError(
            f"the lines add up to {totals.amount_e4 / E4:,.0f}, more than the tables can hold. Are quantity and price the right columns?"
        )
    in_window = rejections.without(OUTSIDE_WINDOW)
    lines = totals.lines - rejections.total().lines + in_window.total().lines
    check_rejected_share(rejected, in_window.lines_by_reason(), (in_window.total().lines, lines), settings.rules)
