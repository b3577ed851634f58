"""The job `compare`: other algorithms against the published k-means, on the same vectors and by the same metrics."""

import json
from collections.abc import Sequence
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
from segmentation.clustering.full_fit import repartition_deterministically
from segmentation.clustering.k_sweep import hashed_sample
from segmentation.clustering.metrics import Array
from segmentation.clustering.projection import principal_components
from segmentation.comparison.algorithms import clusterers
from segmentation.comparison.evaluation import AlgorithmResult, evaluate_algorithms
from segmentation.comparison.mllib import with_mllib_clusters
from segmentation.comparison.page import ComparisonReport, render_comparison
from segmentation.comparison.recommendation import Recommendation, has_separated_clusters, recommendation
from segmentation.comparison.sample import ClusteredSample, cluster_sample
from segmentation.comparison.tables import (
    COMPARISON_AGREEMENT,
    COMPARISON_ALGORITHMS,
    TABLES,
    agreement_rows,
    algorithm_rows,
    cluster_table,
    suppress_algorithms,
)
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.privacy.microaggregation import microaggregated
from segmentation.progress import RunLog
from segmentation.publish.comparison import LAST, Comparison, begin_comparison, discard_comparison, publish_comparison
from segmentation.publish.delta_logs import write_delta_logs
from segmentation.publish.run import run_id_at
from segmentation.publish.run_state import resolve_run
from segmentation.publish.seal import load_sealed_manifest, load_verified_model
from segmentation.schemas import CUSTOMER_ID, SEGMENT_ID, VECTOR
from segmentation.session import required_conf
from segmentation.settings import Settings

MAX_PLOTTED = 600
"""Customers in each panel of the picture, at most."""


@dataclass(frozen=True)
class CompareOptions:
    """What to compare."""

    run_id: str | None = None  # the published run if None
    k: int | None = None  # clusters asked of the other algorithms; the run's number of segments if None


@dataclass(frozen=True)
class CompareResult:
    """A published comparison with its result."""

    comparison: Comparison
    report: ComparisonReport
    recommendation: Recommendation


def compare(
    spark: SparkSession,
    settings: Settings,
    started_at: datetime,
    options: CompareOptions | None = None,
    run_log: RunLog | None = None,
) -> CompareResult:
    """Compare other algorithms with the k-means of a published run, which is not changed.

    Parameters
    ----------
    spark
        The session.
    settings
        Output path, seeds and limits.
    started_at
        The time now (UTC); it only names the comparison.
    options
        Which run, and how many clusters for the other algorithms.
    run_log
        Logs the stages.

    Raises
    ------
    InputError
        There is no such run, or its customers are too few for so many clusters.
    IntegrityError
        The run's model does not match its seal.
    """
    run = resolve_run(settings.output.path, options.run_id if options else None)
    with storage.output_permissions(settings.output.permissions):
        comparison = begin_comparison(run, run_id_at(started_at))
        with (
            storage.cleanup_on_error(partial(discard_comparison, comparison), partial(storage.translate_error, output=run.root)),
            required_conf(spark),
            ExitStack() as cached,
        ):
            context = RunContext(spark, settings, run, started_at, run_log or RunLog(), cached)
            return _compare(context, comparison, options.k if options else None)


def _compare(context: RunContext, comparison: Comparison, k: int | None) -> CompareResult:
    clustering = context.settings.clustering
    with context.run_log.stage("vectors") as stage:
        vectors, published_k, count = _published_vectors(context)
        k = k or published_k
        _require_distinct(vectors, k)
        stage.count(customers=count, segments=published_k)
    with context.run_log.stage("all customers") as stage:
        customers = context.cache(with_mllib_clusters(vectors, k, clustering))
        sampled = hashed_sample(customers, count, context.settings.compare.sample_size, clustering.seed)
        stage.count(customers=customers.count(), clusters=k)
    with context.run_log.stage("sample") as stage:
        sample = cluster_sample(sampled, k, clustering)
        stage.count(customers=len(sample.ids), algorithms=len(sample.labels))
    with context.run_log.stage("measures") as stage:
        by_name = clusterers(sample.points, published_k, k, clustering)
        results = evaluate_algorithms(sample.points, sample.labels, by_name, clustering)
        stage.count(algorithms=len(results), customers=len(sample.points), bootstraps=clustering.n_bootstrap)
    with context.run_log.stage("write"):
        recommended = recommendation(results, clustering.min_segment_share)
        report = _report(context, sample, results, recommended, customers.count())
        _write(context, comparison, report, cluster_table(customers, sample, clustering.seed))
    return CompareResult(comparison, report, recommended)


