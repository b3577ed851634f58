"""Other algorithms beside the published k-means: the same vectors and measures, one table, one picture, one verdict."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd
from pyspark.ml import PipelineModel
from pyspark.ml.clustering import KMeansModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import __version__, storage
from segmentation.clustering.algorithms import KMEANS, clusterers
from segmentation.clustering.contest import Entry, agreements, entries
from segmentation.clustering.measures import Array
from segmentation.clustering.mllib import with_mllib_clusters
from segmentation.clustering.projection import principal_components
from segmentation.clustering.ruling import Ruling, gaps, ruling
from segmentation.clustering.sweep import hashed_sample
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.privacy.described import comparison_told
from segmentation.privacy.marks import marks_of
from segmentation.progress import RunLog
from segmentation.publish.comparison import LAST, Comparison, abandon, begin, publish
from segmentation.publish.integrity import checked_model, sealed_manifest
from segmentation.publish.run import run_id_of
from segmentation.publish.states import found_run
from segmentation.report.comparison import Compared, render_comparison, words
from segmentation.schemas import COMPARISON_AGREEMENT, COMPARISON_ALGORITHMS, CUSTOMER_ID, SEGMENT_ID, VECTOR
from segmentation.session import settled
from segmentation.settings import Settings
from segmentation.workflows.delta import make_comparison_delta
from segmentation.workflows.grouping import placed
from segmentation.workflows.rivals import Rivals, algorithm_rows, cluster_table, numbers_of, rivals_of, shown

SHOWN = 600
"""Customers in each panel of the picture, at most."""


@dataclass(frozen=True)
class Asked:
    """What a comparison is about.

    Parameters
    ----------
    run_id
        Which run; by default the published one.
    segments
        Number of clusters asked of the others; by default as many as the run has segments.
    """

    run_id: str | None = None
    segments: int | None = None


@dataclass(frozen=True)
class Outcome:
    """A complete comparison, with what it found."""

    comparison: Comparison
    compared: Compared
    ruling: Ruling


def compare(
    spark: SparkSession,
    settings: Settings,
    started_at: datetime,
    asked: Asked | None = None,
    run_log: RunLog | None = None,
) -> Outcome:
    """Set other algorithms beside the k-means of a published run, which stays as it is.

    Parameters
    ----------
    spark
        The session.
    settings
        Where the run lies, seeds and limits.
    started_at
        The time now (UTC); it names the comparison and changes nothing in it.
    asked
        Which run, and how many clusters of the others.
    journal
        Told what happens.

    Raises
    ------
    InputError
        No run is published there, or its customers are too few for so many clusters.
    IntegrityError
        The run's model is not as it was sealed.
    """
    asked = asked or Asked()
    run = found_run(settings.output.path, asked.run_id)
    with storage.written_for(settings.output.permissions):
        comparison = begin(run, run_id_of(started_at))
        with (
            storage.taking_back(partial(abandon, comparison), partial(storage.explained, output=run.root)),
            settled(spark),
            ExitStack() as kept,
        ):
            return _compared(RunContext(spark, settings, run, started_at, run_log or RunLog(), kept), comparison, asked)


def _compared(context: RunContext, comparison: Comparison, asked: Asked) -> Outcome:
    clustering = context.settings.clustering
    with context.run_log.stage("vectors") as stage:
        customers, published, count = _customers(context)
        segments = asked.segments or published
        _check(customers, segments)
        stage.count(customers=count, segments=published)
    with context.run_log.stage("all customers") as stage:
        clustered = context.cache(with_mllib_clusters(customers, segments, clustering))
        few = hashed_sample(clustered, count, context.settings.compare.sample_customers, clustering.seed)
        stage.count(customers=clustered.count(), clusters=segments)
    with context.run_log.stage("sample") as stage:
        rivals = rivals_of(few, segments, clustering)
        stage.count(customers=len(rivals.ids), algorithms=len(rivals.labels))
    with context.run_log.stage("measures") as stage:
        finders = clusterers(rivals.points, published, segments, clustering)
        found = entries(rivals.points, rivals.labels, finders, clustering)
        stage.count(algorithms=len(found), customers=len(rivals.points), draws=clustering.draws)
    with context.run_log.stage("write"):
        return _written(context, comparison, clustered, rivals, found)


def _customers(context: RunContext) -> tuple[DataFrame, int, int]:
    """Every customer's vector, made by the saved preparation, and published segment; how many segments and customers."""
    features = storage.read_table(context.spark, context.run.path("customer_features"))
    stages = checked_model(context.run).stages
    place, model = next((at, stage) for at, stage in enumerate(stages) if isinstance(stage, KMeansModel))
    segments = storage.read_table(context.spark, context.run.path("customer_segments")).select(CUSTOMER_ID, SEGMENT_ID)
    count = segments.count()
    vectors = PipelineModel(stages[:place]).transform(features).select(CUSTOMER_ID, VECTOR).join(segments, CUSTOMER_ID)
    return context.cache(placed(vectors, count, context.settings.clustering)), len(model.clusterCenters()), count


