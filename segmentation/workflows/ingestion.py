"""The first half of the main job: a log in, orders and rejected lines out."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.errors import InputError
from segmentation.ingest import categories as categorising
from segmentation.ingest.accounting import Rejections, Tally, read_tally, rejections
from segmentation.ingest.cancellations import with_voided
from segmentation.ingest.categories import Category
from segmentation.ingest.lines import typed_lines, with_order_of_the_day
from segmentation.ingest.orders import products_per_customer, to_orders
from segmentation.ingest.rules import IS_REJECTED, OUTSIDE_WINDOW, REASONS, rejected_lines, stop_if_mostly_rejected, with_rejection
from segmentation.schemas import BREADTH_PRODUCTS, CATEGORY, PRODUCT_ID, RECORD, SOURCE
from segmentation.settings import Settings
from segmentation.workflows.job import Job

_TEXT_FORMATS = ("csv", "json")


@dataclass(frozen=True)
class Ingested:
    """What a log was turned into.

    Parameters
    ----------
    orders, rejected
        As written.
    products
        Distinct products per customer; None where the log has none.
    categories
        The categories told apart.
    read
        Lines and amount as counted where they were read.
    rejections
        Rejected lines by reason.
    """

    orders: DataFrame
    rejected: DataFrame
    products: DataFrame | None
    categories: tuple[Category, ...]
    read: Tally
    rejections: Rejections

    @property
    def slugs(self) -> tuple[str, ...]:
        """Categories as column names end."""
        return tuple(category.slug for category in self.categories)


def ingested(job: Job) -> Ingested:
    """Read the log, set rejected lines apart, void cancellations, and write orders and rejected lines."""
    settings = job.settings
    lines = judged_lines(job.spark, settings)
    if settings.input.format in _TEXT_FORMATS:
        lines = job.keep(lines)
    with job.journal.stage("read") as stage:
        read, returns = read_tally(lines)
        rejected = job.written(rejected_lines(lines), "rejected_lines")
        found = rejections(rejected)
        stage.count(lines=read.lines, rejected=found.total().lines)
        _stop_if_unusable(rejected, found, read, settings)
    with job.journal.stage("orders") as stage:
        categories = _categories(lines, settings)
        accepted = accepted_lines(job, lines, returns, categories)
        storage.write_table(to_orders(accepted, categories), job.run.orders)
        orders = storage.read_table(job.spark, job.run.orders)
        stage.count(orders=orders.count(), categories=len(categories))
    products = products_per_customer(accepted, BREADTH_PRODUCTS) if settings.input.columns.product_id else None
    return Ingested(orders, rejected, products, categories, read, found)


def judged_lines(spark: SparkSession, settings: Settings) -> DataFrame:
    """Every line of the log, typed, with its category and the reasons to reject it."""
    log = storage.read_source(spark, settings.input, settings.input.columns.mapped())
    lines = typed_lines(log, settings.input, settings.rules)
    lines = categorising.with_category_name(lines, settings.categories, _lookup(spark, settings))
    return with_rejection(lines, settings)


def accepted_lines(job: Job, lines: DataFrame, returns: int, categories: tuple[Category, ...]) -> DataFrame:
    """Lines that count, with `voided_at` and their category's place."""
    accepted = lines.where(~F.col(IS_REJECTED)).transform(with_order_of_the_day).drop(SOURCE, RECORD, REASONS, IS_REJECTED)
    if categories:
        accepted = categorising.with_category_place(accepted, categories)
    return with_voided(accepted, job.settings.rules.void_within_hours, returns, job.keep)


def _stop_if_unusable(rejected: DataFrame, found: Rejections, read: Tally, settings: Settings) -> None:
    if read.lines == 0:
        raise InputError("the log holds no lines: there is a header at most. Check input.path")
    faulty = found.without(OUTSIDE_WINDOW)
    inside = read.lines - found.total().lines + faulty.total().lines
    stop_if_mostly_rejected(rejected, faulty.any(), (faulty.total().lines, inside), settings.rules)


def _lookup(spark: SparkSession, settings: Settings) -> DataFrame | None:
    lookup = settings.categories.lookup
    if lookup is None:
        return None
    columns = {PRODUCT_ID: lookup.product_id, CATEGORY: lookup.category}
    return categorising.product_categories(storage.read_source(spark, lookup, columns))


def _categories(lines: DataFrame, settings: Settings) -> tuple[Category, ...]:
    if not settings.has_categories:
        return ()
    if settings.categories.patterns:
        return categorising.pattern_categories(settings.categories)
    return categorising.leading_categories(lines.where(~F.col(IS_REJECTED)), settings.categories)
