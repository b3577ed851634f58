"""Tables of customers counted two ways at once, less what tells of small groups."""

from collections.abc import Mapping, Sequence

import numpy as np

from segmentation.privacy.figures import Row, Rows, quantile_told, without
from segmentation.privacy.suppression import hidden_in_grid, is_small
from segmentation.schemas import RFM_SEGMENT, SEGMENT_ID

_SHOWN_OF_CHOICE = ("customers", "customer_share", "lift", "lift_low", "rank")


def rfm_told(baseline: Sequence[Row], overlap: Sequence[Row], smallest_group: int) -> tuple[Rows, Rows]:
    """Rows of rfm_baseline and of rfm_overlap without small groups; sizes of our own segments stand elsewhere.

    Parameters
    ----------
    baseline, overlap
        As counted.
    smallest_group
        No count that is told is of fewer customers, nor does any subtraction give one.
    """
    segments, names = sorted({row[SEGMENT_ID] for row in overlap}), [row[RFM_SEGMENT] for row in baseline]
    counted = {(row[SEGMENT_ID], row[RFM_SEGMENT]): row["customers"] for row in overlap}
    counts = np.array([[counted.get((segment, name), 0) for name in names] for segment in segments], dtype=np.int64)
    hidden = hidden_in_grid(counts, smallest_group, rows_are_told=True)
    told = [_rfm_row(row, bool(kept), smallest_group) for row, kept in zip(baseline, hidden.columns, strict=True)]
    cells = [
        {SEGMENT_ID: segment, RFM_SEGMENT: name, "customers": None if hidden.cells[row, column] else int(counts[row, column])}
        for row, segment in enumerate(segments)
        for column, name in enumerate(names)
        if counts[row, column] or hidden.cells[row, column]
    ]
    return told, cells


def _rfm_row(row: Row, is_hidden: bool, smallest_group: int) -> dict[str, object]:
    if is_hidden:
        return without(row, [name for name in row if name != RFM_SEGMENT])
    medians = {name: quantile_told(row[name], 0.5, row["customers"], smallest_group) for name in row if name.endswith("_median")}
    return {**row, **medians}


def choices_told(rows: Sequence[Row], customers: Mapping[int, int], smallest_group: int) -> Rows:
    """Rows of segment_products or segment_categories without small groups of buyers, or of those who did not buy.

    A lift gives the totals of its row and column back, so that these count as told. What is typical is kept back last.

    Parameters
    ----------
    rows
        The same things in the same order for every segment.
    customers
        Of each segment, looked at.
    smallest_group
        No count that is told is of fewer customers, nor does any subtraction give one.
    """
    if not rows:
        return []
    shape = (len(customers), len(rows) // len(customers))
    counts = np.array([row["customers"] for row in rows], dtype=np.int64).reshape(shape)
    rest = np.array([customers[row[SEGMENT_ID]] for row in rows], dtype=np.int64).reshape(shape) - counts
    late = np.array([row["rank"] is not None for row in rows]).reshape(shape)
    hidden = hidden_in_grid(counts, smallest_group, is_small(rest, smallest_group), late).cells.ravel()
    return [without(row, _SHOWN_OF_CHOICE) if kept else dict(row) for row, kept in zip(rows, hidden, strict=True)]


def outcomes_told(whole: Sequence[Row], groups: Sequence[Row], smallest_group: int) -> tuple[Rows, Rows]:
    """Rows of usefulness and of usefulness_segments without small groups, of customers or of those among them who bought again or not.

    Parameters
    ----------
    whole, groups
        As counted.
    smallest_group
        No count that is told is of fewer customers, nor does any subtraction give one.
    """
    again = [row for row in groups if row["outcome"] == "repurchase"]
    hidden: dict[tuple[str, int], bool] = {}
    quiet: dict[tuple[str, int], bool] = {}
    for grouping in dict.fromkeys(row["grouping"] for row in again):
        mine = [row for row in again if row["grouping"] == grouping]
        buyers = np.array([round(row["mean"] * row["customers"]) for row in mine], dtype=np.int64)
        sizes = np.array([row["customers"] for row in mine], dtype=np.int64)
        found = hidden_in_grid(np.stack([buyers, sizes - buyers], axis=1), smallest_group)
        keys = [(grouping, row["group_id"]) for row in mine]
        hidden |= dict(zip(keys, found.rows, strict=True))
        quiet |= dict(zip(keys, map(any, found.cells), strict=True))
    all_again = next(round(row["mean"] * row["customers"]) for row in whole if row["outcome"] == "repurchase")
    few = bool(is_small(all_again, smallest_group) or is_small(whole[0]["customers"] - all_again, smallest_group))
    told = [_outcome(row, hidden[row["grouping"], row["group_id"]], quiet[row["grouping"], row["group_id"]]) for row in groups]
    return [without(row, ["mean"]) if few else dict(row) for row in whole], told


def _outcome(row: Row, is_hidden: bool, is_quiet: bool) -> dict[str, object]:
    sizes = ["customers", "customer_share"] if is_hidden else []
    return without(row, sizes + (["mean", "lift"] if is_hidden or is_quiet else []))
