"""What ran on what, with which settings, versions, counts and measures."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import segmentation
from segmentation.progress import Stage
from segmentation.publish.run import Run
from segmentation.settings import Settings


@dataclass(frozen=True)
class Facts:
    """What the stages of a run leave for its manifest; plain values, ready for JSON."""

    as_of: str
    spark_version: str
    input: Mapping[str, Any]
    features: Sequence[Mapping[str, Any]]
    categories: Mapping[str, str]
    choice: Mapping[str, Any]
    surrogate: Mapping[str, Any]
    segments: Sequence[Mapping[str, Any]]
    tables: Mapping[str, int]
    totals: Mapping[str, Any] = field(default_factory=dict)
    audit: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] | None = None
    rfm: Mapping[str, Any] | None = None
    usefulness: Mapping[str, Any] | None = None
    sensitive_attributes: Sequence[Mapping[str, Any]] = ()
    pseudonyms: Mapping[str, Any] | None = None
    small_groups: Mapping[str, Any] | None = None
    model_run_id: str | None = None
    last_segment_id: int = 0
    movement: Mapping[str, Any] | None = None
    monitor: Mapping[str, Any] | None = None
    challenge: Mapping[str, Any] | None = None


def manifest_of(run: Run, settings: Settings, started_at: datetime, stages: Sequence[Stage], facts: Facts) -> dict[str, Any]:
    """The manifest of a run.

    Parameters
    ----------
    run
        Whose it is.
    settings
        The effective ones.
    started_at
        When it began (UTC).
    stages
        With their seconds and counts.
    facts
        What the stages found.
    """
    return {
        "run_id": run.run_id,
        "title": settings.report.title,
        "currency": settings.report.currency,
        "as_of": facts.as_of,
        "started_at": started_at.isoformat(timespec="seconds"),
        "seconds": round(sum(stage.seconds for stage in stages), 1),
        "software": {"segmentation": segmentation.__version__, "spark": facts.spark_version, "python": platform.python_version()},
        "input": dict(facts.input),
        "attributes": dict(facts.attributes) if facts.attributes else None,
        "pseudonyms": dict(facts.pseudonyms) if facts.pseudonyms else None,
        "features": list(facts.features),
        "categories": dict(facts.categories),
        "choice": dict(facts.choice),
        "surrogate": dict(facts.surrogate),
        "segments": list(facts.segments),
        "model": {"run_id": facts.model_run_id or run.run_id},
        "identity": {"last_segment_id": facts.last_segment_id},
        "movement": facts.movement,
        "monitor": facts.monitor,
        "challenge": facts.challenge,
        "rfm": facts.rfm,
        "usefulness": facts.usefulness,
        "totals": dict(facts.totals),
        "audit": dict(facts.audit),
        "sensitive_attributes": list(facts.sensitive_attributes),
        "small_groups": facts.small_groups,
        "tables": dict(facts.tables),
        "stages": [{"stage": stage.name, "seconds": stage.seconds, "counts": stage.counts} for stage in stages],
        "settings": settings.model_dump(mode="json"),
    }
