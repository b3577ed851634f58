"""Suppression in the tables of the backtest."""

from segmentation.analyses.backtest.backtest import suppress_backtest


def suppressed(groups):
    """Both tables of these groups, given as customers and how many of them bought again."""
    rows = [
        {"grouping": "segments", "group_id": n, "outcome": o, "customers": size, "customer_share": 0.1, "mean": mean, "lift": 1.0}
        for n, (size, buyers) in enumerate(groups, start=1)
        for o, mean in (("repurchase", buyers / size), ("spend", 12.5))
    ]
    size, buyers = (sum(part) for part in zip(*groups, strict=True))
    metrics = [
        {"grouping": "segments", "outcome": o, "customers": size, "mean": mean}
        for o, mean in (("repurchase", buyers / size), ("spend", 9.0))
    ]
    return suppress_backtest(metrics, rows, 10)


def test_with_a_small_number_of_buyers_the_means_of_that_group_and_of_another_are_suppressed():
    metrics, groups = suppressed([(100, 3), (100, 40), (100, 50)])
    assert {row["group_id"] for row in groups if row["mean"] is None} == {1, 2}
    assert all(row["customers"] == 100 for row in groups)
    assert [row["mean"] for row in metrics] == [93 / 300, 9.0]


def test_a_small_group_is_suppressed_with_another():
    _, groups = suppressed([(7, 3), (60, 30), (200, 100)])
    assert [row["customers"] for row in groups] == [None, None, None, None, 200, 200]


def test_with_a_small_number_of_buyers_in_total_all_means_are_suppressed():
    metrics, groups = suppressed([(100, 3), (100, 4)])
    assert {row["mean"] for row in (*metrics, *groups)} == {None}
