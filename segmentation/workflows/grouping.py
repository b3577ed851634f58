"""The second half of the main job: vectors in, segments out."""

from dataclasses import dataclass

from pyspark.ml import PipelineModel
from pyspark.ml.clustering import KMeansModel
from pyspark.sql import DataFrame

from segmentation.clustering import sweep as sweeping
from segmentation.clustering.assignment import with_distances, with_silhouette
from segmentation.clustering.choice import Verdict, choose
from segmentation.clustering.identity import Segments, identified, naming_stage
from segmentation.clustering.measures import Array
from segmentation.errors import InputError
from segmentation.features.preparation import PreparedFeature, learn_preparation, preparation_pipeline
from segmentation.features.selection import used_features
from segmentation.progress import Journal
from segmentation.schemas import CUSTOMER_ID
from segmentation.settings import ClusteringSettings, Settings


@dataclass(frozen=True)
class Grouped:
    """Customers in segments, and how they came there.

    Parameters
    ----------
    customers
        One row a customer: features, `vector`, `segment_id`, `distance`, `next_segment_id`, `margin`, `silhouette`.
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
    verdicts
        Of every number of segments tried.
    points
        Vectors of the customers the sweep looked at, shape (n, d).
    """

    customers: DataFrame
    features: DataFrame
    count: int
    model: PipelineModel
    prepared: tuple[PreparedFeature, ...]
    segments: Segments
    verdicts: tuple[Verdict, ...]
    points: Array


def grouped(features: DataFrame, settings: Settings, journal: Journal) -> Grouped:
    """Prepare features, sweep the numbers of segments, choose one, fit it on all customers, assign them."""
    with journal.stage("prepare") as stage:
        count = features.count()
        customers = placed(features, count, settings.clustering).persist()
        prepared = _prepared(customers, settings)
        preparation = preparation_pipeline(prepared)
        vectors = preparation.transform(customers).persist()
        stage.count(customers=count, features=sum(not f.is_constant for f in prepared))
    with journal.stage("sweep") as stage:
        fits, verdicts, points = _swept(vectors, count, settings.clustering, stage.advance)
        chosen = next(verdict.candidate.k for verdict in verdicts if verdict.is_chosen)
        stage.count(fits=len(fits), customers=len(points), segments=chosen)
    with journal.stage("fit") as stage:
        model = _final(vectors, count, len(points), fits, chosen, settings.clustering, stage.advance)
        segments = identified(model.transform(vectors), model)
        pipeline = PipelineModel([*preparation.stages, model, naming_stage(segments)])
        assigned = PipelineModel(pipeline.stages[len(preparation.stages) :]).transform(vectors)
        assigned = with_distances(assigned, segments.centres)
        assigned = with_silhouette(assigned, segments.means, segments.variances, segments.sizes)
        stage.count(customers=count, segments=len(segments.sizes))
    return Grouped(assigned, features, count, pipeline, prepared, segments, verdicts, points)


def placed(customers: DataFrame, count: int, settings: ClusteringSettings) -> DataFrame:
    """Customers in partitions and an order that follow from their ids alone, so that fits repeat to the last bit."""
    partitions = max(1, -(-count // settings.customers_per_partition))
    return customers.repartition(partitions, CUSTOMER_ID).sortWithinPartitions(CUSTOMER_ID)


def _prepared(customers: DataFrame, settings: Settings) -> tuple[PreparedFeature, ...]:
    features = used_features(settings.features, customers.columns)
    prepared = learn_preparation(customers, features, settings.features.block_weights)
    if all(feature.is_constant for feature in prepared):
        names = ", ".join(f.feature.name for f in prepared) or "none"
        raise InputError(f"all customers are alike in every feature used ({names}): there is nothing to tell them apart by")
    return prepared


def _swept(
    vectors: DataFrame, count: int, settings: ClusteringSettings, advance: sweeping.Advance
) -> tuple[list[sweeping.Fit], tuple[Verdict, ...], Array]:
    sample = placed(sweeping.sampled(vectors, count, settings), 1, settings).select("vector").persist()
    points = sweeping.points_of(sample)
    fits = sweeping.sweep(sample, points, sweeping.candidate_counts(points, settings), settings, advance)
    sample.unpersist()
    return fits, choose(sweeping.candidates_of(fits), settings), points


def _final(
    vectors: DataFrame,
    count: int,
    looked_at: int,
    fits: list[sweeping.Fit],
    k: int,
    settings: ClusteringSettings,
    advance: sweeping.Advance,
) -> KMeansModel:
    """The sweep's own best model where it already saw every customer."""
    if looked_at == count:
        return sweeping.best_of([fit for fit in fits if fit.k == k]).model
    return sweeping.fit_all(vectors, k, settings, advance)
