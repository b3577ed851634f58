"""Keep scoring, refit, or stop and look: decided from numbers alone, so that equal numbers give equal decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from math import sqrt
from typing import Any

from segmentation.analyses.monitoring.model_fit import FAR_QUANTILE, FarCustomers
from segmentation.analyses.monitoring.settings import MonitorSettings
from segmentation.fitted.references import FIT, LAST, SEASON
from segmentation.profiling.psi import MAJOR, FeatureDrift

_MIN_DEVIATIONS = 5
"""Standard deviations by which the share of far customers must exceed its expectation."""
_NEW_TYPE_FACTOR = 3
"""Newcomers are of a new type where their share of far customers is so many times that of the newcomers at the fit."""
_REFERENCE_NAMES = {LAST: "run before", SEASON: "same season's run", FIT: "run that fitted the model"}


class MonitoringVerdict(StrEnum):
    """What to do, from the mildest to the gravest."""

    CONTINUE = "keep scoring"
    REFIT = "refit"
    STOP = "stop and look"


class AlertKind(StrEnum):
    """What has happened."""

    DAY_MISSING = "a day is missing"
    DAY_DUPLICATED = "a day came twice"
    CURRENCY_FAULT = "currency fault"
    LOST_CATEGORY = "a category is lost"
    PRICE_CHANGE = "prices have changed"
    SEASON = "season"
    DEMAND = "demand has changed"
    NEW_TYPE = "a new type of customer"
    FAR_CUSTOMERS = "customers far from any center"
    SILHOUETTE = "segments are less separated"
    DRIFT = "features have drifted"


VERDICT_BY_KIND = {
    AlertKind.DAY_MISSING: MonitoringVerdict.STOP,
    AlertKind.DAY_DUPLICATED: MonitoringVerdict.STOP,
    AlertKind.CURRENCY_FAULT: MonitoringVerdict.STOP,
    AlertKind.LOST_CATEGORY: MonitoringVerdict.STOP,
    AlertKind.PRICE_CHANGE: MonitoringVerdict.REFIT,
    AlertKind.SEASON: MonitoringVerdict.CONTINUE,
    AlertKind.DEMAND: MonitoringVerdict.CONTINUE,
    AlertKind.NEW_TYPE: MonitoringVerdict.REFIT,
    AlertKind.FAR_CUSTOMERS: MonitoringVerdict.REFIT,
    AlertKind.SILHOUETTE: MonitoringVerdict.REFIT,
    AlertKind.DRIFT: MonitoringVerdict.REFIT,
}
"""A faulty log must be repaired or confirmed before it is used; a model can be fitted again; a season passes."""


@dataclass(frozen=True)
class Alert:
    """One thing that has happened."""

    kind: AlertKind
    evidence: str
    threshold: str  # the setting that is exceeded, and its value
    reason: str  # why the threshold lies there
    since: date | None = None
    is_known: bool = False  # the model was fitted on data that include it, so no refit is needed

    @property
    def verdict(self) -> MonitoringVerdict:
        """What it calls for."""
        verdict = VERDICT_BY_KIND[self.kind]
        return MonitoringVerdict.CONTINUE if verdict is MonitoringVerdict.REFIT and self.is_known else verdict

    def to_dict(self) -> dict[str, Any]:
        """For the manifest."""
        since = self.since and self.since.isoformat()
        return {**asdict(self), "kind": self.kind.value, "since": since, "verdict": self.verdict.value}


@dataclass(frozen=True)
class MonitoringInputs:
    """The numbers that a decision rests on; what is not known is empty or None."""

    feed_alerts: Sequence[Alert] = ()
    drifts: Mapping[str, Sequence[FeatureDrift]] | None = None  # by reference
    used_features: Sequence[str] = ()
    segment_sizes: Mapping[int, int] | None = None
    far: tuple[FarCustomers, FarCustomers] | None = None  # in this run, at the fit
    silhouettes: tuple[float, float] | None = None  # in this run, at the fit
    fitted_as_of: date | None = None
    is_new_model: bool = False  # fitted by this run, on data that include every change
    min_group_size: int = 1


@dataclass(frozen=True)
class Decision:
    """What to do, and the alerts that call for it, the gravest first."""

    verdict: MonitoringVerdict
    alerts: tuple[Alert, ...]

    def to_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {"verdict": self.verdict.value, "alerts": [alert.to_dict() for alert in self.alerts]}


def decide(inputs: MonitoringInputs, settings: MonitorSettings) -> Decision:
    """The gravest verdict that any alert calls for."""
    raised = [*inputs.feed_alerts, *_fit_alerts(inputs, settings), *_drift_alerts(inputs, settings)]
    order = list(MonitoringVerdict)
    alerts = sorted((_with_is_known(alert, inputs) for alert in raised), key=lambda alert: -order.index(alert.verdict))
    return Decision(alerts[0].verdict if alerts else MonitoringVerdict.CONTINUE, tuple(alerts))


def _with_is_known(alert: Alert, inputs: MonitoringInputs) -> Alert:
    """A model that was fitted after a change takes it into account."""
    is_before_fit = alert.since is not None and inputs.fitted_as_of is not None and alert.since < inputs.fitted_as_of
    return replace(alert, is_known=inputs.is_new_model or is_before_fit)


def _fit_alerts(inputs: MonitoringInputs, settings: MonitorSettings) -> list[Alert]:
    alerts = []
    if inputs.far and _are_too_many(inputs.far[0], inputs.min_group_size, settings):
        alerts.append(_far_alert(*inputs.far, inputs.min_group_size, settings))
    if inputs.silhouettes and _has_dropped(*inputs.silhouettes, settings):
        alerts.append(_silhouette_alert(*inputs.silhouettes, settings))
    return alerts


def _are_too_many(far: FarCustomers, min_group_size: int, settings: MonitorSettings) -> bool:
    """More than the settings allow, and than sampling alone gives."""
    expected = 1 - FAR_QUANTILE
    max_by_chance = expected + _MIN_DEVIATIONS * sqrt(expected * FAR_QUANTILE / far.customers) if far.customers else 1.0
    return far.far >= min_group_size and far.share > max(settings.max_far_share, max_by_chance)


def _far_alert(current: FarCustomers, at_fit: FarCustomers, min_group_size: int, settings: MonitorSettings) -> Alert:
    usual_share = max(at_fit.newcomer_share, 1 - FAR_QUANTILE)
    is_new_type = current.newcomer_share >= _NEW_TYPE_FACTOR * usual_share and 2 * current.far_newcomers >= current.far
    groups = (group for far in (current, at_fit) for group in (far.far_newcomers, far.newcomers - far.far_newcomers))
    is_publishable = all(group >= min_group_size for group in groups if group)
    days, shares = settings.newcomer_days, (current.newcomer_share, at_fit.newcomer_share)
    newcomers = f"; of those who came in the last {days} days {shares[0]:.0%}, at the fit {shares[1]:.0%}"
    return Alert(
        AlertKind.NEW_TYPE if is_new_type else AlertKind.FAR_CUSTOMERS,
        f"{current.share:.1%} of customers are farther from any center than 99 % were at the fit"
        + (newcomers if current.newcomers and is_publishable else ""),
        f"monitor.max_far_share {settings.max_far_share:g}",
        "one in a hundred is expected: where there are three, there are customers that no segment describes",
    )


def _has_dropped(current: float, at_fit: float, settings: MonitorSettings) -> bool:
    return at_fit > 0 and 1 - current / at_fit > settings.max_silhouette_drop


def _silhouette_alert(current: float, at_fit: float, settings: MonitorSettings) -> Alert:
    return Alert(
        AlertKind.SILHOUETTE,
        f"mean silhouette {current:.3f}, at the fit {at_fit:.3f}",
        f"monitor.max_silhouette_drop {settings.max_silhouette_drop:g}",
        "other customers of the same kind change it by a hundredth part or two: segments run into each other",
    )


def _drift_alerts(inputs: MonitoringInputs, settings: MonitorSettings) -> list[Alert]:
    """Drift since the fit, or since the run before; a shift that the same season's run had too is seasonal."""
    reference = next((name for name in (FIT, LAST) if name in (inputs.drifts or {})), None)
    if inputs.drifts is None or reference is None:
        return []
    season = {(drift.segment, drift.feature): drift for drift in inputs.drifts.get(SEASON, ())}
    major = [drift for drift in inputs.drifts[reference] if drift.feature in inputs.used_features and _is_major(drift, settings)]
    lasting = [drift for drift in major if not _is_stable_since(season.get((drift.segment, drift.feature)), settings)]
    overall = [drift for drift in lasting if drift.segment is None]
    drifted_segments = {drift.segment for drift in lasting if drift.segment is not None}
    sizes = inputs.segment_sizes or {}
    share = sum(sizes.get(segment, 0) for segment in drifted_segments if segment) / (sum(sizes.values()) or 1)
    is_alarming = bool(overall) or share > settings.max_drifted_share
    alerts = [_drift_alert(overall, lasting, share, reference, settings)] if is_alarming else []
    seasonal = [drift for drift in major if drift not in lasting and drift.segment is None]
    return alerts + ([_season_alert(seasonal, settings)] if seasonal else [])


