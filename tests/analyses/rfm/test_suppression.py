"""Suppression in rfm_baseline and rfm_overlap."""

import pytest

from segmentation.analyses.analysis import Result
from segmentation.analyses.rfm.rfm import Rfm, suppress_rfm

NAMES = ("Champions", "At risk", "Hibernating")


def suppressed(counts):
    """Both tables of these counts, a list of customers by RFM segment for each of our segments."""
    overlap = [
        {"segment_id": segment, "rfm_segment": name, "customers": count}
        for segment, line in enumerate(counts, start=1)
        for name, count in zip(NAMES, line, strict=True)
        if count
    ]
    sums = [sum(column) for column in zip(*counts, strict=True)]
    baseline = [{"rfm_segment": name, "customers": total, "monetary_net_median": 674.23} for name, total in zip(NAMES, sums, strict=True)]
    return suppress_rfm(baseline, overlap, 10)


def cells(overlap):
    return {(row["segment_id"], row["rfm_segment"]): row["customers"] for row in overlap}


def test_a_small_cell_is_suppressed_with_three_others_and_no_more():
    baseline, overlap = suppressed([[3, 40, 60], [80, 15, 70], [90, 50, 100]])
    assert [row["customers"] for row in baseline] == [173, 105, 230]
    nulls = {cell for cell, count in cells(overlap).items() if count is None}
    assert nulls == {(1, "Champions"), (1, "At risk"), (2, "Champions"), (2, "At risk")}


def test_a_small_rfm_segment_is_suppressed_with_another_in_all_columns():
    baseline, overlap = suppressed([[4, 12, 60], [3, 11, 70]])
    assert baseline[0] == {"rfm_segment": "Champions", "customers": None, "monetary_net_median": None}
    assert baseline[1] == {"rfm_segment": "At risk", "customers": None, "monetary_net_median": None}
    assert cells(overlap) == {(s, n): None if n != "Hibernating" else 50 + 10 * s for s in (1, 2) for n in NAMES}


def test_no_cell_of_a_suppressed_total_is_published_if_it_holds_anybody():
    _, overlap = suppressed([[4, 30, 60], [3, 20, 70], [0, 25, 70]])
    assert {name for (_, name), count in cells(overlap).items() if count is not None} == {"Hibernating"}


def test_medians_have_three_significant_digits():
    baseline, _ = suppressed([[40, 40, 60], [80, 35, 70]])
    assert {row["monetary_net_median"] for row in baseline} == {674.0}


@pytest.mark.parametrize(("min_group_size", "is_published"), [(20, True), (21, False)])
def test_cut_points_of_small_quintiles_are_suppressed(min_group_size, is_published):
    baseline = [{"rfm_segment": "Champions", "customers": 100, "monetary_net_median": 674.23}]
    overlap = [{"segment_id": 1, "rfm_segment": "Champions", "customers": 100}]
    facts = {"cut_points": {"recency_days": [1.0, 2.0, 3.0, 4.0]}, "adjusted_rand": 0.4567}
    result = Rfm().suppress(Result({"rfm_baseline": baseline, "rfm_overlap": overlap}, facts), min_group_size)
    assert result.facts == {"cut_points": facts["cut_points"] if is_published else {}, "adjusted_rand": 0.46}
