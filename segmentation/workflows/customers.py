"""Customers and what describes them: their purchases, a customer table, or both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame

from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.features.attributes import AttributeFeature
from segmentation.features.purchases import MONTHS, customer_totals, purchase_features
from segmentation.ingest.accounting import Stock
from segmentation.ingest.orders import standing
from segmentation.schemas import BREADTH_PRODUCTS, CUSTOMER_ID
from segmentation.workflows.attributes import Attributes, Reach, beside_purchases, on_their_own, read_attributes
from segmentation.workflows.ingestion import Ingested
from segmentation.workflows.nights import log_so_far


@dataclass(frozen=True)
class Purchases:
    """What a log tells: itself, and `totals`, what each customer's orders add up to."""

    log: Ingested
    totals: DataFrame


@dataclass(frozen=True)
class Described:
    """Customers and what describes them.

    Parameters
    ----------
    features
        customer_features, as written.
    as_of
        The day they describe.
    purchases
        None without a log.
    attributes, reach
        None without a customer table.
    """

    features: DataFrame
    as_of: date
    purchases: Purchases | None
    attributes: Attributes | None = None
    reach: Reach | None = None

    @property
    def log(self) -> Ingested | None:
        """What the log was turned into; None without one."""
        return self.purchases.log if self.purchases else None

    @property
    def attribute_features(self) -> Sequence[AttributeFeature]:
        """The columns of customer_features that attributes became."""
        return self.attributes.features if self.attributes else ()


def described(context: RunContext) -> Described:
    """Customers of the log, of the customer table, or of the log with what the table tells of them."""
    settings = context.settings
    # The table first: it is small, and a fault in it should not wait for the log.
    attributes = read_attributes(context, settings.attributes) if settings.attributes else None
    if settings.input is not None:
        return _with_purchases(context, attributes)
    if attributes is None:
        raise ValueError("neither a log nor a customer table is given")
    as_of = settings.features.as_of or context.started_at.date()
    with context.run_log.stage("features") as stage:
        customers, reach = on_their_own(attributes, as_of)
        features = context.written(customers, "customer_features")
        stage.count(columns=len(features.columns))
    return Described(features, as_of, None, attributes, reach)


def _with_purchases(context: RunContext, attributes: Attributes | None) -> Described:
    log = log_so_far(context)
    as_of = context.settings.features.as_of or _day_after(log.stock)
    with context.run_log.stage("features") as stage:
        totals = context.cache(_totals(context, log))
        customers, reach = purchase_features(totals, as_of, log.slugs), None
        if attributes:
            customers, reach = beside_purchases(context, customers, attributes)
        features = context.written(customers, "customer_features")
        stage.count(columns=len(features.columns))
    return Described(features, as_of, Purchases(log, totals), attributes, reach)


def totals_of(context: RunContext, orders: DataFrame, slugs: tuple[str, ...]) -> DataFrame:
    """What customers' orders add up to, with the months that features ask for."""
    months = MONTHS if context.settings.features.preferences.month_order_shares.use else ()
    return customer_totals(orders, slugs, months)


def _totals(context: RunContext, log: Ingested) -> DataFrame:
    totals = totals_of(context, standing(log.orders), log.slugs)
    return totals if log.products is None else totals.drop(BREADTH_PRODUCTS).join(log.products, CUSTOMER_ID, "left")


def _day_after(stock: Stock) -> date:
    if stock.last_day is None:
        raise InputError("no customers left: every line of the log is rejected or voided. See rules and input.columns")
    if stock.last_day == date.max:
        raise InputError(
            f"the last accepted line is of {date.max}, and no day comes after. Set features.as_of, and lines from then on are left out"
        )
    return stock.last_day + timedelta(days=1)
