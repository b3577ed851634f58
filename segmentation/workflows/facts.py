"""What the manifest tells and the audit holds the run to."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pyspark.sql import functions as F

from segmentation.features.preparation import PreparedFeature
from segmentation.publish.audit import Promise
from segmentation.publish.manifest import Facts
from segmentation.schemas import (
    ACCOUNTING,
    CUSTOMER_ID,
    CUSTOMER_SEGMENTS,
    INTERPURCHASE_DAYS_AVG,
    K_SELECTION,
    LAST_LINE_AT,
    ORDERED_AT,
    SEGMENT_ID,
    SEGMENT_PROFILE,
    UNSEGMENTED_CUSTOMERS,
    segment_summary_schema,
)
from segmentation.settings import Settings
from segmentation.workflows.grouping import Grouped
from segmentation.workflows.ingestion import Ingested
from segmentation.workflows.job import Job
from segmentation.workflows.writing import Tables


def promises_of(groups: Grouped, log: Ingested, tables: Tables, unsegmented: Mapping[str, int]) -> dict[str, Promise]:
    """What every table of the run must be."""
    summary = tables.segment_summary
    optional = ("silhouette", "calinski_harabasz", "davies_bouldin")
    return {
        "customer_features": Promise(groups.count, (CUSTOMER_ID,), nullable=(INTERPURCHASE_DAYS_AVG,)),
        "customer_segments": Promise(groups.count, (CUSTOMER_ID,), CUSTOMER_SEGMENTS),
        "segment_summary": Promise(len(summary), (SEGMENT_ID,), segment_summary_schema(list(summary[0])), ("revenue_share",)),
        "segment_profile": Promise(
            len(tables.segment_profile), (SEGMENT_ID, "feature"), SEGMENT_PROFILE, ("mean", "p10", "p50", "p90", "index")
        ),
        "k_selection": Promise(len(groups.verdicts), ("k",), K_SELECTION, optional),
        "rejected_lines": Promise(log.rejections.total().lines, (), nullable=tuple(log.rejected.columns)),
        "unsegmented_customers": Promise(sum(unsegmented.values()), (CUSTOMER_ID,), UNSEGMENTED_CUSTOMERS),
        "accounting": Promise(len(tables.accounting), ("subject", "outcome", "reason"), ACCOUNTING, ("reason", "amount")),
    }


def facts_of(job: Job, as_of: date, log: Ingested, groups: Grouped, rows: Mapping[str, int]) -> Facts:
    """What the stages found, as plain values."""
    return Facts(
        as_of=as_of.isoformat(),
        spark_version=job.spark.version,
        input={"format": job.settings.input.format, "path": job.settings.input.path, **_span(log), **_products(job.settings, log)},
        features=[_feature(feature) for feature in groups.prepared],
        categories={category.slug: category.name for category in log.categories},
        choice=_choice(job.settings, groups),
        segments=[{SEGMENT_ID: number, "customers": size} for number, size in enumerate(groups.segments.sizes, start=1)],
        tables=rows,
    )


def _span(log: Ingested) -> dict[str, str]:
    row = log.orders.agg(F.min(ORDERED_AT).alias("first"), F.max(LAST_LINE_AT).alias("last")).first()
    return {"first_line_at": str(row["first"]), "last_line_at": str(row["last"])} if row else {}


def _products(settings: Settings, log: Ingested) -> dict[str, str]:
    return {"distinct_products": "estimated" if log.products is None else "counted"} if settings.has_products else {}


def _feature(prepared: PreparedFeature) -> dict[str, Any]:
    feature = prepared.feature
    return {
        "feature": feature.name,
        "block": feature.block,
        "transform": feature.settings.transform,
        "weight": feature.settings.weight,
        "missing": prepared.missing,
        "median": prepared.median,
        "scale": prepared.scale,
        "constant": prepared.is_constant,
    }


def _choice(settings: Settings, groups: Grouped) -> dict[str, Any]:
    chosen = next(verdict for verdict in groups.verdicts if verdict.is_chosen)
    return {
        "k": chosen.candidate.k,
        "elbow_k": next((verdict.candidate.k for verdict in groups.verdicts if verdict.is_elbow), None),
        "reason": chosen.reason,
        "customers": groups.count,
        "sample_customers": len(groups.points),
        "seeds": settings.clustering.restarts,
        "fixed": settings.clustering.segments is not None,
    }
