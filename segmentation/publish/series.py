"""A run beside the one published before it: what changes from one night to the next, and what rather tells of a fault."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from segmentation.errors import IntegrityError
from segmentation.publish.integrity import sealed_manifest
from segmentation.publish.run import Run, published
from segmentation.publish.successors import run_ids
from segmentation.settings.publish import PublishSettings


def last_manifest(root: str) -> dict[str, Any] | None:
    """Manifest of the published run; None where there is none, or none that can be relied on."""
    run = published(root)
    try:
        return sealed_manifest(run) if run else None
    except IntegrityError:
        return None


def last_segment_id(root: str) -> int:
    """The highest id that a segment of any run has ever had, published or not; 0 before the first."""
    return max((_highest_id(Run(root, run_id)) for run_id in run_ids(root)), default=0)


def _highest_id(run: Run) -> int:
    try:
        manifest = sealed_manifest(run)
    except IntegrityError:
        return 0
    given = [segment["segment_id"] for segment in manifest.get("segments", ())]
    return int(max([(manifest.get("identity") or {}).get("last_segment_id", 0), *given]))


def totals_of(summary: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What all segments come to, for the manifest; `revenue_net` as text, exact, and null without purchases."""
    revenue = [row["revenue_net"] for row in summary if row.get("revenue_net") is not None]
    return {"customers": sum(row["customers"] for row in summary), "revenue_net": str(sum(revenue)) if revenue else None}


def change_faults(now: Mapping[str, Any], last: Mapping[str, Any] | None, settings: PublishSettings) -> list[str]:
    """Changes since the last published run that are larger than the settings allow; none on a first run.

    Parameters
    ----------
    now, last
        `totals` and `segments` as manifests have them.
    settings
        What is allowed.
    """
    if last is None:
        return []
    found = [
        *_moved("customers", (last, now), settings.largest_customer_fall, settings.largest_customer_rise, "customer"),
        *_moved("revenue_net", (last, now), settings.largest_revenue_fall, settings.largest_revenue_rise, "revenue"),
        *_resized(now, last, settings.largest_size_change),
    ]
    return [f"{fault} (against run {last['run_id']})" for fault in found]


def size_change(one: Sequence[int], other: Sequence[int]) -> float:
    """The least share of customers that must have moved for segments of these sizes to become those, whatever segments are called.

    Half the sum of differences between shares, largest segments beside largest: the total variation distance of the sorted sizes.
    """
    shares = [sorted((size / sum(sizes) for size in sizes), reverse=True) for sizes in (one, other)]
    return sum(abs(a - b) for a, b in zip_longest(*shares, fillvalue=0.0)) / 2


def _moved(what: str, runs: tuple[Mapping[str, Any], Mapping[str, Any]], fall: float | None, rise: float | None, key: str) -> Iterator[str]:
    before, after = (_number(run.get("totals", {}).get(what)) for run in runs)
    if before is None or after is None or before <= 0:
        return
    change = float(after / before) - 1
    told = f"{what}: {after:,} after {before:,}, {change:+.1%}"
    if fall is not None and -change > fall:
        yield f"{told}; publish.largest_{key}_fall is {fall:.0%}"
    if rise is not None and change > rise:
        yield f"{told}; publish.largest_{key}_rise is {rise:.0%}"


def _resized(now: Mapping[str, Any], last: Mapping[str, Any], most: float | None) -> Iterator[str]:
    sizes = [[segment["customers"] for segment in run.get("segments", ())] for run in (last, now)]
    if most is None or not all(sum(one) for one in sizes):
        return
    change = size_change(*sizes)
    if change > most:
        before, after = (", ".join(f"{size:,}" for size in sorted(one, reverse=True)) for one in sizes)
        yield f"sizes of segments: {after} after {before}, {change:.1%} moved at least; publish.largest_size_change is {most:.0%}"


def _number(told: Any) -> Decimal | None:
    return None if told is None else Decimal(told)