def _published_vectors(context: RunContext) -> tuple[DataFrame, int, int]:
    """Every customer's vector, by the saved preparation, and published segment; the model's k; the number of customers."""
    features = storage.read_table(context.spark, context.run.path("customer_features"))
    stages = load_verified_model(context.run).stages
    position, model = next((position, stage) for position, stage in enumerate(stages) if isinstance(stage, KMeansModel))
    segments = storage.read_table(context.spark, context.run.path("customer_segments")).select(CUSTOMER_ID, SEGMENT_ID)
    count = segments.count()
    vectors = PipelineModel(stages[:position]).transform(features).select(CUSTOMER_ID, VECTOR).join(segments, CUSTOMER_ID)
    return context.cache(repartition_deterministically(vectors, count, context.settings.clustering)), len(model.clusterCenters()), count


def _require_distinct(customers: DataFrame, k: int) -> None:
    """MLlib's fits end in a Java error if there are fewer distinct customers than clusters."""
    distinct = customers.select(vector_to_array(F.col(VECTOR))).distinct().limit(k + 1).count()
    if distinct <= k:
        raise InputError(f"{distinct} different customers cannot be compared in {k} clusters: give fewer with --segments")


def _report(
    context: RunContext,
    sample: ClusteredSample,
    results: Sequence[AlgorithmResult],
    recommended: Recommendation,
    customers: int,
) -> ComparisonReport:
    min_group_size = context.settings.privacy.min_group_size
    coordinates, explained = principal_components(sample.points)
    rows = algorithm_rows(results, sample, customers, recommended.preferred)
    facts: dict[str, Any] = {
        "run_id": context.run.run_id,
        "as_of": load_sealed_manifest(context.run)["as_of"],
        "sample_size": len(sample.ids),
        "segments": sample.k,
        "seed": context.settings.clustering.seed,
        "grade": recommended.grade.value,
        "preferred": recommended.preferred,
        "reason": recommended.reason,
        "gaps": has_separated_clusters(results),
        "explained": explained,
        "software": {"segmentation": __version__, "spark": context.spark.version},
        "customers": customers,
    }
    return ComparisonReport(
        title=context.settings.report.title,
        facts=facts,
        algorithms=suppress_algorithms(rows, len(sample.ids), min_group_size),
        agreement=agreement_rows(results),
        points=_plotted_points(coordinates, sample, min_group_size),
        customers_per_point=min_group_size,
    )


def _plotted_points(coordinates: Array, sample: ClusteredSample, min_group_size: int) -> dict[str, pd.DataFrame]:
    """By algorithm: some of the sample, or means of small groups of it, on two principal components, with clusters and without ids."""
    plane = pd.DataFrame({"x": coordinates[:, 0], "y": coordinates[:, 1]})
    labeled = {name: plane.assign(**{name: sample.published_numbers(name)}) for name in sample.labels}
    step = -(-len(plane) // MAX_PLOTTED)
    if min_group_size == 1:
        return {name: points.iloc[::step] for name, points in labeled.items()}
    return {name: microaggregated(points, ("x", "y"), name, max(min_group_size, step)) for name, points in labeled.items()}


def _write(context: RunContext, comparison: Comparison, report: ComparisonReport, clusters: DataFrame) -> None:
    storage.write_table(clusters, comparison.path("clusters"))
    storage.write_rows(report.algorithms, COMPARISON_ALGORITHMS.schema, comparison.path("algorithms"))
    storage.write_rows(report.agreement, COMPARISON_AGREEMENT.schema, comparison.path("agreement"))
    if context.settings.publish.format == "delta":
        write_delta_logs(comparison.path(), specs={spec.name: spec for spec in TABLES})
    storage.write_text(comparison.path("comparison.html"), render_comparison(report))
    storage.write_text(comparison.path(LAST), json.dumps(report.facts, indent=2) + "\n")
    publish_comparison(comparison)
