"""What the manifest and the page tell, and the audit holds the run to."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pandas as pd

from segmentation.context import RunContext
from segmentation.features.preparation import PreparedFeature
from segmentation.privacy.described import attributes_told
from segmentation.privacy.figures import tells_of_few
from segmentation.publish.manifest import Facts
from segmentation.publish.promise import Promise
from segmentation.publish.series import totals_of
from segmentation.report.findings import Findings
from segmentation.schemas import (
    ACCOUNTING,
    CATEGORY_SHARE_PREFIX,
    CUSTOMER_ID,
    CUSTOMER_SEGMENTS,
    INTERPURCHASE_DAYS_AVG,
    K_SELECTION,
    MONETARY_NET,
    MONTH_ORDER_SHARE_PREFIX,
    SEGMENT_ACTIONS,
    SEGMENT_EXAMPLES,
    SEGMENT_ID,
    SEGMENT_NAME,
    SEGMENT_PROFILE,
    SEGMENT_RULES,
    UNSEGMENTED_CUSTOMERS,
    segment_summary_schema,
)
from segmentation.settings import Settings
from segmentation.workflows.attributes import attribute_facts
from segmentation.workflows.beside import Beside
from segmentation.workflows.customers import Described
from segmentation.workflows.grouping import Grouped
from segmentation.workflows.ingestion import Ingested
from segmentation.workflows.sample import Sample
from segmentation.workflows.writing import Tables, Written

_FEW = ("silhouette_p10", "silhouette_p50", "silhouette_p90", "silhouette_below_0_share", "border_customers", "border_share")
"""Of segment_summary what may rest on too few customers, beside the figures of features."""


def promises_of(source: Described, groups: Grouped, written: Written) -> dict[str, Promise]:
    """What every table of the run must be; nulls stand for small groups only where any are kept back."""
    tables, back, customers = written.tables, written.kept_back, written.customers
    summary, totals = tables.segment_summary, totals_of(tables.segment_summary)
    spent = {} if totals["revenue_net"] is None else {MONETARY_NET: Decimal(totals["revenue_net"])}
    revenue_share = {} if any(row.get("revenue_share") is None for row in summary) else {"revenue_share": 1.0}
    attributes = [feature.name for feature in source.attribute_features]
    undescribed = [f"{name}_{measure}" for name in attributes for measure in ("mean", "median")]
    of_few = [*_FEW, *(name for name in summary[0] if name.endswith(("_mean", "_median")))] if "segment_summary" in back else []
    share = ("smallest_share",) if any(row["smallest_share"] is None for row in tables.k_selection) else ()
    optional = ("silhouette", "calinski_harabasz", "davies_bouldin", "stability", "gap", "gap_error", *share)
    unknown = ("mean", "p10", "p50", "p90", "index", "effect", "effect_low", "effect_high", "rank")
    uncounted = ("count", "count_any") if "accounting" in back else ()
    unmeasured = ("precision", "recall", "sample_customers") if "segment_rules" in back else ()
    return {
        "customer_features": Promise(
            groups.count,
            (CUSTOMER_ID,),
            nullable=(INTERPURCHASE_DAYS_AVG, *attributes),
            sums=spent,
            shares=_families(source),
            same_as="customer_segments",
        ),
        "customer_segments": Promise(
            groups.count, (CUSTOMER_ID,), CUSTOMER_SEGMENTS, sizes=(SEGMENT_ID, {row[SEGMENT_ID]: row["customers"] for row in summary})
        ),
        "segment_summary": Promise(
            len(summary),
            (SEGMENT_ID,),
            segment_summary_schema(list(summary[0])),
            ("revenue_share", "stability", *undescribed, *of_few),
            {"customers": groups.count, "customer_share": 1.0, **revenue_share},
        ),
        "segment_profile": Promise(len(tables.segment_profile), (SEGMENT_ID, "feature"), SEGMENT_PROFILE, unknown),
        "segment_rules": Promise(len(tables.segment_rules), (SEGMENT_ID,), SEGMENT_RULES, unmeasured),
        "segment_examples": Promise(len(tables.segment_examples), (SEGMENT_ID, "place", "feature"), SEGMENT_EXAMPLES),
        "k_selection": Promise(len(groups.choice.k_selection), ("k",), K_SELECTION, optional),
        "unsegmented_customers": Promise(
            sum(customers.unsegmented.values()),
            (CUSTOMER_ID,),
            UNSEGMENTED_CUSTOMERS,
            completes=None if customers.mark is None else ("customer_segments", customers.mark),
        ),
        "accounting": Promise(
            len(tables.accounting),
            ("subject", "outcome", "reason"),
            ACCOUNTING,
            ("reason", "amount", *uncounted),
            sums={} if uncounted else {"count": sum(row["count"] for row in tables.accounting)},
        ),
        **(_promises_of_log(source.purchases.log, len(summary)) if source.purchases else {}),
    }


def _families(source: Described) -> dict[str, list[str]]:
    """Columns of customer_features that add up to one."""
    prefixes = {"category shares": CATEGORY_SHARE_PREFIX, "month shares": MONTH_ORDER_SHARE_PREFIX}
    own = [name for name in source.features.columns if name not in {feature.name for feature in source.attribute_features}]
    found = {family: [name for name in own if name.startswith(prefix)] for family, prefix in prefixes.items()}
    return {family: names for family, names in found.items() if names}


def _promises_of_log(log: Ingested, segments: int) -> dict[str, Promise]:
    return {
        "segment_actions": Promise(segments, (SEGMENT_ID,), SEGMENT_ACTIONS),
        "rejected_lines": Promise(log.rejections.total().lines, (), nullable=tuple(log.rejected.columns)),
    }


def facts_of(context: RunContext, source: Described, groups: Grouped, written: Written, beside: Beside) -> Facts:
    """What the stages up to the audit found, as plain values."""
    categories = source.purchases.log.categories if source.purchases else ()
    few = context.settings.privacy.smallest_group
    attributes = attribute_facts(source.attributes, source.reach) if source.attributes and source.reach else None
    return Facts(
        as_of=source.as_of.isoformat(),
        spark_version=context.spark.version,
        input=_input(context.settings, source),
        attributes=attributes_told(attributes, groups.count, few) if attributes else None,
        features=[_feature(feature, groups.count, few) for feature in groups.prepared],
        categories={category.slug: category.name for category in categories},
        choice=groups.choice.told,
        surrogate=_surrogate(groups),
        rfm=beside.baseline.told(),
        usefulness=beside.outlook.told,
        sensitive_attributes=beside.proxies.rows,
        small_groups={"smallest_group": few, "kept_back": {**written.kept_back, **beside.kept_back}},
        segments=[{name: row[name] for name in (SEGMENT_ID, SEGMENT_NAME, "customers")} for row in written.tables.segment_summary],
        tables={},
        totals=totals_of(written.tables.segment_summary),
        pseudonyms=context.pseudonyms.told() if context.pseudonyms else None,
        model_run_id=groups.model.run_id if groups.model else None,
        last_segment_id=groups.identity.last_id,
        movement=beside.movement.told,
        monitor=beside.watch.told if beside.watch else None,
        challenge=beside.challenge.told,
    )


def findings_of(manifest: dict[str, Any], tables: Tables, groups: Grouped, sample: Sample, beside: Beside) -> Findings:
    """What the page is made of."""
    return Findings(
        manifest=manifest,
        accounting=pd.DataFrame(tables.accounting),
        k_selection=pd.DataFrame(tables.k_selection),
        summary=pd.DataFrame(tables.segment_summary),
        actions=pd.DataFrame(tables.segment_actions, columns=SEGMENT_ACTIONS.names),
        profile=pd.DataFrame(tables.segment_profile),
        rules=_rules(groups, tables),
        examples=pd.DataFrame(tables.segment_examples, columns=SEGMENT_EXAMPLES.names),
        scatter=sample.scatter,
        scatter_explained=sample.explained,
        pair=sample.pair,
        pair_features=sample.pair_features,
        customers_of_a_mark=sample.customers_of_a_mark,
        selling={name: pd.DataFrame(rows) for name, rows in beside.sold.tables.items()},
        rfm=pd.DataFrame(beside.baseline.segments),
        usefulness=pd.DataFrame(beside.outlook.rows),
        usefulness_segments=pd.DataFrame(beside.outlook.segments),
        sensitive=pd.DataFrame(beside.proxies.rows),
        **{name: pd.DataFrame(beside.movement.tables.get(f"segment_{name}", [])) for name in ("migration", "lineage", "trend")},
        drift_trend=pd.DataFrame(beside.watch.trend if beside.watch else []),
    )


def _input(settings: Settings, source: Described) -> dict[str, Any]:
    """Where the log lies and what it spans; without one, where the customer table lies."""
    if source.purchases is None:
        return {"format": settings.attributes.format, "path": settings.attributes.path} if settings.attributes else {}
    log = source.purchases.log
    products = {"distinct_products": "estimated" if log.products is None else "counted"} if settings.has_products else {}
    span = {"first_line_at": log.stock.first_line_at, "last_line_at": log.stock.last_line_at}
    night = {} if log.night is None else {"nightly": dict(log.night)}
    return {"format": settings.log.format, "path": settings.log.path, **span, **products, **night}


def _feature(prepared: PreparedFeature, customers: int, few: int) -> dict[str, Any]:
    feature = prepared.feature
    return {
        "feature": feature.name,
        "block": feature.block,
        "transform": feature.settings.transform,
        "weight": feature.settings.weight,
        "missing": None if tells_of_few(prepared.missing, customers, few) else prepared.missing,
        "median": prepared.median,
        "scale": prepared.scale,
        "constant": prepared.is_constant,
    }


def _rules(groups: Grouped, tables: Tables) -> pd.DataFrame:
    """Rules with their conditions still apart, to be told in words, and the figures that are told of them."""
    conditions = {rule.segment: [asdict(condition) for condition in rule.conditions] for rule in groups.likeness.surrogate.rules}
    return pd.DataFrame([{**row, "conditions": conditions[row[SEGMENT_ID]]} for row in tables.segment_rules])


def _surrogate(groups: Grouped) -> dict[str, Any]:
    found = groups.likeness.surrogate
    return {"fidelity": found.fidelity, "depth": found.depth, "rules_fidelity": found.rules_fidelity, "customers": len(groups.points)}
