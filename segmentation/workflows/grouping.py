"""The second half of the main job: vectors in, segments out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyspark.ml import PipelineModel
from pyspark.ml.clustering import KMeansModel
from pyspark.sql import DataFrame

from segmentation.clustering import sweep as sweeping
from segmentation.clustering.assignment import with_distances, with_silhouette
from segmentation.clustering.choice import Anonymity
from segmentation.clustering.gap import gaps
from segmentation.clustering.identity import Segments, identified, naming_stage
from segmentation.clustering.measures import Array
from segmentation.clustering.refinement import refined, starting_centres
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.features.attributes import AttributeFeature
from segmentation.features.preparation import PreparedFeature, learn_preparation, preparation_pipeline
from segmentation.features.selection import check_pair, used_features
from segmentation.schemas import CLUSTER, CUSTOMER_ID, VECTOR
from segmentation.settings import ClusteringSettings, Settings
from segmentation.workflows.choosing import Choice, Looked, choice_of, chosen_of
from segmentation.workflows.identity import Identity, carried_on, means_before
from segmentation.workflows.likeness import Likeness, likeness_of
from segmentation.workflows.models import Model
from segmentation.workflows.predecessor import Predecessor


@dataclass(frozen=True)
class Steadiness:
    """What it changes that customers near a border stay where they are.

    Parameters
    ----------
    customers
        That were in a segment of this model before.
    moved, moved_to_nearest
        Of them, who changed segment; and who would have, were everybody put in the nearest.
    wcss, wcss_of_nearest
        Sum of squared distances of all customers to the centre of their segment, and to the nearest.
    """

    customers: int
    moved: int
    moved_to_nearest: int
    wcss: float
    wcss_of_nearest: float


@dataclass(frozen=True)
class Grouped:
    """Customers in segments, and how they came there.

    Parameters
    ----------
    customers
        One row a customer: features, `segment_id`, `distance`, `next_segment_id`, `margin`, `silhouette`; where there was a run before,
        `previous_segment_id`.
    features
        The table they were made from.
    count
        How many.
    pipeline
        From customer_features to `segment_id`, the nearest.
    prepared
        What was learnt about each feature.
    segments
        Centres and sizes in the order of ids.
    choice
        How the number of segments came about.
    points
        Vectors of the customers the sweep looked at, shape (n, d).
    smallest_group
        No figure may rest on fewer customers.
    identity
        Where the ids of segments come from.
    model
        The one in use, of an earlier run; None where this run has fitted its own.
    steadiness
        What it changes that customers near a border stay where they are; None where the model is new.
    """

    customers: DataFrame
    features: DataFrame
    count: int
    pipeline: PipelineModel
    prepared: tuple[PreparedFeature, ...]
    segments: Segments
    choice: Choice
    points: Array
    smallest_group: int
    identity: Identity
    model: Model | None = None
    steadiness: Steadiness | None = None

    def standings(self) -> dict[int, dict[str, float]]:
        """By segment and feature, how far the segment's mean lies from that of all customers, in standard deviations."""
        means, spread = self.segments.means, self.points.std(axis=0)
        apart = (means - np.average(means, axis=0, weights=self.segments.sizes)) / np.where(spread > 0, spread, np.inf)
        names = [prepared.feature.name for prepared in self.prepared]
        return {segment: dict(zip(names, map(float, row), strict=True)) for segment, row in zip(self.segments.ids, apart, strict=True)}

    @cached_property
    def likeness(self) -> Likeness:
        """Its segments in plain conditions and examples."""
        return likeness_of(self.points, self.segments, self.prepared, self.smallest_group)


