"""What a verdict rests on: a cause, its evidence, the threshold it passed, and why that is the threshold."""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What to do."""

    KEEP = "keep scoring"
    REFIT = "refit"
    STOP = "stop and look"


class Kind(StrEnum):
    """What has happened."""

    DAY_MISSING = "a day is missing"
    DAY_DOUBLED = "a day came twice"
    CURRENCY_FAULT = "currency fault"
    LOST_CATEGORY = "a category is lost"
    PRICE_CHANGE = "prices have changed"
    SEASON = "season"
    DEMAND = "demand has changed"
    NEW_TYPE = "a new type of customer"
    FAR_CUSTOMERS = "customers far from any centre"
    SILHOUETTE = "segments are less apart"
    DRIFT = "features have drifted"


VERDICTS = {
    Kind.DAY_MISSING: Verdict.STOP,
    Kind.DAY_DOUBLED: Verdict.STOP,
    Kind.CURRENCY_FAULT: Verdict.STOP,
    Kind.LOST_CATEGORY: Verdict.STOP,
    Kind.PRICE_CHANGE: Verdict.REFIT,
    Kind.SEASON: Verdict.KEEP,
    Kind.DEMAND: Verdict.KEEP,
    Kind.NEW_TYPE: Verdict.REFIT,
    Kind.FAR_CUSTOMERS: Verdict.REFIT,
    Kind.SILHOUETTE: Verdict.REFIT,
    Kind.DRIFT: Verdict.REFIT,
}
"""What each calls for. The log must be mended, or seen to be right, before anything is made of it; a model can be fitted anew; a season
passes."""


@dataclass(frozen=True)
class Cause:
    """One thing that has happened.

    Parameters
    ----------
    kind
        What.
    evidence
        The figures it is seen by.
    threshold
        The setting it passed, and its value.
    reason
        Why that is where the line is drawn.
    since
        The day it began; None where that is not known.
    is_known
        Whether the model was fitted on what came after: it calls for nothing any more.
    """

    kind: Kind
    evidence: str
    threshold: str
    reason: str
    since: date | None = None
    is_known: bool = False

    @property
    def verdict(self) -> Verdict:
        """What it calls for."""
        needs_refit = VERDICTS[self.kind] is Verdict.REFIT
        return Verdict.KEEP if needs_refit and self.is_known else VERDICTS[self.kind]

    def told(self) -> dict[str, Any]:
        """For the manifest."""
        return {**asdict(self), "kind": self.kind.value, "since": self.since and self.since.isoformat(), "verdict": self.verdict.value}