def _is_major(drift: FeatureDrift, settings: MonitorSettings) -> bool:
    return drift.verdict(settings.max_psi) == MAJOR


def _is_stable_since(since_season: FeatureDrift | None, settings: MonitorSettings) -> bool:
    return since_season is not None and not _is_major(since_season, settings)


def _drift_alert(
    overall: Sequence[FeatureDrift], lasting: Sequence[FeatureDrift], share: float, reference: str, settings: MonitorSettings
) -> Alert:
    largest = sorted(overall or lasting, key=lambda drift: -drift.psi)[:5]
    segments = "" if overall else f" in segments of {share:.0%} of customers"
    features = ", ".join(f"{drift.feature} {drift.psi:.2f}" for drift in largest)
    return Alert(
        AlertKind.DRIFT,
        f"population stability index against the {_REFERENCE_NAMES[reference]}{segments}: {features}",
        f"monitor.max_psi {settings.max_psi:g}, and chance; monitor.max_drifted_share {settings.max_drifted_share:g}",
        "by convention a major shift: the model's scales and centers are of other customers",
    )


def _season_alert(seasonal: Sequence[FeatureDrift], settings: MonitorSettings) -> Alert:
    return Alert(
        AlertKind.SEASON,
        f"{', '.join(drift.feature for drift in seasonal)}: moved to where the same season's run had them",
        f"monitor.max_psi {settings.max_psi:g}",
        "customers are as they were a year before at this time",
    )
