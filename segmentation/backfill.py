"""Backfill: score each missing day in turn, as its nightly run would have. Days that are done already are not repeated."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from pyspark.sql import SparkSession

from segmentation.errors import AuditFailedError, InputError
from segmentation.pipeline.publish import RunResult
from segmentation.pipeline.run import score
from segmentation.progress import RunLog
from segmentation.publish.seal import published_manifest
from segmentation.settings import Settings


def missing_days(root: str, last: date, first: date | None = None) -> list[date]:
    """Days to score.

    Parameters
    ----------
    root
        The output root.
    last
        The last day.
    first
        The first day, which may have a run already; by default the day after the published one.

    Raises
    ------
    InputError
        No run with a model is published, or the published run is later than `last`, so that readers would go back in time.
    """
    manifest = published_manifest(root)
    if manifest is None:
        raise InputError(f"{root}: no run is published, or its files are not as sealed. Fit a model: `segmentation segment`")
    published = date.fromisoformat(manifest["as_of"])
    if first is not None and last < published:
        raise InputError(
            f"readers see {published}, and would go back to {last}: days are scored again together with all later ones. "
            f"Ask for the days up to {published}, or score past days with `segmentation score --as-of DAY --no-publish`"
        )
    start = first or published + timedelta(days=1)
    return [start + timedelta(days=day) for day in range((last - start).days + 1)]


def backfill(
    spark: SparkSession,
    settings: Settings,
    days: list[date],
    clock: Callable[[], datetime],
    run_log: Callable[[], RunLog] = RunLog,
) -> Iterator[RunResult]:
    """Score and publish each day in turn, with the model of the published run.

    Parameters
    ----------
    spark
        The session.
    settings
        Of each run, but for `features.as_of`, which is each day in turn.
    days
        From `missing_days`.
    clock
        Returns the time now (UTC).
    run_log
        Makes the log of a run.

    Raises
    ------
    AuditFailedError
        A day failed its audit; the days before it are published.
    """
    for day in days:
        day_settings = settings.model_copy(update={"features": settings.features.model_copy(update={"as_of": day})})
        try:
            yield score(spark, day_settings, clock(), run_log())
        except AuditFailedError as error:
            raise AuditFailedError(f"{day}, which later days depend on: {error}") from None
