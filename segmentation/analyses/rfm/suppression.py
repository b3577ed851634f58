"""Suppression of small groups in the tables rfm_baseline and rfm_overlap."""

from collections.abc import Sequence

import numpy as np

from segmentation.privacy.cell_suppression import suppressed_in_grid
from segmentation.privacy.suppression import Row, Rows, publishable_quantile, with_nulls
from segmentation.schemas import RFM_SEGMENT, SEGMENT_ID


def suppress_rfm(baseline: Sequence[Row], overlap: Sequence[Row], min_group_size: int) -> tuple[Rows, Rows]:
    """Rows of rfm_baseline and of rfm_overlap without small groups; the sizes of our own segments are published elsewhere."""
    segments, names = sorted({row[SEGMENT_ID] for row in overlap}), [row[RFM_SEGMENT] for row in baseline]
    customers = {(row[SEGMENT_ID], row[RFM_SEGMENT]): row["customers"] for row in overlap}
    counts = np.array([[customers.get((segment, name), 0) for name in names] for segment in segments], dtype=np.int64)
    suppressed = suppressed_in_grid(counts, min_group_size, row_totals_are_known=True)
    segment_rows = [_baseline_row(row, bool(cell), min_group_size) for row, cell in zip(baseline, suppressed.columns, strict=True)]
    cells = [
        {SEGMENT_ID: segment, RFM_SEGMENT: name, "customers": None if suppressed.cells[row, column] else int(counts[row, column])}
        for row, segment in enumerate(segments)
        for column, name in enumerate(names)
        if counts[row, column] or suppressed.cells[row, column]
    ]
    return segment_rows, cells


def _baseline_row(row: Row, is_suppressed: bool, min_group_size: int) -> dict[str, object]:
    if is_suppressed:
        return with_nulls(row, [name for name in row if name != RFM_SEGMENT])
    medians = {name: publishable_quantile(row[name], 0.5, row["customers"], min_group_size) for name in row if name.endswith("_median")}
    return {**row, **medians}
