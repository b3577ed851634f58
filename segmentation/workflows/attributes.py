"""The customer table of a run: read, gathered to one row a customer, and laid beside the purchases or segmented on its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext
from segmentation.features.attributes import AttributeFeature, attribute_features, missing_of, with_attributes, with_flags
from segmentation.ingest.attribute_rows import AttributeRows, attribute_rows, known_customers, per_customer, stop_if_unusable
from segmentation.ingest.attributes import levels_of, source_columns, typed_attributes, under_our_names
from segmentation.privacy.kept_out import left_over
from segmentation.schemas import AS_OF, CUSTOMER_ID, missing_flag
from segmentation.settings import AttributesSettings
from segmentation.workflows.kept_out import kept_out
from segmentation.workflows.mapping import keep_mapping
from segmentation.workflows.pseudonyms import canonical_customer, under_pseudonyms

_HAS_ROW = "has an attribute row"


@dataclass(frozen=True)
class Attributes:
    """What a customer table was turned into.

    Parameters
    ----------
    settings
        Where it lies, and what its columns are.
    customers
        One row a customer: the attributes as numbers, levels as places.
    rows
        What became of its rows.
    features
        The columns of customer_features that its attributes become.
    """

    settings: AttributesSettings
    customers: DataFrame
    rows: AttributeRows
    features: tuple[AttributeFeature, ...]


@dataclass(frozen=True)
class Reach:
    """How far a customer table reaches.

    Parameters
    ----------
    missing
        By attribute, customers of customer_features that lack it.
    without_row
        Customers of customer_features without a row in the table.
    unknown
        Customers with a row that the log does not know; None where there is no log.
    undescribed
        Customers with a row that tells nothing they could be compared by: in no segment.
    """

    missing: Mapping[str, int]
    without_row: int = 0
    unknown: int | None = None
    undescribed: int = 0


def read_attributes(context: RunContext, settings: AttributesSettings) -> Attributes:
    """Read the customer table, and gather it to one row a customer."""
    names = tuple(settings.columns)
    with context.run_log.stage("attributes") as stage:
        source = storage.read_source(context.spark, settings, source_columns(settings), "attributes", quotes=context.pseudonyms is None)
        if listed := kept_out(context.spark, context.settings.output.path):
            # Left out before anything is counted: a customer table's rows, unlike a log's lines, are not kept when rejected.
            source = left_over(source, canonical_customer(source, settings.missing_values), listed.digests, listed.salt)
        table = under_pseudonyms(source.transform(under_our_names, settings), context.pseudonyms, settings.missing_values)
        levels = levels_of(table, settings)
        customers = context.cache(per_customer(typed_attributes(table, settings, levels), names))
        rows = attribute_rows(customers, levels, names)
        stage.count(rows=rows.read, customers=rows.customers)
        stop_if_unusable(rows, settings)
    if context.settings.input is None:
        keep_mapping(context, source, settings.missing_values)
    return Attributes(settings, known_customers(customers, names), rows, attribute_features(settings, levels, rows.with_other))


def beside_purchases(context: RunContext, customers: DataFrame, attributes: Attributes) -> tuple[DataFrame, Reach]:
    """Customers of the log with their attributes, as columns of customer_features."""
    table = attributes.customers.withColumn(_HAS_ROW, F.lit(1))
    joined = context.cache(customers.join(table, CUSTOMER_ID, "left"))
    found = joined.agg(F.count_if(F.col(_HAS_ROW).isNotNull()).alias(_HAS_ROW), *_counts(joined, attributes)).collect()[0].asDict()
    matched, all_of_them = found.pop(_HAS_ROW), found.pop("customers")
    reach = Reach(found, without_row=all_of_them - matched, unknown=attributes.rows.customers - matched)
    return _described(joined.drop(_HAS_ROW), attributes, reach), reach


def on_their_own(attributes: Attributes, as_of: date) -> tuple[DataFrame, Reach]:
    """Customers whose attributes are all that is known of them, as customer_features."""
    told = attributes.customers.where(_tells_anything(attributes.settings))
    found = told.agg(*_counts(told, attributes)).collect()[0].asDict()
    reach = Reach(found, undescribed=attributes.rows.customers - found.pop("customers"))
    names = list(attributes.settings.columns)
    return _described(told.select(CUSTOMER_ID, F.lit(as_of).alias(AS_OF), *names), attributes, reach), reach


def undescribed(attributes: Attributes) -> DataFrame:
    """Customers with a row that tells nothing they could be compared by."""
    rest = attributes.customers.where(~_tells_anything(attributes.settings))
    return rest.select(CUSTOMER_ID, F.lit("no_attributes").alias("reason"))


def attribute_facts(attributes: Attributes, reach: Reach) -> dict[str, Any]:
    """The customer table as the manifest tells of it."""
    rows, settings = attributes.rows, attributes.settings
    return {
        "format": settings.format,
        "path": settings.path,
        "rows": rows.read,
        "unreadable_rows": rows.broken,
        "without_id": rows.without_id,
        "duplicates": rows.duplicates,
        "customers": rows.customers,
        "without_row": reach.without_row,
        "unknown": reach.unknown,
        "undescribed": reach.undescribed,
        "columns": {name: _column_facts(name, attributes, reach) for name in settings.columns},
    }


def _column_facts(name: str, attributes: Attributes, reach: Reach) -> dict[str, Any]:
    settings, missing = attributes.settings.columns[name], reach.missing[name]
    return {
        "column": settings.column,
        "type": settings.type,
        "levels": list(settings.levels) if settings.type == "ordinal" else [],
        "features": {feature.name: feature.level for feature in attributes.features if feature.attribute == name},
        "missing": missing,
        "unreadable": attributes.rows.unreadable[name],
        "flag": missing_flag(name) if missing and name not in attributes.settings.withheld else None,
        "sensitive": settings.sensitive,
    }


def _counts(customers: DataFrame, attributes: Attributes) -> list[Any]:
    return [F.count(F.lit(1)).alias("customers"), *missing_of(customers, tuple(attributes.settings.columns))]


def _tells_anything(settings: AttributesSettings) -> Any:
    used = [name for name, column in settings.columns.items() if column.is_compared]
    return F.coalesce(*(F.col(name).cast("double") for name in used)).isNotNull()


def _described(customers: DataFrame, attributes: Attributes, reach: Reach) -> DataFrame:
    withheld = attributes.settings.withheld
    told = with_attributes(customers.drop(*withheld), attributes.features)
    return with_flags(told, attributes.features, {name: count for name, count in reach.missing.items() if name not in withheld})
