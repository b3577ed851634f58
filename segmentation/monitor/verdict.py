"""Keep scoring, refit, or stop and look: from numbers alone, so that equal numbers give equal verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import sqrt
from typing import Any

from segmentation.monitor.causes import Cause, Kind, Verdict
from segmentation.monitor.drift import MAJOR, Drift
from segmentation.monitor.fit import FAR_LEVEL, Far
from segmentation.settings.monitor import MonitorSettings

LAST, SEASON, FIT = "last", "season", "fit"
"""References: the run before, that of the same season of the year before, and the one that fitted the model."""
_CHANCE_DEVIATIONS = 5
_NEW_TYPE_FACTOR = 3
"""Newcomers are of a new type where their share of far ones is so many times what it was among newcomers at the fit."""


@dataclass(frozen=True)
class Seen:
    """Everything a verdict rests on; what could not be looked at is empty or None.

    Parameters
    ----------
    feed
        What the days of the log tell.
    drifts
        By reference.
    used
        Features that customers are compared by.
    sizes
        Customers of each segment now.
    far
        Customers far from any centre of the fit: now, and at the fit.
    silhouettes
        Mean silhouette now, and at the fit.
    fitted_as_of
        The day whose customers the model was fitted on.
    is_new_model
        Whether that was this run's own: it knows all that has changed.
    smallest_group
        No figure that is told may rest on fewer customers.
    """

    feed: Sequence[Cause] = ()
    drifts: Mapping[str, Sequence[Drift]] | None = None
    used: Sequence[str] = ()
    sizes: Mapping[int, int] | None = None
    far: tuple[Far, Far] | None = None
    silhouettes: tuple[float, float] | None = None
    fitted_as_of: date | None = None
    is_new_model: bool = False
    smallest_group: int = 1


@dataclass(frozen=True)
class Judgement:
    """A verdict and its causes, the gravest first."""

    verdict: Verdict
    causes: tuple[Cause, ...]

    def told(self) -> dict[str, Any]:
        """For the manifest."""
        return {"verdict": self.verdict.value, "causes": [cause.told() for cause in self.causes]}


def judged(seen: Seen, settings: MonitorSettings) -> Judgement:
    """The gravest of what the causes call for.

    Parameters
    ----------
    seen
        The numbers.
    settings
        Thresholds.
    """
    found = [_aware(cause, seen) for cause in (*seen.feed, *_of_fit(seen, settings), *_of_drift(seen, settings))]
    order = list(Verdict)
    causes = tuple(sorted(found, key=lambda cause: -order.index(cause.verdict)))
    return Judgement(causes[0].verdict if causes else Verdict.KEEP, causes)


def _aware(cause: Cause, seen: Seen) -> Cause:
    """A model that was fitted since knows what has changed."""
    is_before = cause.since is not None and seen.fitted_as_of is not None and cause.since < seen.fitted_as_of
    return replace(cause, is_known=seen.is_new_model or is_before)


def _of_fit(seen: Seen, settings: MonitorSettings) -> list[Cause]:
    found = []
    if seen.far and _is_much(seen.far[0], seen.smallest_group, settings):
        found.append(_far(*seen.far, seen.smallest_group, settings))
    if seen.silhouettes and _has_fallen(*seen.silhouettes, settings):
        found.append(_less_apart(*seen.silhouettes, settings))
    return found


def _is_much(far: Far, smallest_group: int, settings: MonitorSettings) -> bool:
    """More than the settings allow, and than chance gives."""
    expected = 1 - FAR_LEVEL
    by_chance = expected + _CHANCE_DEVIATIONS * sqrt(expected * FAR_LEVEL / far.customers) if far.customers else 1.0
    return far.far >= smallest_group and far.share > max(settings.largest_far_share, by_chance)


def _far(now: Far, then: Far, smallest_group: int, settings: MonitorSettings) -> Cause:
    usually = max(then.newcomer_share, 1 - FAR_LEVEL)
    is_new_type = now.newcomer_share >= _NEW_TYPE_FACTOR * usually and 2 * now.far_newcomers >= now.far
    told = f"{now.share:.1%} of customers are farther from any centre than 99 % were at the fit"
    are_told = all(part >= smallest_group for far in (now, then) for part in (far.far_newcomers, far.newcomers - far.far_newcomers) if part)
    new = f"; of those who came in the last {settings.newcomer_days} days {now.newcomer_share:.0%}, at the fit {then.newcomer_share:.0%}"
    return Cause(
        Kind.NEW_TYPE if is_new_type else Kind.FAR_CUSTOMERS,
        told + (new if now.newcomers and are_told else ""),
        f"monitor.largest_far_share {settings.largest_far_share:g}",
        "one in a hundred is expected: where there are three, there are customers that no segment describes",
    )


def _has_fallen(now: float, then: float, settings: MonitorSettings) -> bool:
    return then > 0 and 1 - now / then > settings.largest_silhouette_fall


def _less_apart(now: float, then: float, settings: MonitorSettings) -> Cause:
    return Cause(
        Kind.SILHOUETTE,
        f"mean silhouette {now:.3f}, at the fit {then:.3f}",
        f"monitor.largest_silhouette_fall {settings.largest_silhouette_fall:g}",
        "other customers of the same kind change it by a hundredth part or two: segments run into each other",
    )


def _of_drift(seen: Seen, settings: MonitorSettings) -> list[Cause]:
    """Drift since the fit, or since the run before; what the same season had as well passes with it."""
    reference = next((name for name in (FIT, LAST) if name in (seen.drifts or {})), None)
    if seen.drifts is None or reference is None:
        return []
    held_against = {(one.segment, one.feature): one for one in seen.drifts.get(SEASON, ())}
    moved = [one for one in seen.drifts[reference] if one.feature in seen.used and one.verdict(settings.largest_psi) == MAJOR]
    lasting = [one for one in moved if not _is_of_season(one, held_against.get((one.segment, one.feature)), settings)]
    overall = [one for one in lasting if one.segment is None]
    drifted = {one.segment for one in lasting if one.segment is not None}
    sizes = seen.sizes or {}
    share = sum(sizes.get(segment, 0) for segment in drifted if segment) / (sum(sizes.values()) or 1)
    told = [_drifted(overall, lasting, share, reference, settings)] if overall or share > settings.largest_drifted_share else []
    passing = [one for one in moved if one not in lasting and one.segment is None]
    return told + ([_seasonal(passing, settings)] if passing else [])


def _is_of_season(drift: Drift, season: Drift | None, settings: MonitorSettings) -> bool:
    return season is not None and season.verdict(settings.largest_psi) != MAJOR


def _drifted(overall: Sequence[Drift], lasting: Sequence[Drift], share: float, reference: str, settings: MonitorSettings) -> Cause:
    told = ", ".join(f"{one.feature} {one.psi:.2f}" for one in sorted(overall or lasting, key=lambda one: -one.psi)[:5])
    of_all = "" if overall else f" in segments of {share:.0%} of customers"
    return Cause(
        Kind.DRIFT,
        f"population stability index against the {_NAMES[reference]}{of_all}: {told}",
        f"monitor.largest_psi {settings.largest_psi:g}, and chance; monitor.largest_drifted_share {settings.largest_drifted_share:g}",
        "by convention a major shift: the model's scales and centres are of other customers",
    )


def _seasonal(passing: Sequence[Drift], settings: MonitorSettings) -> Cause:
    return Cause(
        Kind.SEASON,
        f"{', '.join(one.feature for one in passing)}: moved, and to where the same season's run had them",
        f"monitor.largest_psi {settings.largest_psi:g}",
        "customers are as they were a year before at this time",
    )


_NAMES = {LAST: "run before", SEASON: "same season's run", FIT: "run that fitted the model"}
