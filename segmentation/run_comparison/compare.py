"""Comparison of two runs: data, settings, versions, segments and customers, with the causes of moves."""

from collections.abc import Iterator, Mapping, Sequence
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
from segmentation.fitted.model import SegmentModel, load_model
from segmentation.privacy.cell_suppression import suppressed_in_grid
from segmentation.privacy.suppression import contingency_table, suppress_together, with_nulls
from segmentation.publish.run import Run
from segmentation.publish.run_state import RunState, state_of
from segmentation.publish.seal import load_sealed_manifest
from segmentation.run_comparison.attribution import STEPS, attribute_moves, customers_by_cause, n_stayed
from segmentation.schemas import CUSTOMER_ID, MONETARY_NET, RECENCY_DAYS, SEGMENT_ID, SEGMENT_NAME, TENURE_DAYS, Record, Records
from segmentation.session import required_conf


def suppress_moves(rows: Sequence[Record], min_group_size: int) -> Records:
    """Moves by cause without small groups; how many customers moved between two segments in all is published elsewhere."""
    if min_group_size == 1 or not rows:
        return [dict(row) for row in rows]
    counts, cells = contingency_table(rows, ["before", "after"], ["cause"])
    suppressed = suppressed_in_grid(counts, min_group_size, row_totals_are_known=True).cells
    # The published part of a total would reveal the spend of the rest.
    spend = ("revenue_net",) if suppressed.any() else ()
    return [with_nulls(row, ("customers", *spend) if suppressed[cell] else spend) for cell, row in zip(cells, rows, strict=True)]


@dataclass(frozen=True)
class RunDifferences:
    """Differences between two runs, the earlier first in each pair; equal values are left out."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    # By name, before and after; a setting by its dotted key.
    data: Mapping[str, tuple[Any, Any]]
    versions: Mapping[str, tuple[Any, Any]]
    settings: Mapping[str, tuple[Any, Any]]
    # By id, name and customers before and after; None where there is no such segment.
    segments: Mapping[int, tuple[tuple[str, int] | None, tuple[str, int] | None]]
    # Numbers of customers who stayed, moved for each cause, came and left; None where suppressed.
    customers: Mapping[str, int | None]
    # A row for each pair of segments and cause, with `customers` and `revenue_net`; small groups are suppressed.
    moves: tuple[Mapping[str, Any], ...]
    # Features of the earlier model that the later run lacks; they count as 0 in telling BEHAVIOUR from MODEL.
    missing_features: tuple[str, ...]


def compare_runs(spark: SparkSession, root: str, before_id: str, after_id: str) -> RunDifferences:
    """Compare two complete runs, whether they passed their audit or not, and attribute customers' moves to causes.

    Parameters
    ----------
    spark
        The session.
    root
        The output root.
    before_id, after_id
        The earlier run and the later one.

    Raises
    ------
    InputError
        There is no such run, the first describes a later day than the second, or their customers have different pseudonyms.
    IntegrityError
        The files of a model are not as sealed.
    """
    runs = (_complete_run(root, before_id), _complete_run(root, after_id))
    before, after = (load_sealed_manifest(run) for run in runs)
    _check_comparable(before, after)
    with required_conf(spark), ExitStack() as caches:
        members = [_members(spark, run) for run in runs]
        models = [load_model(run) for run in runs]
        days = (date.fromisoformat(after["as_of"]) - date.fromisoformat(before["as_of"])).days
        moves = attribute_moves(cached(_with_steps(spark, runs, models, days), caches))
        counts = [frame.count() for frame in members]
    min_group_size = after["settings"]["privacy"]["min_group_size"]
    n_both = sum(group.customers for group in moves)
    customers = {"stayed": n_stayed(moves), **customers_by_cause(moves), "came": counts[1] - n_both, "left": counts[0] - n_both}
    missing = models[0].missing_features(storage.read_table(spark, runs[1].path("customer_features")).columns)
    return RunDifferences(
        before=before,
        after=after,
        data=_differences(_data(before), _data(after)),
        versions=_differences(before["software"], after["software"]),
        settings=_differences(dict(_flat(before["settings"])), dict(_flat(after["settings"]))),
        segments=_segments(before, after),
        customers=suppress_together(customers, min_group_size),
        moves=tuple(suppress_moves([asdict(group) for group in moves], min_group_size)),
        missing_features=tuple(missing),
    )


def _complete_run(root: str, run_id: str) -> Run:
    run = Run(root, run_id)
    if state_of(run) not in (RunState.PUBLISHED, RunState.COMPLETE, RunState.AUDIT_FAILED):
        raise InputError(f"{run.path()}: not a complete run. `segmentation runs` lists all runs")
    return run


def _check_comparable(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    days = before["as_of"], after["as_of"]
    if days[0] > days[1]:
        raise InputError(f"run {before['run_id']} is of {days[0]}, run {after['run_id']} of the earlier {days[1]}: name the earlier first")
    keys = [(manifest.get("pseudonyms") or {}).get("key_id") for manifest in (before, after)]
    if keys[0] != keys[1]:
        raise InputError("the two runs have different pseudonyms (privacy.pseudonyms), so that their customers cannot be matched")


def _members(spark: SparkSession, run: Run) -> DataFrame:
    return storage.read_table(spark, run.path("customer_segments")).select(CUSTOMER_ID, SEGMENT_ID)


def _with_steps(spark: SparkSession, runs: tuple[Run, Run], models: list[SegmentModel], days: int) -> DataFrame:
    """Customers of both runs, with their segments in all STEPS."""
    before, after = (storage.read_table(spark, run.path("customer_features")) for run in runs)
    first, last = models
    # Without an order, only these features of a customer change.
    aged = {name: F.col(name) + days for name in (RECENCY_DAYS, TENURE_DAYS) if name in before.columns}
    missing = {name: F.lit(0.0) for name in first.missing_features(after.columns)}
    frames = (
        _members(spark, runs[0]),
        first.assigned(before),
        first.assigned(before.withColumns(aged) if aged else before),
        first.assigned(after.withColumns(missing) if missing else after),
        last.assigned(after),
        _members(spark, runs[1]),
    )
    steps = [frame.select(CUSTOMER_ID, F.col(SEGMENT_ID).alias(step)) for step, frame in zip(STEPS, frames, strict=True)]
    spend = [after.select(CUSTOMER_ID, MONETARY_NET)] if MONETARY_NET in after.columns else []
    return reduce(lambda joined, frame: joined.join(frame, CUSTOMER_ID), [*steps, *spend])


def _data(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Input and totals of a run, with the counts of its first stages."""
    stages = {stage["stage"]: stage["counts"] for stage in manifest["stages"]}
    counts = {f"{stage} {name}": stages[stage][name] for stage in ("read", "orders") if stage in stages for name in stages[stage]}
    return {"as_of": manifest["as_of"], **(manifest["input"] or {}), **counts, **manifest["totals"]}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = dict.fromkeys([*before, *after])
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _segments(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[int, tuple[Any, Any]]:
    old, new = ({s[SEGMENT_ID]: (s[SEGMENT_NAME], s["customers"]) for s in manifest["segments"]} for manifest in (before, after))
    return {segment: (old.get(segment), new.get(segment)) for segment in sorted(old.keys() | new.keys())}
