"""Suppression in the table algorithms."""

from segmentation.comparison.tables import suppress_algorithms


def test_the_share_of_a_small_cluster_or_of_little_noise_is_suppressed():
    rows = [(0.004, 0.0), (0.2, 0.004), (None, None)]
    columns = ("min_segment_share", "noise_share")
    suppressed = suppress_algorithms([dict(zip(columns, row, strict=True)) for row in rows], 1_000, 10)
    assert [tuple(row.values()) for row in suppressed] == [(None, 0.0), (0.2, None), (None, None)]
