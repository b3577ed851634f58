"""Suppression among customers who moved between two runs."""

from segmentation.run_comparison.compare import suppress_moves


def test_small_moves_are_suppressed_with_those_they_could_be_derived_from():
    rows = [
        {"before": 1, "after": 2, "cause": "time", "customers": 3, "revenue_net": 5},
        {"before": 1, "after": 2, "cause": "behaviour", "customers": 40, "revenue_net": 5},
        {"before": 2, "after": 1, "cause": "behaviour", "customers": 50, "revenue_net": 5},
    ]
    suppressed = suppress_moves(rows, 10)
    assert [row["customers"] for row in suppressed[:2]] == [None, None]
    assert {row["revenue_net"] for row in suppressed} == {None}
    assert suppress_moves(rows, 1) == rows
