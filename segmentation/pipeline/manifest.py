"""The manifest of a run: what ran on what, with which settings, versions, counts and measures."""

import platform
from collections.abc import Mapping
from typing import Any

import segmentation
from segmentation.analyses.analysis import Analysis, Result
from segmentation.context import RunContext
from segmentation.features.preparation import PreparedFeature
from segmentation.fitted.segments import FittedSegments
from segmentation.privacy.suppression import reveals_small_group
from segmentation.publish.audit import AuditResult
from segmentation.schemas import SEGMENT_ID, SEGMENT_NAME


def build_manifest(
    context: RunContext,
    segments: FittedSegments,
    results: Mapping[Analysis, Result],
    suppressed: Mapping[str, int],
    audited: AuditResult | None,
) -> dict[str, Any]:
    """The manifest of a run, plain values ready for JSON."""
    settings, source, size = context.settings, segments.source, segments.min_group_size
    previous = segments.predecessor.run.run_id if segments.predecessor and context.is_published else None
    stages = context.run_log.stages
    return {
        "run_id": context.run.run_id,
        "title": settings.report.title,
        "currency": settings.report.currency,
        "as_of": source.as_of.isoformat(),
        "started_at": context.started_at.isoformat(timespec="seconds"),
        "seconds": round(sum(stage.seconds for stage in stages), 1),
        "software": {"segmentation": segmentation.__version__, "spark": context.spark.version, "python": platform.python_version()},
        "input": source.input_facts(settings),
        "attributes": source.attribute_facts(segments.count, size),
        "pseudonyms": context.pseudonyms.to_manifest() if context.pseudonyms else None,
        "features": [_feature(prepared, segments.count, size) for prepared in segments.prepared],
        "categories": {category.slug: category.name for category in source.categories},
        "choice": segments.choice.summary,
        "segments": [{name: row[name] for name in (SEGMENT_ID, SEGMENT_NAME, "customers")} for row in segments.summary],
        "model": {"run_id": segments.model_run_id},
        "identity": {"last_segment_id": segments.identity.last_id},
        "totals": _totals(segments),
        "analyses": {analysis.name: result.facts for analysis, result in results.items() if result.facts is not None},
        "audit": audited.to_manifest(previous) if audited else {},
        "suppression": {"min_group_size": size, "values": dict(suppressed)},
        "tables": dict(audited.rows) if audited else {},
        "stages": [{"stage": stage.name, "seconds": stage.seconds, "counts": stage.counts} for stage in stages],
        "settings": settings.model_dump(mode="json"),
    }


def _totals(segments: FittedSegments) -> dict[str, Any]:
    """All segments together; `revenue_net` as text, exact, and null without purchases."""
    revenue = [row["revenue_net"] for row in segments.summary if row.get("revenue_net") is not None]
    return {"customers": segments.count, "revenue_net": str(sum(revenue)) if revenue else None}


def _feature(prepared: PreparedFeature, customers: int, min_group_size: int) -> dict[str, Any]:
    feature = prepared.feature
    return {
        "feature": feature.name,
        "block": feature.block,
        "transform": feature.settings.transform,
        "weight": feature.settings.weight,
        "missing": None if reveals_small_group(prepared.missing, customers, min_group_size) else prepared.missing,
        "median": prepared.median,
        "scale": prepared.scale,
        "constant": prepared.is_constant,
    }
