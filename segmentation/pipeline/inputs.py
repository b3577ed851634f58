"""The input of a run: reads the log and the customer table, and computes customer_features."""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.analyses.registry import enabled_analyses
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.features.attributes import attribute_features, missing_counts, with_attribute_columns, with_missing_flags
from segmentation.features.purchases import counted_months, customer_totals, purchase_features
from segmentation.fitted.customer_features import (
    AttributeCoverage,
    CustomerFeatures,
    LogPurchases,
    NoAttributes,
    NoPurchases,
    TableAttributes,
)
from segmentation.incremental.ingestion import ingest_incrementally
from segmentation.ingest.accounting import OrderSummary
from segmentation.ingest.customer_table import CustomerTable, read_customer_table
from segmentation.ingest.log import IngestedLog, ingest_log
from segmentation.ingest.orders import active_orders
from segmentation.schemas import AS_OF, BREADTH_PRODUCTS, CUSTOMER_ID

_HAS_ROW = "has an attribute row"


def load_customer_features(context: RunContext) -> CustomerFeatures:
    """Features of the customers of the log, with the attributes of the customer table; without a log, of the table's customers.

    Raises InputError where the log or the customer table cannot be used, no customer is left, or an analysis cannot look at them as the
    settings ask.
    """
    source = _load(context)
    for analysis in enabled_analyses(context.settings):
        analysis.check_input(context.settings, source)
    return source


def _load(context: RunContext) -> CustomerFeatures:
    settings = context.settings
    # The customer table first: it is small, and an error in it should not wait for the log.
    table = read_customer_table(context, settings.attributes) if settings.attributes else None
    if settings.input is not None:
        return _with_purchases(context, table)
    if table is None:
        raise ValueError("neither a log nor a customer table is given")
    as_of = settings.features.as_of or context.started_at.date()
    with context.run_log.stage("features") as stage:
        customers, attributes = _attributes_alone(table, as_of)
        features = context.materialize(customers, "customer_features")
        stage.count(columns=len(features.columns))
    return CustomerFeatures(features, as_of, NoPurchases(table), attributes)


def _with_purchases(context: RunContext, table: CustomerTable | None) -> CustomerFeatures:
    log = ingest_incrementally(context) if context.settings.log.incremental else ingest_log(context)
    as_of = context.settings.features.as_of or _day_after(log.order_summary)
    with context.run_log.stage("features") as stage:
        totals = context.cache(_totals(context, log))
        customers = purchase_features(totals, as_of, log.slugs)
        attributes: TableAttributes | NoAttributes = NoAttributes()
        if table:
            customers, attributes = _join_attributes(context, customers, table)
        features = context.materialize(customers, "customer_features")
        stage.count(columns=len(features.columns))
    return CustomerFeatures(features, as_of, LogPurchases(log, totals), attributes)


def _totals(context: RunContext, log: IngestedLog) -> DataFrame:
    totals = customer_totals(active_orders(log.orders), log.slugs, counted_months(context.settings.features))
    if log.product_counts is None:
        return totals
    return totals.drop(BREADTH_PRODUCTS).join(log.product_counts, CUSTOMER_ID, "left")


def _day_after(orders: OrderSummary) -> date:
    if orders.last_day is None:
        raise InputError("no customers left: every line of the log is rejected or voided. See rules and input.columns")
    if orders.last_day == date.max:
        raise InputError(
            f"the last accepted line is of {date.max}, and no day comes after. Set features.as_of, and lines from then on are left out"
        )
    return orders.last_day + timedelta(days=1)


def _join_attributes(context: RunContext, customers: DataFrame, table: CustomerTable) -> tuple[DataFrame, TableAttributes]:
    """Customers of the log with their attributes as columns of customer_features."""
    rows = table.customers.withColumn(_HAS_ROW, F.lit(1))
    joined = context.cache(customers.join(rows, CUSTOMER_ID, "left"))
    missing = joined.agg(F.count_if(F.col(_HAS_ROW).isNotNull()).alias(_HAS_ROW), *_counts(joined, table)).collect()[0].asDict()
    n_matched, n_customers = missing.pop(_HAS_ROW), missing.pop("customers")
    coverage = AttributeCoverage(missing, without_row=n_customers - n_matched, not_in_log=table.row_counts.customers - n_matched)
    return _with_feature_columns(joined.drop(_HAS_ROW), table, coverage)


def _attributes_alone(table: CustomerTable, as_of: date) -> tuple[DataFrame, TableAttributes]:
    """Customers of the table with their attributes as columns of customer_features."""
    customers = table.comparable_customers()
    missing = customers.agg(*_counts(customers, table)).collect()[0].asDict()
    coverage = AttributeCoverage(missing, without_attributes=table.row_counts.customers - missing.pop("customers"))
    return _with_feature_columns(customers.select(CUSTOMER_ID, F.lit(as_of).alias(AS_OF), *table.settings.columns), table, coverage)


def _counts(customers: DataFrame, table: CustomerTable) -> list[Column]:
    return [F.count(F.lit(1)).alias("customers"), *missing_counts(customers, tuple(table.settings.columns))]


def _with_feature_columns(customers: DataFrame, table: CustomerTable, coverage: AttributeCoverage) -> tuple[DataFrame, TableAttributes]:
    settings = table.settings
    features = attribute_features(settings, table.levels, table.row_counts.with_other)
    shown = {name: count for name, count in coverage.missing.items() if name not in settings.unused_sensitive}
    columns = with_attribute_columns(customers.drop(*settings.unused_sensitive), features)
    return with_missing_flags(columns, features, shown), TableAttributes(table, features, coverage)
