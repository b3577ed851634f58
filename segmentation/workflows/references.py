"""Runs that another is held against: the one before, that of the same season of the year before, and the one that fitted its model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from segmentation.context import RunContext
from segmentation.errors import IntegrityError
from segmentation.features.preparation import PreparedFeature
from segmentation.monitor.verdict import FIT, LAST, SEASON
from segmentation.publish.integrity import sealed_manifest
from segmentation.publish.publications import acts, history
from segmentation.publish.run import Run, published
from segmentation.publish.successors import first_id, present_id

_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Known:
    """A run and what it tells of itself, as far as it is known while it is under way.

    Parameters
    ----------
    run
        Itself.
    as_of
        The day its customers are described as of.
    started_at
        When it began (UTC).
    model_run_id
        The run that fitted its model.
    used
        Features that customers are compared by.
    has_fixed_as_of
        Whether the settings name the day; else it follows the last line.
    """

    run: Run
    as_of: date
    started_at: datetime
    model_run_id: str
    used: tuple[str, ...] = ()
    has_fixed_as_of: bool = False

    @property
    def is_new_model(self) -> bool:
        """Whether it fitted its model itself."""
        return first_id(self.model_run_id) == first_id(self.run.run_id)


def known(run: Run, manifest: Mapping[str, Any]) -> Known:
    """A run by its manifest; one of a version that did not score has fitted its own model."""
    features = (feature for feature in manifest["features"] if not feature["constant"] and feature["weight"] > 0)
    return Known(
        run=run,
        as_of=date.fromisoformat(manifest["as_of"]),
        started_at=datetime.fromisoformat(manifest["started_at"]),
        model_run_id=(manifest.get("model") or {}).get("run_id", run.run_id),
        used=tuple(feature["feature"] for feature in features),
        has_fixed_as_of=manifest["settings"]["features"]["as_of"] is not None,
    )


def under_way(context: RunContext, as_of: date, model_run_id: str | None, prepared: Sequence[PreparedFeature]) -> Known:
    """A run that has no manifest yet.

    Parameters
    ----------
    context
        The run.
    as_of
        The day its customers are described as of.
    model_run_id
        The run that fitted its model; None where it did so itself.
    prepared
        What was learnt about each feature.
    """
    used = tuple(one.feature.name for one in prepared if not one.is_constant and one.feature.settings.weight > 0)
    return Known(
        context.run, as_of, context.started_at, model_run_id or context.run.run_id, used, context.settings.features.as_of is not None
    )


def references_of(now: Known, tolerance_days: int) -> dict[str, Known]:
    """The runs there are to hold a run against, by `last`, `season` and `fit`; the last only where it is neither the run itself nor `last`.

    Parameters
    ----------
    now
        The run looked at; it may be under way.
    tolerance_days
        How far the same season's as_of may lie from a year before.
    """
    earlier = _published_before(now.run)
    last = _last(now.run, earlier)
    found = {LAST: last, SEASON: _same_season(now, earlier, tolerance_days)}
    if not now.is_new_model and (last is None or first_id(last.run.run_id) != first_id(now.model_run_id)):
        found[FIT] = _readable(Run(now.run.root, present_id(now.run.root, now.model_run_id)))
    return {name: reference for name, reference in found.items() if reference}


def _published_before(run: Run) -> list[Known]:
    """Runs that readers were ever pointed at and that began before, the first one first."""
    current = published(run.root)
    ever, _ = history(acts(run.root), current.run_id if current else None)
    before = sorted(one for one in ever if one < first_id(run.run_id))
    return [one for run_id in before if (one := _readable(Run(run.root, present_id(run.root, run_id))))]


def _last(run: Run, earlier: list[Known]) -> Known | None:
    """The run that readers follow, where it began before; else the latest that did."""
    current = published(run.root)
    followed = [one for one in earlier if current and one.run.run_id == current.run_id]
    return next(iter([*followed, *earlier[::-1]]), None)


def _same_season(now: Known, earlier: list[Known], tolerance_days: int) -> Known | None:
    wanted = now.as_of - _YEAR
    near = [one for one in earlier if abs(one.as_of - wanted) <= timedelta(days=tolerance_days)]
    return min(reversed(near), key=lambda one: abs(one.as_of - wanted), default=None)


def _readable(run: Run) -> Known | None:
    try:
        return known(run, sealed_manifest(run))
    except IntegrityError:
        return None
