"""Suppression of small groups in the tables of the backtest."""

from collections.abc import Sequence

import numpy as np

from segmentation.privacy.cell_suppression import suppressed_in_grid
from segmentation.privacy.suppression import Row, Rows, reveals_small_group, with_nulls

_REPURCHASE = "repurchase"


def suppress_backtest(metrics: Sequence[Row], groups: Sequence[Row], min_group_size: int) -> tuple[Rows, Rows]:
    """Rows of both tables without small groups of customers, or of those among them who bought again or did not."""
    repurchase = [row for row in groups if row["outcome"] == _REPURCHASE]
    is_size_suppressed: dict[tuple[str, int], bool] = {}
    is_mean_suppressed: dict[tuple[str, int], bool] = {}
    for grouping in dict.fromkeys(row["grouping"] for row in repurchase):
        rows = [row for row in repurchase if row["grouping"] == grouping]
        buyers = np.array([_buyers(row) for row in rows], dtype=np.int64)
        sizes = np.array([row["customers"] for row in rows], dtype=np.int64)
        suppressed = suppressed_in_grid(np.stack([buyers, sizes - buyers], axis=1), min_group_size)
        keys = [(grouping, row["group_id"]) for row in rows]
        is_size_suppressed |= dict(zip(keys, suppressed.rows, strict=True))
        is_mean_suppressed |= dict(zip(keys, map(any, suppressed.cells), strict=True))
    all_buyers = next(_buyers(row) for row in metrics if row["outcome"] == _REPURCHASE)
    means = ["mean"] if reveals_small_group(all_buyers, metrics[0]["customers"], min_group_size) else []
    keys = [(row["grouping"], row["group_id"]) for row in groups]
    suppressed_groups = [_group_row(row, is_size_suppressed[key], is_mean_suppressed[key]) for key, row in zip(keys, groups, strict=True)]
    return [with_nulls(row, means) for row in metrics], suppressed_groups


def _buyers(row: Row) -> int:
    buyers: int = round(row["mean"] * row["customers"])
    return buyers


def _group_row(row: Row, is_size_suppressed: bool, is_mean_suppressed: bool) -> dict[str, object]:
    sizes = ["customers", "customer_share"] if is_size_suppressed else []
    return with_nulls(row, sizes + (["mean", "lift"] if is_size_suppressed or is_mean_suppressed else []))
