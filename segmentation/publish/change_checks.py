"""Checks of a run against the published run before it: changes too large for one night are faults."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from segmentation.settings import PublishSettings


def change_faults(current: Mapping[str, Any], previous: Mapping[str, Any] | None, settings: PublishSettings) -> list[str]:
    """Changes since the last published run that are larger than the settings allow; none on a first run.

    Both have `totals` and `segments` as manifests have them.
    """
    if previous is None:
        return []
    runs = (previous, current)
    faults = [
        *_total_faults("customers", runs, settings.max_customer_drop, settings.max_customer_increase, "customer"),
        *_total_faults("revenue_net", runs, settings.max_revenue_drop, settings.max_revenue_increase, "revenue"),
        *_size_faults(runs, settings.max_size_change),
    ]
    return [f"{fault} (against run {previous['run_id']})" for fault in faults]


def size_change(one: Sequence[int], other: Sequence[int]) -> float:
    """The smallest share of customers that must have moved for segments of one list of sizes to become those of the other.

    Segments are compared by size, whatever their ids: half the sum of differences between sorted shares, which is their total variation
    distance.
    """
    shares = [sorted((size / sum(sizes) for size in sizes), reverse=True) for sizes in (one, other)]
    return sum(abs(a - b) for a, b in zip_longest(*shares, fillvalue=0.0)) / 2


def _total_faults(
    total: str, runs: tuple[Mapping[str, Any], ...], max_drop: float | None, max_increase: float | None, setting: str
) -> Iterator[str]:
    before, after = (_number(run.get("totals", {}).get(total)) for run in runs)
    if before is None or after is None or before <= 0:
        return
    change = float(after / before) - 1
    text = f"{total}: {after:,} after {before:,}, {change:+.1%}"
    if max_drop is not None and -change > max_drop:
        yield f"{text}; publish.max_{setting}_drop is {max_drop:.0%}"
    if max_increase is not None and change > max_increase:
        yield f"{text}; publish.max_{setting}_increase is {max_increase:.0%}"


def _size_faults(runs: tuple[Mapping[str, Any], ...], max_change: float | None) -> Iterator[str]:
    sizes = [[segment["customers"] for segment in run.get("segments", ())] for run in runs]
    if max_change is None or not all(sum(one) for one in sizes):
        return
    change = size_change(*sizes)
    if change > max_change:
        before, after = (", ".join(f"{size:,}" for size in sorted(one, reverse=True)) for one in sizes)
        yield f"sizes of segments: {after} after {before}, {change:.1%} moved at least; publish.max_size_change is {max_change:.0%}"


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
