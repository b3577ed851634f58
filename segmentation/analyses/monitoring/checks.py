"""All checks of a run: how its log came in, how far features have moved, and how well its model still fits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from pyspark.sql import DataFrame

from segmentation.analyses.monitoring.daily_feed import daily_feed, orders_by_day
from segmentation.analyses.monitoring.decision import Alert, Decision, MonitoringInputs, decide
from segmentation.analyses.monitoring.feed_checks import days_to_read, feed_alerts
from segmentation.analyses.monitoring.model_fit import (
    DISTANCE,
    NEAREST,
    FarCustomers,
    count_far_customers,
    distance_limits,
    with_nearest_center,
)
from segmentation.context import RunContext, run_concurrently
from segmentation.errors import InputError
from segmentation.fitted.model import SegmentModel, load_model
from segmentation.fitted.references import FIT, LAST, ReferenceRun
from segmentation.privacy.suppression import reveals_small_group
from segmentation.profiling.aggregates import mean_silhouette
from segmentation.profiling.psi import FeatureDrift
from segmentation.schemas import SEGMENT_ID, TENURE_DAYS

_MAX_LIVE_DAYS = 7
"""A run that started at most so many days after its as_of reads a log that goes on; one of a log of the past is repeated at will."""


@dataclass(frozen=True)
class MonitoringResult:
    """The decision, and the figures that are published with it, exact."""

    decision: Decision
    references: Mapping[str, ReferenceRun]
    far: tuple[FarCustomers, FarCustomers] | None  # in this run, at the fit
    silhouettes: tuple[float, float] | None  # in this run, at the fit

    def to_dict(self, min_group_size: int) -> dict[str, Any]:
        """For the manifest, without shares that reveal a small group."""
        far = [None if reveals_small_group(one.far, one.customers, min_group_size) else one.share for one in self.far or ()]
        return {
            **self.decision.to_dict(),
            "references": {name: reference.run.run_id for name, reference in self.references.items()},
            "far_share": _by_run(far) if self.far else None,
            "silhouette": _by_run(self.silhouettes) if self.silhouettes else None,
        }


def run_checks(
    context: RunContext,
    current: ReferenceRun,
    summary: Sequence[Mapping[str, Any]],
    references: Mapping[str, ReferenceRun],
    drifts: Callable[[], Mapping[str, Sequence[FeatureDrift]]],
) -> MonitoringResult:
    """Compare a run with its references. Nothing is written.

    The customer_features and orders of `current` are in place. `summary` has rows of its segment_summary with `segment_id`, `customers` and
    `silhouette`. `references` are those of `find_references`. `drifts` computes the drift of features since each reference.
    """
    fitted = references.get(FIT) or references.get(LAST)
    silhouettes = None if current.is_new_model or not fitted else _silhouettes(summary, fitted)
    alerts, far, by_reference = run_concurrently(
        partial(_feed_alerts, context, current, references.get(LAST)), partial(_far_customers, context, current, fitted), drifts
    )
    inputs = MonitoringInputs(
        feed_alerts=alerts,
        drifts=by_reference,
        used_features=current.used_features,
        segment_sizes={row[SEGMENT_ID]: row["customers"] for row in summary},
        far=far,
        silhouettes=silhouettes,
        fitted_as_of=fitted.as_of if fitted and not current.is_new_model else current.as_of,
        is_new_model=current.is_new_model,
        min_group_size=context.settings.privacy.min_group_size,
    )
    return MonitoringResult(decide(inputs, context.settings.monitor), references, far, silhouettes)


def expected_until(current: ReferenceRun, last: ReferenceRun | None) -> date:
    """The day up to which orders should be there: as_of, or a later one.

    Where as_of follows the last line, a missing day does not advance it. Since the run before, as many days should have come in as
    have passed between the two.
    """
    if last is None or current.has_fixed_as_of or last.started_at.date() - last.as_of > timedelta(days=_MAX_LIVE_DAYS):
        return current.as_of
    passed = current.started_at.date() - last.started_at.date()
    return max(current.as_of, min(last.as_of + passed, current.as_of + timedelta(days=_MAX_LIVE_DAYS)))


def _feed_alerts(context: RunContext, current: ReferenceRun, last: ReferenceRun | None) -> list[Alert]:
    """Alerts of the orders by day; none without a log."""
    orders = current.orders(context.spark)
    if orders is None:
        return []
    settings, until = context.settings.monitor.feed, expected_until(current, last)
    ranges = days_to_read(until, settings)
    rows = orders_by_day(orders, ranges).collect()
    return feed_alerts(daily_feed([row.asDict() for row in rows], (ranges[0][0], until)), settings)


def _far_customers(context: RunContext, current: ReferenceRun, fitted: ReferenceRun | None) -> tuple[FarCustomers, FarCustomers] | None:
    """Far customers of this run and at the fit, by the fitted model; None where there is none, or it cannot be applied."""
    if fitted is None:
        return None
    try:
        model = load_model(fitted.run)
        nearest, at_fit = (context.cache(_nearest(context, model, run)) for run in (current, fitted))
    except InputError:
        return None
    limits, days = distance_limits(at_fit), context.settings.monitor.newcomer_days
    return count_far_customers(nearest, limits, days), count_far_customers(at_fit, limits, days)


def _nearest(context: RunContext, model: SegmentModel, run: ReferenceRun) -> DataFrame:
    measured = with_nearest_center(model.vectors(run.features(context.spark)), list(model.segments.centers))
    return measured.select(*(name for name in (NEAREST, DISTANCE, TENURE_DAYS) if name in measured.columns))


def _silhouettes(summary: Sequence[Mapping[str, Any]], fitted: ReferenceRun) -> tuple[float, float] | None:
    current, at_fit = mean_silhouette(summary), mean_silhouette(fitted.summary())
    return None if current is None or at_fit is None else (current, at_fit)


def _by_run(values: Sequence[float | None]) -> dict[str, float | None]:
    return dict(zip(("current", "reference"), values, strict=True))
