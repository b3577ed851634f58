"""The last part of the main job: tables, model, manifest and page, all in the run's folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial, reduce
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.clustering.assignment import name_of
from segmentation.context import RunContext, run_concurrently
from segmentation.features.purchases import without_purchase
from segmentation.ingest.accounting import Customers, accounting_rows, customer_rows, distinct_customers
from segmentation.ingest.attribute_rows import row_accounting
from segmentation.insight.attribute_naming import Attribute, named_by_attributes
from segmentation.insight.effects import with_effects
from segmentation.insight.naming import Naming, carried_names, named_segments
from segmentation.insight.playbook import segment_actions, with_actions
from segmentation.insight.profile import features_of, gathered, segment_profile, segment_summary, with_stability
from segmentation.insight.surrogate import segment_rules
from segmentation.privacy.described import accounting_told
from segmentation.publish.looks import mark_of
from segmentation.schemas import (
    ACCOUNTING,
    AS_OF,
    CUSTOMER_ID,
    CUSTOMER_SEGMENTS,
    K_SELECTION,
    RUN_ID,
    SEGMENT_ACTIONS,
    SEGMENT_EXAMPLES,
    SEGMENT_ID,
    SEGMENT_NAME,
    SEGMENT_PROFILE,
    SEGMENT_RULES,
    UNITS,
    VOIDED_AT,
    segment_summary_schema,
)
from segmentation.settings.model import ReportSettings
from segmentation.workflows.attributes import undescribed
from segmentation.workflows.customers import Described
from segmentation.workflows.grouping import Grouped
from segmentation.workflows.ingestion import Ingested
from segmentation.workflows.models import Model, write_description, write_model_of
from segmentation.workflows.small_groups import SmallGroups, counted

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Tables:
    """The small tables of a run, as rows; `segment_actions` is empty, and not published, where there are no purchases."""

    segment_summary: list[dict[str, Any]]
    segment_actions: list[dict[str, Any]]
    segment_profile: list[dict[str, Any]]
    segment_rules: list[dict[str, Any]]
    segment_examples: list[dict[str, Any]]
    k_selection: list[dict[str, Any]]
    accounting: list[dict[str, Any]]


@dataclass(frozen=True)
class Gathered:
    """What Spark found: a row for each segment, and what became of customers."""

    segments: list[Row]
    customers: Customers


class Written(NamedTuple):
    """The small tables as they are told, what became of customers, and how many values each table keeps back."""

    tables: Tables
    customers: Customers
    kept_back: dict[str, int]


def write_tables(context: RunContext, source: Described, groups: Grouped) -> Written:
    """Every table that is not written yet, and the model."""
    unsegmented, seen, profiles, *_ = run_concurrently(
        partial(write_unsegmented, context, source),
        partial(customers_seen, source),
        partial(gathered, groups.customers, features_of(groups.features)),
        # Python's work while Spark has its own.
        lambda: groups.likeness,
        partial(write_model_of, context.run, groups.pipeline, groups.prepared, groups.model.segments if groups.model else groups.segments),
    )
    found = Gathered(profiles, Customers(seen[0], groups.count, unsegmented, seen[1]))
    attributes = source.attribute_features
    few = SmallGroups(profiles, features_of(groups.features), attributes, context.settings.privacy.smallest_group)
    exact = small_tables(context, source, groups, found, few)
    tables = told(exact, groups, few)
    back = counted({name: (rows, asdict(tables)[name]) for name, rows in asdict(exact).items()})
    names = {row[SEGMENT_ID]: row[SEGMENT_NAME] for row in tables.segment_summary}
    write_description(context.run, groups.model or _model(context, source, groups, tables))
    run_concurrently(partial(write_segments, context, groups, names, source.as_of), partial(write_small, context, tables))
    return Written(tables, found.customers, back)


def told(exact: Tables, groups: Grouped, few: SmallGroups) -> Tables:
    """The small tables without what tells of small groups."""
    sample = len(groups.points)
    return replace(
        exact,
        segment_summary=few.summary(exact.segment_summary),
        segment_profile=few.profile(exact.segment_profile),
        segment_rules=few.rules(exact.segment_rules, sample),
        k_selection=few.selection(exact.k_selection, sample),
        accounting=accounting_told(exact.accounting, few.smallest_group),
    )


def write_segments(context: RunContext, groups: Grouped, names: Mapping[int, str], as_of: date) -> None:
    """customer_segments."""
    stamped = groups.customers.withColumns({SEGMENT_NAME: name_of(names), AS_OF: F.lit(as_of), RUN_ID: F.lit(context.run.run_id)})
    storage.write_table(stamped.select(*CUSTOMER_SEGMENTS.names), context.run.path("customer_segments"))


def _model(context: RunContext, source: Described, groups: Grouped, tables: Tables) -> Model:
    """The model this run has fitted, as later ones find it."""
    categories = source.purchases.log.categories if source.purchases else ()
    names = {row[SEGMENT_ID]: row[SEGMENT_NAME] for row in tables.segment_summary}
    choice = replace(groups.choice, k_selection=tuple(tables.k_selection))
    return Model(context.run.run_id, lambda: groups.pipeline, groups.prepared, groups.segments, names, categories, choice)


def customers_seen(source: Described) -> tuple[int, int | None]:
    """How many customers the log has, and the mark of who they are; without a log, how many the customer table has."""
    if source.purchases:
        customers = distinct_customers(source.purchases.log.rejected, source.purchases.log.orders)
        row = customers.agg(F.count(F.lit(1)).alias("seen"), mark_of(CUSTOMER_ID).alias("mark")).collect()[0]
        return row.seen, row.mark
    return (source.attributes.rows.customers if source.attributes else 0), None


def write_unsegmented(context: RunContext, source: Described) -> dict[str, int]:
    """unsegmented_customers, and how many there are by reason."""
    if source.purchases:
        unsegmented = without_segment(source.purchases.log, source.purchases.totals)
    elif source.attributes:
        unsegmented = undescribed(source.attributes)
    rows = context.written(unsegmented, "unsegmented_customers").groupBy("reason").count().collect()
    return {row["reason"]: row["count"] for row in rows}


def without_segment(log: Ingested, totals: DataFrame) -> DataFrame:
    """Customers of the log that cannot be in a segment, and why."""
    rejected, voided = log.rejected.where(F.col(CUSTOMER_ID).isNotNull()), log.orders.where(F.col(VOIDED_AT).isNotNull())
    only_rejected = _others(rejected, totals).transform(lambda found: _others(found, voided))
    parts = {"only_rejected_lines": only_rejected, "only_voided_lines": _others(voided, totals)}
    found = (customers.withColumn("reason", F.lit(reason)) for reason, customers in parts.items())
    return reduce(DataFrame.unionByName, found, without_purchase(totals))


def _others(customers: DataFrame, known: DataFrame) -> DataFrame:
    """Customers that are not among the known, one row each."""
    return customers.select(CUSTOMER_ID).distinct().join(known, CUSTOMER_ID, "left_anti")


def small_tables(context: RunContext, source: Described, groups: Grouped, found: Gathered, few: SmallGroups) -> Tables:
    """Everything that is small, from what was gathered of each segment."""
    features, report = features_of(groups.features), context.settings.report
    units = UNITS | {feature.name: feature.unit for feature in source.attribute_features}
    stamp = {AS_OF: source.as_of, RUN_ID: context.run.run_id}
    summary = segment_summary(found.segments, features, stamp, [feature.name for feature in source.attribute_features])
    profile = with_effects(segment_profile(found.segments, features, units), found.segments)
    if source.purchases:
        namings = _namings(summary, profile, source.purchases.log, groups, report)
        summary, actions = with_actions(summary, namings), segment_actions(few.summary(summary), namings, report.currency)
    else:
        summary, actions = named(summary, profile, source, groups, report), []
    return Tables(
        segment_summary=with_stability(summary, groups.choice.stabilities),
        segment_actions=actions,
        segment_profile=profile,
        segment_rules=segment_rules(groups.likeness.surrogate),
        segment_examples=groups.likeness.examples,
        k_selection=list(groups.choice.k_selection),
        accounting=accounting_of(source, found.customers),
    )


def _namings(summary: Rows, profile: Rows, log: Ingested, groups: Grouped, report: ReportSettings) -> dict[int, Naming]:
    """Kinds and names of segments: what they are worth now, under the names they carry on."""
    fresh = named_segments(summary, profile, {category.slug: category.name for category in log.categories}, report.segment_names)
    names = carried_names({s: naming.name for s, naming in fresh.items()}, groups.identity.names, report.segment_names)
    return {s: replace(naming, name=names[s]) for s, naming in fresh.items()}


def named(summary: Rows, profile: Rows, source: Described, groups: Grouped, report: ReportSettings) -> Rows:
    """The summary with names by what is known of customers without purchases; nothing follows from that to do about them."""
    traits = [Attribute(f.name, f.attribute, f.settings.type, f.level) for f in source.attribute_features]
    fresh = named_by_attributes(summary, profile, groups.standings(), traits, report.segment_names)
    names = carried_names(fresh, groups.identity.names, report.segment_names)
    return [{**row, SEGMENT_NAME: names[row[SEGMENT_ID]]} for row in summary]


def accounting_of(source: Described, customers: Customers) -> Rows:
    """What became of lines, customers, and rows of the customer table."""
    rows = row_accounting(source.attributes.rows, source.reach.unknown) if source.attributes and source.reach else []
    if source.purchases is None:
        return [*customer_rows(customers), *rows]
    log = source.purchases.log
    return [*accounting_rows(log.read, log.rejections, log.stock.tallies, customers), *rows]


_MAY_BE_EMPTY = ("segment_examples",)
"""A sample may hold too few customers of every segment."""


def write_small(context: RunContext, tables: Tables) -> None:
    """The small tables, a file each."""
    schemas = {
        "segment_summary": segment_summary_schema(list(tables.segment_summary[0])),
        "segment_actions": SEGMENT_ACTIONS,
        "segment_profile": SEGMENT_PROFILE,
        "segment_rules": SEGMENT_RULES,
        "segment_examples": SEGMENT_EXAMPLES,
        "k_selection": K_SELECTION,
        "accounting": ACCOUNTING,
    }
    for name, rows in asdict(tables).items():
        if rows or name in _MAY_BE_EMPTY:
            context.write_rows(name, rows, schemas[name])
