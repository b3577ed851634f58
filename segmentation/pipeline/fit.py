"""Fit: customer features in, segments out."""

from collections.abc import Sequence

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame

from segmentation.clustering import k_sweep
from segmentation.clustering.assignment import assign_segments
from segmentation.clustering.full_fit import initial_centers, lloyd_iterations, repartition_deterministically, require_two_customers
from segmentation.clustering.gap import gap_statistics
from segmentation.clustering.k_selection import GroupSizeLimit, SampleSize, select_k, selection_report
from segmentation.clustering.segments import order_segments
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.features.attributes import AttributeFeature
from segmentation.features.preparation import PreparedFeature, learn_preparation, preparation_pipeline
from segmentation.features.selection import check_scatter_features, used_features
from segmentation.fitted.customer_features import CustomerFeatures
from segmentation.fitted.identity import match_to_predecessor, previous_means
from segmentation.fitted.references import Predecessor
from segmentation.fitted.segments import FittedSegments
from segmentation.schemas import VECTOR
from segmentation.settings import Settings


def fit_segments(context: RunContext, source: CustomerFeatures, predecessor: Predecessor | None) -> FittedSegments:
    """Prepare features, sweep k, choose one, fit it on all customers and assign them. Nothing is written.

    Raises InputError where fewer than two customers are left, all are alike, or no k meets the limits.
    """
    settings, clustering = context.settings, context.settings.clustering
    with context.run_log.stage("prepare") as stage:
        features = source.features
        count = require_two_customers(features.count())
        known = predecessor.with_previous_segments(context.spark, features) if predecessor else features
        customers = context.cache(repartition_deterministically(known, count, clustering))
        prepared = _prepared(customers, settings, source.attribute_features)
        preparation = preparation_pipeline(prepared)
        vectors = context.cache(preparation.transform(customers).select(*customers.columns, VECTOR))
        stage.count(customers=count, features=sum(not feature.is_constant for feature in prepared))
    with context.run_log.stage("sweep") as stage:
        points = k_sweep.collect_points(k_sweep.clustering_sample(vectors, count, clustering))
        fits = k_sweep.sweep(points, k_sweep.candidate_ks(points, clustering), clustering, stage.advance)
        stage.count(fits=len(fits), customers=len(points))
    with context.run_log.stage("validity") as stage:
        chosen = select_k(points, fits, clustering, GroupSizeLimit(count, settings.privacy.min_group_size))
        gaps = gap_statistics(points, [verdict.candidate.k for verdict in chosen.verdicts], clustering)
        stage.count(segments=chosen.best.k, bootstraps=clustering.n_bootstrap)
    with context.run_log.stage("fit") as stage:
        means = previous_means(context, predecessor, prepared)
        model = lloyd_iterations(vectors, initial_centers(points, chosen.best, means, clustering), clustering, stage.advance)
        clustered = model.transform(vectors)
        segments, identity = match_to_predecessor(context, predecessor, clustered, order_segments(clustered, model), means)
        assigned, assignment = assign_segments(vectors, model, segments)
        customers = context.cache(assigned)
        stage.count(customers=count, segments=len(segments.sizes))
    return FittedSegments(
        run_id=context.run.run_id,
        source=source,
        customers=customers,
        count=count,
        pipeline=PipelineModel([*preparation.stages, *assignment.stages]),
        prepared=prepared,
        segments=segments,
        choice=selection_report(chosen, gaps, segments.centers, clustering, SampleSize(count, len(points))),
        points=points,
        identity=identity,
        predecessor=predecessor,
        reused=None,
        report=settings.report,
        min_group_size=settings.privacy.min_group_size,
    )


def _prepared(customers: DataFrame, settings: Settings, attributes: Sequence[AttributeFeature]) -> tuple[PreparedFeature, ...]:
    features = used_features(settings.features, customers.columns, attributes)
    check_scatter_features(settings.report.scatter, features)
    prepared = learn_preparation(customers, features, settings.features.block_weights)
    if all(feature.is_constant for feature in prepared):
        names = ", ".join(f.feature.name for f in prepared) or "none"
        raise InputError(f"all customers are alike in every feature used ({names}): there is nothing to tell them apart by")
    return prepared
