"""Suppression of small groups in the tables segment_migration and segment_lineage."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.privacy.cell_suppression import is_below_threshold, suppressed_in_grid
from segmentation.privacy.suppression import Row, Rows, contingency_table, with_nulls
from segmentation.schemas import SEGMENT_ID


def suppress_migration(rows: Sequence[Row], min_group_size: int) -> Rows:
    """Rows of segment_migration without small groups; the sizes of segments are published elsewhere.

    So is what the customers of a segment have spent. The spend suppressed of a segment is therefore that of `min_group_size`
    customers at least.
    """
    if min_group_size == 1 or not rows:
        return [dict(row) for row in rows]
    counts, cells = contingency_table(rows, ["from_segment_id"], [SEGMENT_ID])
    suppressed = suppressed_in_grid(counts, min_group_size, row_totals_are_known=True).cells
    without_spend = _without_spend(counts, suppressed, min_group_size)
    return [_migration_row(row, bool(suppressed[cell]), bool(without_spend[cell])) for cell, row in zip(cells, rows, strict=True)]


def _without_spend(counts: NDArray[np.int64], suppressed: NDArray[np.bool_], min_group_size: int) -> NDArray[np.bool_]:
    """Cells whose spend is suppressed: those suppressed, and the smallest others of a column where these hold too few customers."""
    without_spend = suppressed.copy()
    for column in range(counts.shape[1]):
        for row in np.argsort(counts[:, column], kind="stable"):
            customers = int(counts[without_spend[:, column], column].sum())
            if 0 < customers < min_group_size and counts[row, column]:
                without_spend[row, column] = True
    return without_spend


def _migration_row(row: Row, is_suppressed: bool, is_spend_suppressed: bool) -> dict[str, object]:
    counts = ("customers", "from_share") if is_suppressed else ()
    return with_nulls(row, [*counts, *(("revenue_net",) if is_spend_suppressed else ())])


def suppress_lineage(rows: Sequence[Row], min_group_size: int) -> Rows:
    """Rows of segment_lineage without counts and shares of a small group, or of all but a small group."""
    counts = ("customers", "from_share", "to_share")
    return [with_nulls(row, counts if _reveals_small_group(row, min_group_size) else ()) for row in rows]


def _reveals_small_group(row: Row, min_group_size: int) -> bool:
    shares = (row["from_share"], row["to_share"])
    rest = [round(row["customers"] / share) - row["customers"] for share in shares if share]
    return any(is_below_threshold(count, min_group_size) for count in (row["customers"], *rest))


def suppress_churn(churn: Mapping[str, Any] | None, min_group_size: int) -> Mapping[str, Any] | None:
    """Churn statistics (`ChurnStats`), or None where one of their counts is of a small group."""
    if churn is None:
        return None
    counts = (churn["moved"], churn["moved_to_nearest"], churn["moved_to_nearest"] - churn["moved"])
    return None if any(is_below_threshold(count, min_group_size) for count in counts) else churn
