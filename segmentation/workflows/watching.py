"""A run held against others: how its log came in, how far features have moved, how well its model still fits, and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from pyspark.sql import DataFrame

from segmentation import storage
from segmentation.context import RunContext, run_concurrently
from segmentation.errors import InputError
from segmentation.monitor.causes import Cause
from segmentation.monitor.feed import by_day, feed_of
from segmentation.monitor.fit import DISTANCE, NEAREST, Far, far_from_any, limits, mean_silhouette, with_nearest
from segmentation.monitor.verdict import FIT, LAST, Judgement, Seen, judged
from segmentation.monitor.watch import feed_causes, spans_needed
from segmentation.privacy.figures import tells_of_few
from segmentation.publish.promise import Promise
from segmentation.publish.run import Run
from segmentation.schemas import DRIFT, DRIFT_TREND, RUN_ID, SEGMENT_ID, TENURE_DAYS
from segmentation.workflows.drifting import TREND, DriftTable, drift_table, drift_trend, drifts_of
from segmentation.workflows.models import Model, model_of
from segmentation.workflows.references import Known, references_of

Rows = Sequence[dict[str, Any]]
Summary = Sequence[Mapping[str, Any]]
Pair = tuple[float, float]
_LIVE_DAYS = 7
"""A run that began no later than this after its as_of reads a log that goes on; one of a log of the past is repeated at will."""


@dataclass(frozen=True)
class Watched:
    """What was found.

    Parameters
    ----------
    judgement
        What to do, and why.
    told
        For the manifest.
    drift
        The table drift.
    trend
        Rows of drift_trend, once it is written.
    """

    judgement: Judgement
    told: dict[str, Any]
    drift: DriftTable
    trend: Rows = ()

    @property
    def kept_back(self) -> dict[str, int]:
        """How many values the table keeps back, by its name."""
        return {"drift": self.drift.kept_back} if self.drift.kept_back else {}

    def promises(self) -> dict[str, Promise]:
        """What its table must be; a first run has none."""
        if not self.drift.rows:
            return {}
        return {"drift": self.drift.promise(), TREND: Promise(len(self.trend), (RUN_ID, "reference", "feature"), DRIFT_TREND)}


def watched(context: RunContext, now: Known, summary: Summary) -> Watched:
    """Hold a run against the one before, that of the same season, and that of its model. Nothing is written.

    Parameters
    ----------
    context
        Settings and session.
    now
        The run looked at, with customer_features, customer_segments and orders in place; it may be under way.
    summary
        Rows of its segment_summary: `segment_id`, `customers`, `silhouette`.
    """
    settings, few = context.settings.monitor, context.settings.privacy.smallest_group
    with context.run_log.stage("watch") as stage:
        references = references_of(now, settings.season_tolerance_days)
        fitted = references.get(FIT) or references.get(LAST)
        silhouettes = None if now.is_new_model or not fitted else _silhouettes(summary, fitted)
        feed, far, drifts = run_concurrently(
            partial(_feed, context, now, references.get(LAST)),
            partial(_far, context, now, fitted),
            partial(drifts_of, context, now.run, references),
        )
        seen = Seen(
            feed=feed,
            drifts=drifts,
            used=now.used,
            sizes={row[SEGMENT_ID]: row["customers"] for row in summary},
            far=far,
            silhouettes=silhouettes,
            fitted_as_of=fitted.as_of if fitted and not now.is_new_model else now.as_of,
            is_new_model=now.is_new_model,
            smallest_group=few,
        )
        judgement = judged(seen, settings)
        stage.count(references=len(references), causes=len(judgement.causes))
    runs = {"references": {name: reference.run.run_id for name, reference in references.items()}}
    told = {**judgement.told(), **runs, **_fit_told(far, silhouettes, few)}
    return Watched(judgement, told, drift_table(drifts, references, settings.largest_psi, few))


def with_drift_written(context: RunContext, found: Watched, before: Run | None, as_of: date) -> Watched:
    """The tables drift and drift_trend, where there is another run to hold this one against."""
    if before is None or not found.drift.rows:
        return found
    trend = drift_trend(context, found.drift, before, as_of)
    context.write_rows("drift", found.drift.rows, DRIFT)
    context.write_rows(TREND, trend, DRIFT_TREND)
    return replace(found, trend=trend)


def summary_of(run: Run) -> list[dict[str, Any]]:
    """A run's segment_summary."""
    return storage.read_rows(run.path("segment_summary"))


def _feed(context: RunContext, now: Known, last: Known | None) -> list[Cause]:
    """What the orders tell day by day; nothing without a log."""
    if not storage.exists(now.run.orders):
        return []
    settings, until = context.settings.monitor.feed, expected_until(now, last)
    spans = spans_needed(until, settings)
    rows = by_day(storage.read_table(context.spark, now.run.orders), spans).collect()
    return feed_causes(feed_of([row.asDict() for row in rows], (spans[0][0], until)), settings)


def expected_until(now: Known, last: Known | None) -> date:
    """The day up to which orders should be there: as_of, or a later one.

    Where as_of follows the last line, a day that did not come in leaves it where it was. Since the run before, as many days should
    have come in as have passed between the two.
    """
    if last is None or now.has_fixed_as_of or last.started_at.date() - last.as_of > timedelta(days=_LIVE_DAYS):
        return now.as_of
    passed = now.started_at.date() - last.started_at.date()
    return max(now.as_of, min(last.as_of + passed, now.as_of + timedelta(days=_LIVE_DAYS)))


def _far(context: RunContext, now: Known, fitted: Known | None) -> tuple[Far, Far] | None:
    """Far customers now, and then, by the model of another run; None where there is none, or it cannot be applied."""
    if fitted is None:
        return None
    try:
        model = model_of(fitted.run)
        nearest, then = (context.cache(_nearest(context, model, run)) for run in (now.run, fitted.run))
    except InputError:
        return None
    limit, days = limits(then), context.settings.monitor.newcomer_days
    return far_from_any(nearest, limit, days), far_from_any(then, limit, days)


def _nearest(context: RunContext, model: Model, run: Run) -> DataFrame:
    measured = with_nearest(model.vectors(storage.read_table(context.spark, run.path("customer_features"))), list(model.segments.centres))
    return measured.select(*(name for name in (NEAREST, DISTANCE, TENURE_DAYS) if name in measured.columns))


def _silhouettes(summary: Summary, fitted: Known) -> Pair | None:
    now, then = mean_silhouette(summary), mean_silhouette(summary_of(fitted.run))
    return None if now is None or then is None else (now, then)


def _fit_told(far: tuple[Far, Far] | None, silhouettes: Pair | None, few: int) -> dict[str, Any]:
    shares = [None if tells_of_few(one.far, one.customers, few) else one.share for one in far or ()]
    sides = ("now", "then")
    return {
        "far_share": dict(zip(sides, shares, strict=True)) if far else None,
        "silhouette": dict(zip(sides, silhouettes, strict=True)) if silhouettes else None,
    }
