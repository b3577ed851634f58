"""Suppression of small groups in the table segment_rules."""

from collections.abc import Sequence

import numpy as np

from segmentation.privacy.cell_suppression import is_below_threshold
from segmentation.privacy.suppression import Row, Rows, with_nulls


def suppress_rules(rows: Sequence[Row], sample_size: int, min_group_size: int) -> Rows:
    """Rows of segment_rules without measures of small groups: customers of the segment or of others, meeting the conditions or not."""
    measures = ("precision", "recall", "sample_customers")
    return [with_nulls(row, measures) if _rests_on_small_group(row, sample_size, min_group_size) else dict(row) for row in rows]


def _rests_on_small_group(row: Row, sample_size: int, min_group_size: int) -> bool:
    true_positives = round(row["precision"] * row["sample_customers"])
    positives = round(true_positives / row["recall"]) if true_positives else 0
    false_positives = row["sample_customers"] - true_positives
    cells = [true_positives, false_positives, positives - true_positives, sample_size - positives - false_positives]
    return bool(is_below_threshold(np.array(cells), min_group_size).any())
