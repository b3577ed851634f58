"""One run: fit or score customers, and publish what analyses find about them."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.context import RunContext, in_cache
from segmentation.error_redaction import redact_error
from segmentation.fitted.references import find_predecessor
from segmentation.fitted.segments import FittedSegments, with_references
from segmentation.pipeline.fit import fit_segments
from segmentation.pipeline.inputs import load_customer_features
from segmentation.pipeline.publish import RunResult, publish_run, write_run
from segmentation.pipeline.score import ScoreOptions, load_base_model, score_segments
from segmentation.privacy.denylist import load_denylist
from segmentation.privacy.pseudonyms import load_pseudonyms
from segmentation.progress import RunLog
from segmentation.publish.catalog import check_catalog
from segmentation.publish.run import Run, create_timestamped_run, discard_run, run_id_at
from segmentation.session import required_conf
from segmentation.settings import Settings


def segment(spark: SparkSession, settings: Settings, started_at: datetime, run_log: RunLog | None = None) -> RunResult:
    """Fit segments to a transaction log, a customer table, or both, and publish them.

    Parameters
    ----------
    spark
        The session.
    settings
        What to read, how to cluster, where to write.
    started_at
        The time now (UTC). It names the run, and changes nothing in the tables but `run_id`; without a log, also `day_described` where the
        settings leave it out.
    run_log
        Receives the stages as they happen.

    Raises
    ------
    InputError
        The log or the customer table, or what is left of them, cannot be used.
    SettingsError
        The output cannot be written, or the key of pseudonyms cannot be used.
    MissingDependencyError
        Views of Delta tables are asked for, and the session was started without Delta.
    AuditFailedError
        The run was written, but failed its audit and was not published.
    """
    return _run(_Request(spark, settings, started_at, run_log), _fit)


def _fit(context: RunContext) -> FittedSegments:
    source = load_customer_features(context)
    return fit_segments(context, source, find_predecessor(context))


def score(
    spark: SparkSession, settings: Settings, started_at: datetime, run_log: RunLog | None = None, options: ScoreOptions | None = None
) -> RunResult:
    """Assign customers to the segments of a model that an earlier run fitted, and publish them.

    Recommendations and the backtest belong to a fit, and are left out. Other parameters and errors are those of `segment`.

    Parameters
    ----------
    options
        Which model, and whether to publish; None for the published model.

    Raises
    ------
    InputError
        There is no such run, or its model needs features that the input does not give.
    SettingsError
        Settings that the model rests on have changed since.
    """
    options = options or ScoreOptions()
    fitted_only = {
        "baskets": settings.baskets.model_copy(update={"use": False}),
        "backtest": settings.backtest.model_copy(update={"cutoff": None}),
    }
    request = _Request(spark, settings.model_copy(update=fitted_only), started_at, run_log)
    return _run(request, partial(_score, options=options), options.is_published)


def _score(context: RunContext, options: ScoreOptions) -> FittedSegments:
    predecessor = find_predecessor(context)
    model = load_base_model(context, options)
    source = load_customer_features(context.with_categories(model.categories))
    return score_segments(context, source, model, predecessor if context.is_published else None)


@contextmanager
def fit_in_memory(
    spark: SparkSession, settings: Settings, started_at: datetime, run_log: RunLog | None = None
) -> Iterator[tuple[RunContext, FittedSegments]]:
    """Fit segments without writing anything: frames are cached until the block ends, and analyses are computed when asked for.

    Parameters and errors are those of `segment`.

    Yields
    ------
    tuple
        The context that analyses take, and the segments.
    """
    with required_conf(spark), ExitStack() as resources:
        run = Run(settings.output.path, run_id_at(started_at))
        request = _Request(spark, _without_side_effects(settings), started_at, run_log)
        context = replace(request.context(run, resources), is_published=False, materializer=in_cache)
        source = load_customer_features(context)
        yield context, with_references(context, fit_segments(context, source, None))


def _without_side_effects(settings: Settings) -> Settings:
    """Settings that neither extend the mapping of pseudonyms nor leave state for an incremental run."""
    privacy, log = settings.privacy, settings.input
    if privacy.pseudonyms:
        pseudonyms = privacy.pseudonyms.model_copy(update={"mapping_path": None})
        settings = settings.model_copy(update={"privacy": privacy.model_copy(update={"pseudonyms": pseudonyms})})
    if log:
        settings = settings.model_copy(update={"input": log.model_copy(update={"incremental": False})})
    return settings


class _Request(NamedTuple):
    """What a caller hands over."""

    spark: SparkSession
    settings: Settings
    started_at: datetime
    run_log: RunLog | None

    def context(self, run: Run, resources: ExitStack) -> RunContext:
        """Everything that is fixed for a run, resolved once."""
        return RunContext(
            spark=self.spark,
            settings=self.settings,
            run=run,
            started_at=self.started_at,
            run_log=self.run_log or RunLog(),
            resources=resources,
            pseudonyms=load_pseudonyms(self.spark, self.settings.privacy),
            erased=load_denylist(self.spark, self.settings.output.path),
        )


def _run(request: _Request, compute: Callable[[RunContext], FittedSegments], is_published: bool = True) -> RunResult:
    """Compute, write and publish one run; what fails before it is sealed leaves nothing."""
    began, settings = time.monotonic(), request.settings
    # A key that cannot be read is reported before anything is created.
    load_pseudonyms(request.spark, settings.privacy)
    with storage.output_permissions(settings.output.permissions):
        run = _create_run(settings.output.path, request.started_at)
        with (
            storage.cleanup_on_error(partial(discard_run, run), partial(redact_error, settings=settings)),
            required_conf(request.spark),
            ExitStack() as resources,
        ):
            check_catalog(request.spark, settings.publish.catalog, settings.publish.format)
            context = replace(request.context(run, resources), is_published=is_published)
            written = write_run(context, with_references(context, compute(context)))
        return publish_run(context, written, began)


def _create_run(root: str, started_at: datetime) -> Run:
    try:
        return create_timestamped_run(root, started_at)
    except OSError as error:
        raise storage.translate_error(error, root) or error from None
