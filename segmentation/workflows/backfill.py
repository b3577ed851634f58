"""Days in a row, each scored as if its night had come: what was missed is made up for, and asked twice nothing is done twice."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from pyspark.sql import SparkSession

from segmentation.errors import HeldBackError, InputError
from segmentation.progress import RunLog
from segmentation.publish.series import last_manifest
from segmentation.settings import Settings
from segmentation.workflows.running import Outcome
from segmentation.workflows.score import score


def days_to_do(root: str, last: date, first: date | None = None) -> list[date]:
    """Days that are still to be described.

    Parameters
    ----------
    root
        The output root.
    last
        The last of them.
    first
        The first of them, which may have been described before; None for the day after the one that readers see.

    Raises
    ------
    InputError
        Nothing is published whose model could score, or more is published than `last`, so that readers would be left with less.
    """
    manifest = last_manifest(root)
    if manifest is None:
        raise InputError(f"{root}: no run is published, or its files are not as they were sealed. Fit a model: `segmentation segment`")
    seen = date.fromisoformat(manifest["as_of"])
    if first is not None and last < seen:
        raise InputError(
            f"readers see {seen}, and would be left with {last}: a day is said anew together with all later ones. "
            f"Ask for the days up to {seen}, or look at past days with `segmentation score --as-of DAY --aside`"
        )
    start = first or seen + timedelta(days=1)
    return [start + timedelta(days=past) for past in range((last - start).days + 1)]


def backfilled(
    spark: SparkSession,
    settings: Settings,
    days: list[date],
    clock: Callable[[], datetime],
    run_log: Callable[[], RunLog] = RunLog,
) -> Iterator[Outcome]:
    """A published run for each day, one after the other, all by the model that readers follow.

    Parameters
    ----------
    spark
        The session.
    settings
        What to read and where to write; `features.as_of` is each day in turn.
    days
        As told by `days_to_do`.
    clock
        Tells the time (UTC).
    journal
        Makes one for each day.

    Raises
    ------
    HeldBackError
        An audit keeps a day from being published; the days before it are.
    """
    for day in days:
        then = settings.model_copy(update={"features": settings.features.model_copy(update={"as_of": day})})
        try:
            yield score(spark, then, clock(), run_log())
        except HeldBackError as error:
            raise HeldBackError(f"{day}, which the days after it wait for: {error}") from None