def grouped(context: RunContext, features: DataFrame, attributes: Sequence[AttributeFeature], before: Predecessor | None) -> Grouped:
    """Prepare features, sweep the numbers of segments, choose one, fit it on all customers, assign them.

    Parameters
    ----------
    context
        The run under way.
    features
        customer_features, as written.
    attributes
        Those of its columns that attributes became.
    before
        The run whose segments are carried on, if any.
    """
    settings = context.settings
    with context.run_log.stage("prepare") as stage:
        count = enough(features.count())
        known = features.join(before.customers(context.spark), CUSTOMER_ID, "left") if before else features
        customers = context.cache(placed(known, count, settings.clustering))
        prepared = _prepared(customers, settings, attributes)
        preparation = preparation_pipeline(prepared)
        vectors = context.cache(preparation.transform(customers).select(*customers.columns, VECTOR))
        stage.count(customers=count, features=sum(not f.is_constant for f in prepared))
    with context.run_log.stage("sweep") as stage:
        points = sweeping.points_of(sweeping.sampled(vectors, count, settings.clustering))
        fits = sweeping.sweep(points, sweeping.candidate_counts(points, settings.clustering), settings.clustering, stage.advance)
        stage.count(fits=len(fits), customers=len(points))
    with context.run_log.stage("validity") as stage:
        chosen = chosen_of(points, fits, settings.clustering, Anonymity(count, settings.privacy.smallest_group))
        gap = gaps(points, [verdict.candidate.k for verdict in chosen.verdicts], settings.clustering)
        stage.count(segments=chosen.best.k, draws=settings.clustering.draws)
    with context.run_log.stage("fit") as stage:
        old_means = means_before(context, before, prepared)
        start = starting_centres(points, chosen.best, old_means, settings.clustering)
        model = refined(vectors, start, settings.clustering, stage.advance)
        clustered = model.transform(vectors)
        segments, identity = carried_on(context, before, clustered, identified(clustered, model), old_means)
        assigned, fit = settled_in(vectors, model, segments)
        assigned = context.cache(assigned)
        stage.count(customers=count, segments=len(segments.sizes))
    whole = PipelineModel([*preparation.stages, *fit.stages])
    choice = choice_of(chosen, gap, segments.centres, settings.clustering, Looked(count, len(points)))
    return Grouped(assigned, features, count, whole, prepared, segments, choice, points, settings.privacy.smallest_group, identity)


def placed(customers: DataFrame, count: int, settings: ClusteringSettings) -> DataFrame:
    """Customers in partitions and an order that follow from their ids alone, so that fits repeat to the last bit."""
    partitions = max(1, -(-count // settings.customers_per_partition))
    return customers.repartition(partitions, CUSTOMER_ID).sortWithinPartitions(CUSTOMER_ID)


def enough(customers: int) -> int:
    """The number of customers, where they can be grouped.

    Raises
    ------
    InputError
        There are none, or is only one.
    """
    if customers == 0:
        raise InputError(
            "no customers left: no accepted line is part of a purchase, or no row of the customer table tells anything. "
            "See rules, input.columns, attributes.columns and features.as_of"
        )
    if customers == 1:
        raise InputError("only one customer is left, and one cannot be grouped: bring more data, or loosen rules")
    return customers


def _prepared(customers: DataFrame, settings: Settings, attributes: Sequence[AttributeFeature]) -> tuple[PreparedFeature, ...]:
    features = used_features(settings.features, customers.columns, attributes)
    check_pair(settings.report.scatter, features)
    prepared = learn_preparation(customers, features, settings.features.block_weights)
    if all(feature.is_constant for feature in prepared):
        names = ", ".join(f.feature.name for f in prepared) or "none"
        raise InputError(f"all customers are alike in every feature used ({names}): there is nothing to tell them apart by")
    return prepared


def fitted(vectors: DataFrame, centres: Array, settings: ClusteringSettings) -> DataFrame:
    """Customers in the segments of a model of all of them, from the centres of some.

    Parameters
    ----------
    vectors
        Customers with `vector`.
    centres
        To begin with, shape (k, d).
    settings
        Iterations, tolerance and seed.
    """
    model = refined(vectors, centres, settings, lambda done, of: None)
    return settled_in(vectors, model, identified(model.transform(vectors), model))[0]


def settled_in(vectors: DataFrame, model: KMeansModel, segments: Segments) -> tuple[DataFrame, PipelineModel]:
    """Customers in their segments, with distances, margin and silhouette, and the model that puts them there."""
    fit = PipelineModel([model, naming_stage(segments)])
    measured = with_distances(fit.transform(vectors), segments.ids, segments.centres)
    return with_silhouette(measured, segments).drop(VECTOR, CLUSTER), fit
