"""Suppression in segment_rules."""

import pytest

from segmentation.analyses.rules.rules import suppress_rules


@pytest.mark.parametrize(
    ("precision", "recall", "is_published"),
    [(0.9, 0.5, True), (0.95, 0.5, False), (1.0, 0.5, True), (0.9, 90 / 95, False), (0.05, 0.1, False)],
)
def test_a_rule_is_published_with_its_measures_if_no_cell_of_its_confusion_matrix_is_small(precision, recall, is_published):
    row = {"segment_id": 1, "conditions": "TRUE", "precision": precision, "recall": recall, "sample_customers": 100}
    (suppressed,) = suppress_rules([row], 1_000, 10)
    assert suppressed == (row if is_published else row | dict.fromkeys(("precision", "recall", "sample_customers")))
