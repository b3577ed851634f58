"""Suppression in k_selection."""

from segmentation.analyses.k_selection.k_selection import suppress_k_selection


def test_the_share_of_a_small_smallest_segment_is_suppressed():
    rows = [{"k": 2, "min_segment_share": 0.3}, {"k": 3, "min_segment_share": 0.009}, {"k": 4, "min_segment_share": None}]
    assert [row["min_segment_share"] for row in suppress_k_selection(rows, 1_000, 10)] == [0.3, None, None]
