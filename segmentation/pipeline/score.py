"""Score: customers assigned to the segments of a model that an earlier run fitted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.clustering import k_sweep
from segmentation.clustering.assignment import (
    HYSTERESIS_APPLIED,
    NEAREST_DISTANCE,
    apply_switch_hysteresis,
    with_distances,
    with_silhouette,
)
from segmentation.clustering.full_fit import repartition_deterministically, require_two_customers
from segmentation.clustering.k_selection import SelectionReport
from segmentation.clustering.segments import occupied_segments
from segmentation.context import RunContext
from segmentation.errors import InputError, SettingsError
from segmentation.features.preparation import PreparedFeature
from segmentation.fitted.customer_features import CustomerFeatures
from segmentation.fitted.identity import SegmentIdentity
from segmentation.fitted.model import SegmentModel, load_model
from segmentation.fitted.references import Predecessor
from segmentation.fitted.segments import ChurnStats, FittedSegments, ReusedModel
from segmentation.publish.run import Run, latest_rewrite_id
from segmentation.publish.run_state import resolve_run
from segmentation.publish.seal import load_sealed_manifest, max_segment_id
from segmentation.schemas import AS_OF, PREVIOUS_SEGMENT_ID, RUN_ID, SEGMENT_ID, VECTOR, named
from segmentation.settings import Settings


@dataclass(frozen=True)
class ScoreOptions:
    """Which model to score with, and what for."""

    run_id: str | None = None  # of a complete run; None for the published run
    model_as_of: bool = False  # take the model that was in use on the day described, whatever `run_id` is
    is_published: bool = True  # else the run is only written, to look at another day or with another model


def score_segments(context: RunContext, source: CustomerFeatures, model: SegmentModel, predecessor: Predecessor | None) -> FittedSegments:
    """Assign customers by a model and measure the segments as they are now. Nothing is written.

    Customers near a boundary keep their segment of the predecessor; without one, everybody is assigned to the nearest center.
    """
    settings, ids, centers = context.settings.clustering, model.segments.ids, model.segments.centers
    with context.run_log.stage("score") as stage:
        features = source.features
        count = require_two_customers(features.count())
        known = (
            predecessor.with_previous_segments(context.spark, features)
            if predecessor
            else features.withColumn(PREVIOUS_SEGMENT_ID, F.lit(None).cast("int"))
        )
        nearest = model.assigned(repartition_deterministically(known, count, settings))
        vectors = context.cache(apply_switch_hysteresis(nearest, ids, centers, settings.switch_margin))
        segments = occupied_segments(vectors, model.segments)
        customers = context.cache(with_silhouette(with_distances(vectors, ids, centers), segments).drop(VECTOR))
        churn = _churn(customers, ids)
        points = k_sweep.collect_points(k_sweep.clustering_sample(vectors, count, settings))
        stage.count(customers=count, segments=len(segments.ids))
    return FittedSegments(
        run_id=context.run.run_id,
        source=source,
        customers=customers.drop(HYSTERESIS_APPLIED, NEAREST_DISTANCE),
        count=count,
        pipeline=model.pipeline,
        prepared=_with_missing_now(features, model.prepared),
        segments=segments,
        choice=_choice(model, segments.ids),
        points=points,
        identity=SegmentIdentity(max_segment_id(context.run.root), model.names),
        predecessor=predecessor,
        reused=ReusedModel(model, churn),
        report=context.settings.report,
        min_group_size=context.settings.privacy.min_group_size,
    )


def _choice(model: SegmentModel, occupied: Sequence[int]) -> SelectionReport:
    """How the model's k was chosen, with the stability of the segments that have customers."""
    stabilities = dict(zip(model.segments.ids, model.choice.stabilities, strict=True))
    return replace(model.choice, stabilities=tuple(stabilities[segment] for segment in occupied))


def _with_missing_now(features: DataFrame, prepared: Sequence[PreparedFeature]) -> tuple[PreparedFeature, ...]:
    """Features as prepared at the fit, with the number of customers who lack a value now."""
    names = [one.feature.name for one in prepared if one.feature.name in features.columns]
    row = features.agg(*(F.count_if(named(name).isNull()).alias(str(number)) for number, name in enumerate(names))).collect()[0]
    missing = dict(zip(names, row, strict=True))
    return tuple(replace(one, missing=missing.get(one.feature.name, 0)) for one in prepared)


def _churn(customers: DataFrame, ids: Sequence[int]) -> ChurnStats:
    was_here = F.col(PREVIOUS_SEGMENT_ID).isin(*ids)
    row = customers.agg(
        F.count_if(was_here).alias("customers"),
        F.count_if(was_here & (F.col(PREVIOUS_SEGMENT_ID) != F.col(SEGMENT_ID))).alias("moved"),
        F.count_if(F.col(HYSTERESIS_APPLIED)).alias("stayed"),
        F.sum(F.col("distance") ** 2).alias("wcss"),
        F.sum(F.col(NEAREST_DISTANCE) ** 2).alias("wcss_of_nearest"),
    ).collect()[0]
    return ChurnStats(row.customers, row.moved, row.moved + row.stayed, row.wcss, row.wcss_of_nearest)


def load_base_model(context: RunContext, options: ScoreOptions) -> SegmentModel:
    """The model to score with.

    Raises
    ------
    InputError
        There is no such run, or no model was in use on that day.
    SettingsError
        Settings that the model rests on have changed since, or `model_as_of` is asked for without a day.
    """
    base = _base_run(context, options)
    if changed := list(_changed_settings(context.settings, load_sealed_manifest(base)["settings"])):
        raise SettingsError(
            f"settings changed since the model of run {base.run_id} was fitted: {', '.join(changed)}. "
            "Set them back, or fit a new model: `segmentation segment`"
        )
    return load_model(base)


def _base_run(context: RunContext, options: ScoreOptions) -> Run:
    root, day = context.settings.output.path, context.settings.features.as_of
    if not options.model_as_of:
        return resolve_run(root, options.run_id)
    if day is None:
        raise SettingsError("--model-as-of: give the day with --as-of, or set features.as_of")
    return resolve_run(root, model_in_use(root, day))


def model_in_use(root: str, day: date) -> str:
    """The run that fitted the model in use on a day, by the published run's segment_trend.

    Raises InputError where no model was in use yet.
    """
    trend = [row for row in storage.read_rows(resolve_run(root).path("segment_trend")) if row[AS_OF] <= day]
    if not trend:
        raise InputError(f"{root}: no model was in use on {day}: the first published run describes a later day")
    return latest_rewrite_id(root, str(max(trend, key=itemgetter(AS_OF, RUN_ID))["model_run_id"]))


def _changed_settings(settings: Settings, then: Mapping[str, Any]) -> Iterator[str]:
    """Settings that decide what customers are compared by, where they differ from those of the fit."""
    now = settings.model_dump(mode="json")
    for section, keys in {"features": ("value", "preferences", "block_weights"), "attributes": ("columns",)}.items():
        for key in keys:
            if _part(now, section, key) != _part(then, section, key):
                yield f"{section}.{key}"
    if now["categories"] != then["categories"]:
        yield "categories"


def _part(settings: Mapping[str, Any], section: str, key: str) -> Any:
    return (settings[section] or {}).get(key)
