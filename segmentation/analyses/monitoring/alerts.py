"""Alerts: what has happened, its evidence, the threshold it exceeds and the reason for that threshold; and what it calls for."""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any


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
