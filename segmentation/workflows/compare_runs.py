"""Two runs side by side: data, settings, versions, segments, and people, with the reasons why they moved."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import cached
from segmentation.errors import InputError
from segmentation.monitor.attribution import STEPS, by_cause, moves, stayed
from segmentation.privacy.moves import movement_told, moves_told
from segmentation.publish.integrity import sealed_manifest
from segmentation.publish.run import Run
from segmentation.publish.states import State, state_of
from segmentation.schemas import CUSTOMER_ID, MONETARY_NET, RECENCY_DAYS, SEGMENT_ID, SEGMENT_NAME, TENURE_DAYS
from segmentation.session import settled
from segmentation.workflows.models import Model, model_of


@dataclass(frozen=True)
class Differences:
    """What two runs differ in, the earlier first in each pair; equal things are left out.

    Parameters
    ----------
    before, after
        Their manifests.
    data, versions, settings
        By name, then and now; a setting by its dotted key.
    segments
        By id, name and customers then and now; None where there is no such segment.
    people
        How many stayed, moved for each cause, came and left; None where that would tell of few.
    moves
        Who went from where to where and why, as told: a row for each pair of segments and cause, `customers` and `revenue_net`.
    lacking
        Features of the earlier model that the later run does not have, and that count as 0 in telling behaviour from model.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    data: Mapping[str, tuple[Any, Any]]
    versions: Mapping[str, tuple[Any, Any]]
    settings: Mapping[str, tuple[Any, Any]]
    segments: Mapping[int, tuple[tuple[str, int] | None, tuple[str, int] | None]]
    people: Mapping[str, int | None]
    moves: tuple[Mapping[str, Any], ...]
    lacking: tuple[str, ...]


def compare_runs(spark: SparkSession, root: str, before_id: str, after_id: str) -> Differences:
    """What changed from one run to another, and why customers moved.

    Parameters
    ----------
    spark
        The session.
    root
        The output root.
    before_id, after_id
        The earlier run and the later one, both complete, held back or not.

    Raises
    ------
    InputError
        There is no such run, the first describes a later day than the second, or their customers go by different names.
    IntegrityError
        The files of a model are not as they were sealed.
    """
    runs = (_complete(root, before_id), _complete(root, after_id))
    before, after = (sealed_manifest(run) for run in runs)
    _check(before, after)
    with settled(spark), ExitStack() as kept:
        members = [_members(spark, run) for run in runs]
        models = [model_of(run) for run in runs]
        ways = _ways(spark, runs, models, (date.fromisoformat(after["as_of"]) - date.fromisoformat(before["as_of"])).days)
        found = moves(cached(ways, kept))
        counts = [frame.count() for frame in members]
    few = after["settings"]["privacy"]["smallest_group"]
    both = sum(moved.customers for moved in found)
    people = {"stayed": stayed(found), **by_cause(found), "came": counts[1] - both, "left": counts[0] - both}
    lacking = models[0].lacking(storage.read_table(spark, runs[1].path("customer_features")).columns)
    return Differences(
        before=before,
        after=after,
        data=_differing(_data(before), _data(after)),
        versions=_differing(before["software"], after["software"]),
        settings=_differing(dict(_flat(before["settings"])), dict(_flat(after["settings"]))),
        segments=_segments(before, after),
        people=movement_told(people, few),
        moves=tuple(moves_told([asdict(moved) for moved in found], few)),
        lacking=tuple(lacking),
    )


def _complete(root: str, run_id: str) -> Run:
    run = Run(root, run_id)
    if state_of(run) not in (State.PUBLISHED, State.COMPLETE, State.HELD_BACK):
        raise InputError(f"{run.path()}: no completed run. `segmentation runs` lists those there are")
    return run


def _check(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    days = before["as_of"], after["as_of"]
    if days[0] > days[1]:
        raise InputError(f"run {before['run_id']} is of {days[0]}, run {after['run_id']} of the earlier {days[1]}: name the earlier first")
    keys = [(manifest.get("pseudonyms") or {}).get("key_id") for manifest in (before, after)]
    if keys[0] != keys[1]:
        raise InputError("the two runs call customers differently (privacy.pseudonyms): nobody can be found again")


def _members(spark: SparkSession, run: Run) -> DataFrame:
    return storage.read_table(spark, run.path("customer_segments")).select(CUSTOMER_ID, SEGMENT_ID)


def _ways(spark: SparkSession, runs: tuple[Run, Run], models: list[Model], days: int) -> DataFrame:
    """Who is in both runs, in the segments of every step between them."""
    then, now = (storage.read_table(spark, run.path("customer_features")) for run in runs)
    first, last = models
    # Without an order nothing about a customer changes but the days that have gone by.
    aged = {name: F.col(name) + days for name in (RECENCY_DAYS, TENURE_DAYS) if name in then.columns}
    lacking = {name: F.lit(0.0) for name in first.lacking(now.columns)}
    frames = (
        _members(spark, runs[0]),
        first.assigned(then),
        first.assigned(then.withColumns(aged) if aged else then),
        first.assigned(now.withColumns(lacking) if lacking else now),
        last.assigned(now),
        _members(spark, runs[1]),
    )
    named = [frame.select(CUSTOMER_ID, F.col(SEGMENT_ID).alias(step)) for step, frame in zip(STEPS, frames, strict=True)]
    spend = [now.select(CUSTOMER_ID, MONETARY_NET)] if MONETARY_NET in now.columns else []
    return reduce(lambda joined, frame: joined.join(frame, CUSTOMER_ID), [*named, *spend])


def _data(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a run read and what came of it."""
    stages = {stage["stage"]: stage["counts"] for stage in manifest["stages"]}
    counts = {f"{stage} {name}": stages[stage][name] for stage in ("read", "orders") if stage in stages for name in stages[stage]}
    return {"as_of": manifest["as_of"], **(manifest["input"] or {}), **counts, **manifest["totals"]}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = dict.fromkeys([*before, *after])
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _segments(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[int, tuple[Any, Any]]:
    then, now = ({s[SEGMENT_ID]: (s[SEGMENT_NAME], s["customers"]) for s in manifest["segments"]} for manifest in (before, after))
    return {segment: (then.get(segment), now.get(segment)) for segment in sorted(then.keys() | now.keys())}
