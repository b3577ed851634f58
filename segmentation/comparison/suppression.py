"""Suppression of small groups in the table algorithms."""

from collections.abc import Sequence

from segmentation.privacy.suppression import Row, Rows, reveals_small_group, with_nulls


def suppress_algorithms(rows: Sequence[Row], sample_size: int, min_group_size: int) -> Rows:
    """Rows of algorithms without the share of a smallest cluster, or of noise, that is a small group."""

    def is_small(share: float | None) -> bool:
        return share is not None and reveals_small_group(round(share * sample_size), sample_size, min_group_size)

    return [with_nulls(row, [name for name in ("min_segment_share", "noise_share") if is_small(row[name])]) for row in rows]
