"""Suppression in accounting."""

import pytest

from segmentation.analyses.data_quality.data_quality import suppress_accounting

COLUMNS = ("subject", "outcome", "reason", "count", "count_any_reason")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # A few unsegmented customers follow from all customers and those in segments.
        ([("seen", None, 503), ("segmented", None, 500), ("unsegmented", "no_purchase", 3)], [None, 500, None]),
        # With another reason suppressed as well, they do not.
        (
            [("seen", None, 570), ("segmented", None, 500), ("unsegmented", "no_purchase", 3), ("unsegmented", "only_voided_lines", 67)],
            [570, 500, None, None],
        ),
        ([("seen", None, 540), ("segmented", None, 500), ("unsegmented", "no_purchase", 40)], [540, 500, 40]),
    ],
)
def test_small_numbers_of_unsegmented_customers_are_suppressed_and_cannot_be_derived(parts, expected):
    assert suppressed("customers", parts) == expected


def test_a_small_number_of_rejected_rows_is_suppressed_with_those_read_and_used():
    parts = [("read", None, 206), ("used", None, 183), ("merged", "same_customer", 20), ("rejected", "missing_customer_id", 3)]
    assert suppressed("attribute_rows", parts) == [None, None, 20, None]


def suppressed(subject, parts):
    """Counts of these rows after suppression; those of lines stay, however small."""
    rows = [("lines", "read", None, 3), ("lines", "rejected", "guest", 3), *((subject, *part) for part in parts)]
    result = suppress_accounting([dict(zip(COLUMNS, (*row, row[-1]), strict=True)) for row in rows], 10)
    assert [row["count"] for row in result[:2]] == [3, 3]
    assert [row["count"] for row in result] == [row["count_any_reason"] for row in result]
    return [row["count"] for row in result[2:]]
