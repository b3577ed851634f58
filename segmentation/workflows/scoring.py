"""Customers into the segments of a model that was fitted before, without moving back and forth across borders."""

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.clustering import sweep as sweeping
from segmentation.clustering.assignment import IS_KEPT, NEAREST_DISTANCE, with_distances, with_previous_kept, with_silhouette
from segmentation.clustering.identity import inhabited
from segmentation.context import RunContext
from segmentation.features.preparation import PreparedFeature
from segmentation.publish.series import last_segment_id
from segmentation.schemas import CUSTOMER_ID, PREVIOUS_SEGMENT_ID, SEGMENT_ID, VECTOR, named
from segmentation.workflows.choosing import Choice
from segmentation.workflows.grouping import Grouped, Steadiness, enough, placed
from segmentation.workflows.identity import Identity
from segmentation.workflows.models import Model
from segmentation.workflows.predecessor import Predecessor


def scored(context: RunContext, features: DataFrame, model: Model, before: Predecessor | None) -> Grouped:
    """Assign customers by a model, measure segments as they are now.

    Parameters
    ----------
    context
        The run under way.
    features
        customer_features, as written.
    model
        Which.
    before
        The run whose segments customers are in so far; None puts everybody in the nearest.
    """
    settings, ids, centres = context.settings.clustering, model.segments.ids, model.segments.centres
    with context.run_log.stage("score") as stage:
        count = enough(features.count())
        nobody = F.lit(None).cast("int")
        known = (
            features.join(before.customers(context.spark), CUSTOMER_ID, "left")
            if before
            else features.withColumn(PREVIOUS_SEGMENT_ID, nobody)
        )
        nearest = model.assigned(placed(known, count, settings))
        vectors = context.cache(with_previous_kept(nearest, ids, centres, settings.switch_margin))
        prepared, segments = _with_missing(features, model.prepared), inhabited(vectors, model.segments)
        customers = context.cache(with_silhouette(with_distances(vectors, ids, centres), segments).drop(VECTOR))
        steadiness = _steadiness(customers, ids)
        points = sweeping.points_of(sweeping.sampled(vectors, count, settings))
        stage.count(customers=count, segments=len(segments.ids))
    return Grouped(
        customers=customers.drop(IS_KEPT, NEAREST_DISTANCE),
        features=features,
        count=count,
        pipeline=model.pipeline,
        prepared=prepared,
        segments=segments,
        choice=_choice(model, segments.ids),
        points=points,
        smallest_group=context.settings.privacy.smallest_group,
        identity=Identity(last_segment_id(context.run.root), model.names),
        model=model,
        steadiness=steadiness,
    )


def _choice(model: Model, inhabited: Sequence[int]) -> Choice:
    """Of the model, with the stability of segments that have customers."""
    stabilities = dict(zip(model.segments.ids, model.choice.stabilities, strict=True))
    return replace(model.choice, stabilities=tuple(stabilities[segment] for segment in inhabited))


def _with_missing(features: DataFrame, prepared: Sequence[PreparedFeature]) -> tuple[PreparedFeature, ...]:
    """What was learnt at the fit, with the customers who lack a value now."""
    names = [f.feature.name for f in prepared if f.feature.name in features.columns]
    row = features.agg(*(F.count_if(named(name).isNull()).alias(str(place)) for place, name in enumerate(names))).collect()[0]
    missing = dict(zip(names, row, strict=True))
    return tuple(replace(f, missing=missing.get(f.feature.name, 0)) for f in prepared)


def _steadiness(customers: DataFrame, ids: Sequence[int]) -> Steadiness:
    was_here = F.col(PREVIOUS_SEGMENT_ID).isin(*ids)
    row = customers.agg(
        F.count_if(was_here).alias("customers"),
        F.count_if(was_here & (F.col(PREVIOUS_SEGMENT_ID) != F.col(SEGMENT_ID))).alias("moved"),
        F.count_if(F.col(IS_KEPT)).alias("kept"),
        F.sum(F.col("distance") ** 2).alias("wcss"),
        F.sum(F.col(NEAREST_DISTANCE) ** 2).alias("wcss_of_nearest"),
    ).collect()[0]
    return Steadiness(row.customers, row.moved, row.moved + row.kept, row.wcss, row.wcss_of_nearest)