def _check(customers: DataFrame, segments: int) -> None:
    """MLlib's fits end in a Java error where there are fewer different customers than clusters."""
    different = customers.select(vector_to_array(F.col(VECTOR))).distinct().limit(segments + 1).count()
    if different <= segments:
        raise InputError(f"{different} different customers cannot be compared in {segments} clusters: give fewer with --segments")


def _written(context: RunContext, comparison: Comparison, customers: DataFrame, rivals: Rivals, found: Sequence[Entry]) -> Outcome:
    clustering = context.settings.clustering
    verdict = ruling(found, clustering.smallest_share, words)
    numbers, few = numbers_of(rivals), context.settings.privacy.smallest_group
    count = customers.count()
    coordinates, explained = principal_components(rivals.points)
    compared = Compared(
        title=context.settings.report.title,
        facts=_facts(context, rivals, verdict, found, explained) | {"customers": count},
        algorithms=comparison_told(algorithm_rows(found, rivals, count, verdict.better or KMEANS), len(rivals.ids), few),
        agreement=[{"algorithm": a, "other_algorithm": b, "adjusted_rand": rand} for (a, b), rand in agreements(found).items()],
        points=_points(coordinates, rivals, numbers, few),
        customers_of_a_mark=few,
    )
    storage.write_table(cluster_table(customers, rivals, numbers, clustering.seed), comparison.path("clusters"))
    storage.write_rows(compared.algorithms, COMPARISON_ALGORITHMS, comparison.path("algorithms"))
    storage.write_rows(compared.agreement, COMPARISON_AGREEMENT, comparison.path("agreement"))
    if context.settings.publish.format == "delta":
        make_comparison_delta(comparison)
    storage.write_text(comparison.path("comparison.html"), render_comparison(compared))
    storage.write_text(comparison.path(LAST), json.dumps(compared.facts, indent=2) + "\n")
    publish(comparison)
    return Outcome(comparison, compared, verdict)


def _facts(context: RunContext, rivals: Rivals, verdict: Ruling, found: Sequence[Entry], explained: float) -> dict[str, Any]:
    return {
        "run_id": context.run.run_id,
        "as_of": sealed_manifest(context.run)["as_of"],
        "sample_customers": len(rivals.ids),
        "segments": rivals.segments,
        "seed": context.settings.clustering.seed,
        "grade": verdict.grade.value,
        "preferred": verdict.better or KMEANS,
        "reason": verdict.reason,
        "gaps": gaps(found),
        "explained": explained,
        "software": {"segmentation": __version__, "spark": context.spark.version},
    }


def _points(coordinates: Array, rivals: Rivals, numbers: Mapping[str, Mapping[int, int]], few: int) -> dict[str, pd.DataFrame]:
    """Some of the sample on its first two principal components, with each algorithm's clusters and without ids."""
    columns = {name: shown(labels, numbers[name]) for name, labels in rivals.labels.items()}
    places = pd.DataFrame({"x": coordinates[:, 0], "y": coordinates[:, 1]})
    every = -(-len(places) // SHOWN)
    if few == 1:
        return {name: places.assign(**{name: labels}).iloc[::every] for name, labels in columns.items()}
    return {name: marks_of(places.assign(**{name: labels}), ("x", "y"), name, max(few, every)) for name, labels in columns.items()}
