"""Suppression of small groups in the table k_selection."""

from collections.abc import Sequence

from segmentation.privacy.cell_suppression import is_below_threshold
from segmentation.privacy.suppression import Row, Rows, with_nulls


def suppress_k_selection(rows: Sequence[Row], sample_size: int, min_group_size: int) -> Rows:
    """Rows of k_selection without the share of a smallest segment of too few customers, out of `sample_size`."""

    def is_small(share: float | None) -> bool:
        return share is not None and bool(is_below_threshold(round(share * sample_size), min_group_size))

    return [with_nulls(row, ["min_segment_share"]) if is_small(row["min_segment_share"]) else dict(row) for row in rows]
