"""The first half of the main job: a log in, orders and rejected lines out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.ingest import categories as categorising
from segmentation.ingest.accounting import Rejections, Stock, Tally, rejections, taken_stock
from segmentation.ingest.cancellations import RETURN_KEY, Returns, with_voided
from segmentation.ingest.categories import Category
from segmentation.ingest.orders import products_per_customer, to_orders
from segmentation.ingest.rules import IS_REJECTED, OUTSIDE_WINDOW, rejected_lines, stop_if_mostly_rejected
from segmentation.ingest.survey import overview
from segmentation.schemas import BREADTH_PRODUCTS, CATEGORY, E4, MOST_E4, SPEND_E4
from segmentation.settings import Settings
from segmentation.workflows.judging import categorised_lines, counting_lines, is_dear, judged, looked_over, read_log
from segmentation.workflows.mapping import keep_mapping


@dataclass(frozen=True)
class Ingested:
    """What a log was turned into.

    Parameters
    ----------
    orders, rejected
        As written.
    lines
        Accepted lines with `voided_at` and, where there are categories, `category` as a place in their list; not held: each look
        at them is another pass. Of a continued night, the recent ones only.
    products
        Distinct products per customer; None where the log has none, or too many lines to count them.
    categories
        The categories told apart.
    read
        Lines and amount as counted where they were read.
    rejections
        Rejected lines by reason.
    stock
        What the orders hold, counted as written.
    spend
        `spend_e4` of accepted lines by the name of their `category`.
    night
        What was new, for the manifest; None where the log is not read by night.
    """

    orders: DataFrame
    rejected: DataFrame
    lines: DataFrame
    products: DataFrame | None
    categories: tuple[Category, ...]
    read: Tally
    rejections: Rejections
    stock: Stock
    spend: DataFrame
    night: Mapping[str, Any] | None = None

    @property
    def slugs(self) -> tuple[str, ...]:
        """Categories as column names end."""
        return tuple(category.slug for category in self.categories)


def ingested(context: RunContext, log: DataFrame | None = None) -> Ingested:
    """Read the log, set rejected lines apart, void cancellations, and write orders and rejected lines."""
    settings = context.settings
    with context.run_log.stage("read") as stage:
        log = read_log(context.spark, settings) if log is None else log
        every, names, survey = looked_over(context, log)
        read, plain = overview(survey)
        if not is_dear(settings):
            every = judged(log, settings, context.pseudonyms, plain)
        lines = categorised_lines(every, names)
        rejected = context.written(rejected_lines(every), "rejected_lines")
        found = rejections(rejected)
        stage.count(lines=read.lines, rejected=found.total().lines)
        stop_if_unusable(rejected, found, read, settings)
    keep_mapping(context, log, settings.log.missing_values)
    with context.run_log.stage("orders") as stage:
        categories = categories_of(context, survey.where(~F.col(IS_REJECTED)))
        accepted = accepted_lines(context, lines, _returns(survey), categories)
        storage.write_table(to_orders(accepted, categories, settings.has_products), context.run.orders)
        orders = storage.read_table(context.spark, context.run.orders)
        stock = taken_stock(orders)
        stage.count(orders=stock.orders, categories=len(categories))
    counts_products = settings.has_products and read.lines <= settings.features.exact_products_up_to_lines
    products = products_per_customer(accepted, BREADTH_PRODUCTS) if counts_products else None
    return Ingested(orders, rejected, accepted, products, categories, read, found, stock, spend_by_category(survey))


def accepted_lines(context: RunContext, lines: DataFrame, returns: Returns, categories: tuple[Category, ...]) -> DataFrame:
    """Lines that count, with `voided_at` and their category's place."""
    return with_voided(counting_lines(lines, categories), returns, context.settings.rules.void_within_hours, context.cache)


def spend_by_category(survey: DataFrame) -> DataFrame:
    """Gross spend of accepted lines by the name of their category."""
    return survey.where(~F.col(IS_REJECTED)).groupBy(CATEGORY).agg(F.sum(SPEND_E4).alias(SPEND_E4))


def stop_if_unusable(rejected: DataFrame, found: Rejections, read: Tally, settings: Settings) -> None:
    """Raise where the log holds no lines, or too few that are not rejected."""
    if read.lines == 0:
        raise InputError("the log holds no lines: there is a header at most. Check input.path")
    if abs(read.amount_e4) >= MOST_E4:
        raise InputError(
            f"the lines add up to {read.amount_e4 / E4:,.0f}, more than the tables can hold. Are quantity and price the right columns?"
        )
    faulty = found.without(OUTSIDE_WINDOW)
    inside = read.lines - found.total().lines + faulty.total().lines
    stop_if_mostly_rejected(rejected, faulty.any(), (faulty.total().lines, inside), settings.rules)


def _returns(survey: DataFrame) -> Returns:
    returned = survey.where(F.col(RETURN_KEY).isNotNull())
    return Returns(returned, returned.count())


def categories_of(context: RunContext, spend: DataFrame) -> tuple[Category, ...]:
    """The categories told apart: those of the model in use, or from `spend_e4` of accepted lines by `category`."""
    settings = context.settings
    if context.categories is not None:
        return context.categories
    if not settings.has_categories:
        return ()
    if settings.categories.patterns:
        return categorising.pattern_categories(settings.categories)
    return categorising.leading_categories(spend, settings.categories)
