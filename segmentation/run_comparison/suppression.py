"""Suppression of small groups among customers who moved between two runs."""

from collections.abc import Sequence

from segmentation.privacy.cell_suppression import suppressed_in_grid
from segmentation.privacy.suppression import Row, Rows, contingency_table, with_nulls


def suppress_moves(rows: Sequence[Row], min_group_size: int) -> Rows:
    """Moves by cause without small groups; how many customers moved between two segments in all is published elsewhere."""
    if min_group_size == 1 or not rows:
        return [dict(row) for row in rows]
    counts, cells = contingency_table(rows, ["before", "after"], ["cause"])
    suppressed = suppressed_in_grid(counts, min_group_size, row_totals_are_known=True).cells
    # The published part of a total would reveal the spend of the rest.
    spend = ("revenue_net",) if suppressed.any() else ()
    return [with_nulls(row, ("customers", *spend) if suppressed[cell] else spend) for cell, row in zip(cells, rows, strict=True)]
