"""New orders through the model in use: features as of today, every customer in a segment, and no new model."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession

from segmentation.errors import InputError, SettingsError
from segmentation.progress import Journal
from segmentation.settings import Settings
from segmentation.workflows.customers import described
from segmentation.workflows.job import Job
from segmentation.workflows.models import model_of
from segmentation.workflows.predecessor import Predecessor, predecessor_of
from segmentation.workflows.running import Found, Outcome, carried_out
from segmentation.workflows.scoring import scored
from segmentation.workflows.usefulness import Outlook


def score(spark: SparkSession, settings: Settings, started_at: datetime, journal: Journal | None = None) -> Outcome:
    """Put customers into the segments of the published run by its model, and publish them.

    Baskets and the look back belong to a fit, and are left out. Other parameters and errors are those of `carried_out`.

    Raises
    ------
    InputError
        No run is published, or its model compares customers by what is not given any more.
    SettingsError
        What the model rests on is set otherwise now.
    """
    baskets, usefulness = settings.baskets.model_copy(update={"use": False}), settings.usefulness.model_copy(update={"cut": None})
    without = settings.model_copy(update={"baskets": baskets, "usefulness": usefulness})
    return carried_out(spark, without, started_at, journal, _scored)


def _scored(job: Job) -> Found:
    before = predecessor_of(job)
    if before is None:
        root = job.settings.output.path
        raise InputError(f"{root}: no published run has left a model to score with. Run `segmentation segment` first")
    if differing := list(_differing(job.settings, before)):
        raise SettingsError(
            f"set otherwise than when the model of run {before.run.run_id} was fitted: {', '.join(differing)}. "
            "Set them back, or fit a new model: `segmentation segment`"
        )
    model = model_of(before.run)
    source = described(replace(job, categories=model.categories if job.settings.has_categories else None))
    return Found(source, scored(job, source.features, model, before), before, Outlook())


def _differing(settings: Settings, before: Predecessor) -> Iterator[str]:
    """Settings that say what customers are compared by, where they are not as they were."""
    now, then = settings.model_dump(mode="json"), before.manifest["settings"]
    for section, keys in {"features": ("value", "preferences", "block_weights"), "attributes": ("columns",)}.items():
        for key in keys:
            if _part(now, section, key) != _part(then, section, key):
                yield f"{section}.{key}"
    if now["categories"] != then["categories"]:
        yield "categories"


def _part(settings: Mapping[str, Any], section: str, key: str) -> Any:
    return (settings[section] or {}).get(key)
