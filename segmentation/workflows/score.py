"""New orders through the model in use: features as of today, every customer in a segment, and no new model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from operator import itemgetter
from typing import Any

from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.context import RunContext
from segmentation.errors import InputError, SettingsError
from segmentation.progress import RunLog
from segmentation.publish.integrity import sealed_manifest
from segmentation.publish.run import Run
from segmentation.publish.states import found_run
from segmentation.publish.successors import present_id
from segmentation.schemas import AS_OF, RUN_ID
from segmentation.settings import Settings
from segmentation.workflows.customers import described
from segmentation.workflows.models import model_of
from segmentation.workflows.predecessor import predecessor_of
from segmentation.workflows.running import Found, Outcome, carried_out
from segmentation.workflows.scoring import scored
from segmentation.workflows.usefulness import Outlook


@dataclass(frozen=True)
class Using:
    """Whose model to score with, and what for.

    Parameters
    ----------
    run_id
        A complete run's; None for the published one's.
    then
        The model that was in use on the day described, whatever `run_id`.
    is_aside
        Leave the run unpublished: a look at another day, or with another model.
    """

    run_id: str | None = None
    then: bool = False
    is_aside: bool = False


PUBLISHED_MODEL = Using()


def score(
    spark: SparkSession, settings: Settings, started_at: datetime, run_log: RunLog | None = None, using: Using = PUBLISHED_MODEL
) -> Outcome:
    """Put customers into the segments of a model that an earlier run has fitted, and publish them.

    Baskets and the look back belong to a fit, and are left out. Other parameters and errors are those of `carried_out`.

    Parameters
    ----------
    using
        Whose model, and whether to publish.

    Raises
    ------
    InputError
        There is no such run, or its model compares customers by what is not given any more.
    SettingsError
        What the model rests on is set otherwise now.
    """
    baskets, usefulness = settings.baskets.model_copy(update={"use": False}), settings.usefulness.model_copy(update={"cut": None})
    without = settings.model_copy(update={"baskets": baskets, "usefulness": usefulness})
    return carried_out(spark, without, started_at, run_log, partial(_scored, using=using))


def _scored(context: RunContext, using: Using) -> Found:
    before, base = predecessor_of(context), _base(context, using)
    if differing := list(_differing(context.settings, sealed_manifest(base)["settings"])):
        raise SettingsError(
            f"set otherwise than when the model of run {base.run_id} was fitted: {', '.join(differing)}. "
            "Set them back, or fit a new model: `segmentation segment`"
        )
    model = model_of(base)
    source = described(replace(context, categories=model.categories if context.settings.has_categories else None))
    before = None if using.is_aside else before
    return Found(source, scored(context, source.features, model, before), before, Outlook(), using.is_aside)


def _base(context: RunContext, using: Using) -> Run:
    """The run whose model is used."""
    root, day = context.settings.output.path, context.settings.features.as_of
    if using.then and day is None:
        raise SettingsError("the model of then: of which day? Give --as-of, or features.as_of")
    return found_run(root, model_in_use(root, day) if using.then and day else using.run_id)


def model_in_use(root: str, day: date) -> str:
    """The run that fitted the model which was in use on a day, by the published run's segment_trend.

    Raises
    ------
    InputError
        There was none yet.
    """
    trend = [row for row in storage.read_rows(found_run(root).path("segment_trend")) if row[AS_OF] <= day]
    if not trend:
        raise InputError(f"{root}: no model was in use on {day}: the first published run describes a later day")
    return present_id(root, str(max(trend, key=itemgetter(AS_OF, RUN_ID))["model_run_id"]))


def _differing(settings: Settings, then: Mapping[str, Any]) -> Iterator[str]:
    """Settings that say what customers are compared by, where they are not as they were."""
    now = settings.model_dump(mode="json")
    for section, keys in {"features": ("value", "preferences", "block_weights"), "attributes": ("columns",)}.items():
        for key in keys:
            if _part(now, section, key) != _part(then, section, key):
                yield f"{section}.{key}"
    if now["categories"] != then["categories"]:
        yield "categories"


def _part(settings: Mapping[str, Any], section: str, key: str) -> Any:
    return (settings[section] or {}).get(key)
