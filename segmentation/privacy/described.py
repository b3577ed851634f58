"""Tables that describe segments and the run, less what tells of small groups."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.privacy.figures import Row, Rows, quantile_told, tells_of_few, without
from segmentation.privacy.suppression import hidden_in_grid, hidden_in_line, is_small
from segmentation.schemas import SEGMENT_ID

_LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_MEANS = ("mean", "p10", "p50", "p90", "index", "effect", "effect_low", "effect_high", "rank")
_RULE = ("precision", "recall", "sample_customers")
_ROUNDED = {"mean": 2, "index": 0, "effect": 2, "effect_low": 2, "effect_high": 2}


@dataclass(frozen=True)
class Support:
    """What figures of one feature in one segment rest on: customers with a value, and with one that is not 0."""

    customers: int
    having: int


@dataclass(frozen=True)
class Block:
    """Features whose figures give each other back.

    Parameters
    ----------
    features
        Their names.
    is_share
        Whether who has 0 tells nothing: the mean rests on those who have more.
    is_attribute
        Whether each customer has one of them, or lacks all.
    flag
        The feature that tells who lacks all, where there is one.
    """

    features: tuple[str, ...]
    is_share: bool = False
    is_attribute: bool = False
    flag: str | None = None


@dataclass(frozen=True)
class Quiet:
    """Segment and feature of the figures that are kept back, and of those that are told in round numbers."""

    hidden: frozenset[tuple[int, str]] = frozenset()
    rounded: frozenset[tuple[int, str]] = frozenset()


def quiet_figures(
    sizes: Mapping[int, int], supports: Mapping[tuple[int, str], Support], blocks: Sequence[Block], smallest_group: int
) -> Quiet:
    """Which figures of segments rest on small groups, and which others would give these back.

    Parameters
    ----------
    sizes
        Customers of each segment.
    supports
        By segment and feature.
    blocks
        Every feature in one of them.
    smallest_group
        No figure that is told rests on fewer.
    """
    hidden: set[tuple[int, str]] = set()
    rounded: set[tuple[int, str]] = set()
    for block in blocks:
        if block.is_attribute:
            levels, lacking = _of_attribute(sizes, supports, block, smallest_group)
            hidden |= levels | {(segment, block.flag) for segment in lacking if block.flag}
            # A share to its last digit tells how many it is a share of.
            rounded |= {(segment, feature) for segment in lacking for feature in block.features}
        else:
            hidden |= _of_shares(sizes, supports, block, smallest_group)
    return Quiet(frozenset(hidden), frozenset(rounded - hidden))


def _of_shares(
    sizes: Mapping[int, int], supports: Mapping[tuple[int, str], Support], block: Block, smallest_group: int
) -> set[tuple[int, str]]:
    counts = np.array([[_resting(supports[s, f], block) for f in block.features] for s in sizes], dtype=np.int64)
    if len(block.features) > 1:
        cells = hidden_in_grid(counts, smallest_group).cells
    else:
        cells = hidden_in_line(counts[:, 0].tolist(), smallest_group)[:, None]
    return _named(cells, sizes, block.features)


def _resting(support: Support, block: Block) -> int:
    return support.having if block.is_share else support.customers


def _of_attribute(
    sizes: Mapping[int, int], supports: Mapping[tuple[int, str], Support], block: Block, smallest_group: int
) -> tuple[set[tuple[int, str]], set[int]]:
    """The features of an attribute that are kept back, and the segments of which it may not be told how many lack it."""
    first, nominal = block.features[0], len(block.features) > 1
    having = {s: [supports[s, f].having for f in block.features] if block.is_share else [supports[s, first].customers] for s in sizes}
    rest = {s: [] if nominal or not block.is_share else [supports[s, first].customers - having[s][0]] for s in sizes}
    counts = np.array([[*having[s], *rest[s], sizes[s] - supports[s, first].customers] for s in sizes], dtype=np.int64)
    cells = hidden_in_grid(counts, smallest_group, rows_are_told=True).cells
    levels = cells[:, : len(block.features)]
    # Of two levels each tells the other.
    levels = levels | cells[:, [1]] if any(rest.values()) else levels
    return _named(levels, sizes, block.features), {s for s, lacking in zip(sizes, cells[:, -1], strict=True) if lacking}


def _named(cells: np.ndarray, sizes: Collection[int], features: Sequence[str]) -> set[tuple[int, str]]:
    return {(s, f) for s, row in zip(sizes, cells, strict=True) for f, kept in zip(features, row, strict=True) if kept}


def profile_told(rows: Sequence[Row], supports: Mapping[tuple[int, str], Support], quiet: Quiet, smallest_group: int) -> Rows:
    """Rows of segment_profile without what rests on small groups; quantiles where enough customers lie to either side."""
    return [_profile_row(row, supports[row[SEGMENT_ID], row["feature"]].customers, quiet, smallest_group) for row in rows]


def _profile_row(row: Row, customers: int, quiet: Quiet, smallest_group: int) -> dict[str, object]:
    place = row[SEGMENT_ID], row["feature"]
    if place in quiet.hidden:
        return without(row, _MEANS)
    quantiles = {name: quantile_told(row[name], level, customers, smallest_group) for name, level in _LEVELS.items()}
    figures = _ROUNDED if place in quiet.rounded else {}
    return {**row, **quantiles, **{name: round(row[name], places) for name, places in figures.items() if row[name] is not None}}


def summary_told(rows: Sequence[Row], supports: Mapping[tuple[int, str], Support], quiet: Quiet, smallest_group: int) -> Rows:
    """Rows of segment_summary without what rests on small groups; the segments themselves are none."""
    return [_summary_row(row, supports, quiet, smallest_group) for row in rows]


def _summary_row(row: Row, supports: Mapping[tuple[int, str], Support], quiet: Quiet, smallest_group: int) -> dict[str, object]:
    segment, customers = row[SEGMENT_ID], row["customers"]
    told = {
        f"silhouette_{name}": quantile_told(row[f"silhouette_{name}"], level, customers, smallest_group) for name, level in _LEVELS.items()
    }
    if tells_of_few(row["border_customers"], customers, smallest_group):
        told |= dict.fromkeys(("border_customers", "border_share"))
    if tells_of_few(round(row["silhouette_below_0_share"] * customers), customers, smallest_group):
        told["silhouette_below_0_share"] = None
    for feature in (feature for of, feature in supports if of == segment and f"{feature}_mean" in row):
        mean, median = row[f"{feature}_mean"], row[f"{feature}_median"]
        told[f"{feature}_median"] = quantile_told(median, 0.5, supports[segment, feature].customers, smallest_group)
        if (segment, feature) in quiet.hidden:
            told |= dict.fromkeys((f"{feature}_mean", f"{feature}_median"))
        elif (segment, feature) in quiet.rounded and mean is not None:
            told[f"{feature}_mean"] = round(mean, _ROUNDED["mean"])
    return {**row, **told}


def rules_told(rows: Sequence[Row], sample: int, smallest_group: int) -> Rows:
    """Rows of segment_rules without figures where few of a segment meet the conditions or don't, or few of the others.

    Parameters
    ----------
    rows
        As measured.
    sample
        Customers they were measured on.
    smallest_group
        No figure that is told rests on fewer.
    """
    return [without(row, _RULE) if _rests_on_few(row, sample, smallest_group) else dict(row) for row in rows]


def _rests_on_few(row: Row, sample: int, smallest_group: int) -> bool:
    right = round(row["precision"] * row["sample_customers"])
    own = round(right / row["recall"]) if right else 0
    wrong = row["sample_customers"] - right
    return bool(is_small(np.array([right, wrong, own - right, sample - own - wrong]), smallest_group).any())


def selection_told(rows: Sequence[Row], sample: int, smallest_group: int) -> Rows:
    """Rows of k_selection without the size of a smallest segment that is a small group."""
    return [without(row, ["smallest_share"]) if _has_few(row["smallest_share"], sample, smallest_group) else dict(row) for row in rows]


def _has_few(share: float | None, sample: int, smallest_group: int) -> bool:
    """Whether so small a share is few customers; one that is kept back already stays so."""
    return share is not None and bool(is_small(round(share * sample), smallest_group))


def accounting_told(rows: Sequence[Row], smallest_group: int) -> Rows:
    """Rows of accounting without small counts of customers, and of rows that stand for one; lines are told whole.

    How many are segmented stands elsewhere. Where the others that are kept back are no group large enough together, neither is told
    how many there are in all.
    """
    back = _customers_back([row for row in rows if row["subject"] == "customers"], smallest_group)
    if any(is_small(row["count"], smallest_group) for row in rows if row["subject"] != "lines"):
        back += [row for row in rows if row["subject"] == "attribute_rows" and _is_back(row, smallest_group)]
    return [without(row, ["count", "count_any"]) if row in back else dict(row) for row in rows]


def _customers_back(rows: Sequence[Row], smallest_group: int) -> list[Row]:
    reasons, whole = ([row for row in rows if row["outcome"] == outcome] for outcome in ("unsegmented", "seen"))
    if not reasons:
        return []
    hidden = hidden_in_line([row["count"] for row in reasons], smallest_group)
    back = [row for row, kept in zip(reasons, hidden, strict=True) if kept]
    spare = sum(row["count"] - 1 for row in back)
    return back if len(back) != 1 and (not back or spare >= smallest_group - 2) else back + whole


def _is_back(row: Row, smallest_group: int) -> bool:
    """Rows used follow from the customers that are segmented, and what is left of those read from the rows used."""
    return row["outcome"] in ("read", "used") or bool(is_small(row["count"], smallest_group))


_ROWS = ("rows", "unreadable_rows", "without_id", "duplicates", "customers", "without_row", "unknown", "undescribed")


def attributes_told(facts: Mapping[str, Any], customers: int, smallest_group: int) -> dict[str, Any]:
    """What the manifest tells of the customer table, without small counts of customers or of rows that stand for one.

    Parameters
    ----------
    facts
        As counted.
    customers
        In segments.
    smallest_group
        No count that is told is of fewer, nor does any subtraction give one.
    """
    few = any(is_small(facts[name] or 0, smallest_group) for name in _ROWS)
    columns = {name: _column_told(told, customers, smallest_group) for name, told in facts["columns"].items()}
    return {**(without(facts, _ROWS) if few else facts), "columns": columns}


def _column_told(told: Mapping[str, Any], customers: int, smallest_group: int) -> dict[str, Any]:
    few = [name for name in ("missing", "unreadable") if tells_of_few(told[name], customers, smallest_group)]
    return without(told, few)


def comparison_told(rows: Sequence[Row], sample: int, smallest_group: int) -> Rows:
    """Rows of the table algorithms without the size of a cluster, or of what no cluster holds, that is a small group.

    Parameters
    ----------
    rows
        As measured.
    sample
        Customers they were measured on.
    smallest_group
        No share that is told is of fewer customers.
    """
    shares = ("smallest_share", "noise_share")
    return [
        without(row, [name for name in shares if row[name] is not None and tells_of_few(round(row[name] * sample), sample, smallest_group)])
        for row in rows
    ]
