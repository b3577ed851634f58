"""The second half of the main job: vectors in, segments out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame

from segmentation.clustering import sweep as sweeping
from segmentation.clustering.assignment import with_distances, with_silhouette
from segmentation.clustering.choice import Anonymity
from segmentation.clustering.gap import gaps
from segmentation.clustering.identity import Segments, identified, naming_stage
from segmentation.clustering.measures import Array
from segmentation.clustering.refinement import refined
from segmentation.errors import InputError
from segmentation.features.attributes import AttributeFeature
from segmentation.features.preparation import PreparedFeature, learn_preparation, preparation_pipeline
from segmentation.features.selection import check_pair, used_features
from segmentation.schemas import CLUSTER, CUSTOMER_ID, VECTOR
from segmentation.settings import ClusteringSettings, Settings
from segmentation.workflows.choosing import Choice, Looked, choice_of, chosen_of
from segmentation.workflows.job import Job
from segmentation.workflows.likeness import Likeness, likeness_of


@dataclass(frozen=True)
class Grouped:
    """Customers in segments, and how they came there.

    Parameters
    ----------
    customers
        One row a customer: features, `segment_id`, `distance`, `next_segment_id`, `margin`, `silhouette`.
    features
        The table they were made from.
    count
        How many.
    model
        The whole pipeline from customer_features to `segment_id`.
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
    """

    customers: DataFrame
    features: DataFrame
    count: int
    model: PipelineModel
    prepared: tuple[PreparedFeature, ...]
    segments: Segments
    choice: Choice
    points: Array
    smallest_group: int

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


def grouped(job: Job, features: DataFrame, attributes: Sequence[AttributeFeature] = ()) -> Grouped:
    """Prepare features, sweep the numbers of segments, choose one, fit it on all customers, assign them."""
    settings = job.settings
    with job.journal.stage("prepare") as stage:
        count = _enough(features.count())
        customers = job.keep(placed(features, count, settings.clustering))
        prepared = _prepared(customers, settings, attributes)
        preparation = preparation_pipeline(prepared)
        vectors = job.keep(preparation.transform(customers).select(*customers.columns, VECTOR))
        stage.count(customers=count, features=sum(not f.is_constant for f in prepared))
    with job.journal.stage("sweep") as stage:
        points = sweeping.points_of(sweeping.sampled(vectors, count, settings.clustering))
        fits = sweeping.sweep(points, sweeping.candidate_counts(points, settings.clustering), settings.clustering, stage.advance)
        stage.count(fits=len(fits), customers=len(points))
    with job.journal.stage("validity") as stage:
        chosen = chosen_of(points, fits, settings.clustering, Anonymity(count, settings.privacy.smallest_group))
        gap = gaps(points, [verdict.candidate.k for verdict in chosen.verdicts], settings.clustering)
        stage.count(segments=chosen.best.k, draws=settings.clustering.draws)
    with job.journal.stage("fit") as stage:
        assigned, segments, fit = fitted(vectors, chosen.best.centres, settings.clustering, stage.advance)
        assigned = job.keep(assigned)
        stage.count(customers=count, segments=len(segments.sizes))
    whole = PipelineModel([*preparation.stages, *fit.stages])
    choice = choice_of(chosen, gap, segments.centres, settings.clustering, Looked(count, len(points)))
    return Grouped(assigned, features, count, whole, prepared, segments, choice, points, settings.privacy.smallest_group)


def placed(customers: DataFrame, count: int, settings: ClusteringSettings) -> DataFrame:
    """Customers in partitions and an order that follow from their ids alone, so that fits repeat to the last bit."""
    partitions = max(1, -(-count // settings.customers_per_partition))
    return customers.repartition(partitions, CUSTOMER_ID).sortWithinPartitions(CUSTOMER_ID)


def _enough(customers: int) -> int:
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


def fitted(
    vectors: DataFrame, centres: Array, settings: ClusteringSettings, advance: sweeping.Advance
) -> tuple[DataFrame, Segments, PipelineModel]:
    """A model of all customers from the centres of some: customers in their segments, with distances, margin and silhouette.

    Parameters
    ----------
    vectors
        Customers with `vector`.
    centres
        To begin with, shape (k, d).
    settings
        Iterations, tolerance and seed.
    advance
        Told how many iterations are done.
    """
    model = refined(vectors, centres, settings, advance)
    segments = identified(model.transform(vectors), model)
    fit = PipelineModel([model, naming_stage(segments)])
    measured = with_distances(fit.transform(vectors), segments.ids, segments.centres)
    return with_silhouette(measured, segments).drop(VECTOR, CLUSTER), segments, fit
