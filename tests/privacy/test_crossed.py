"""Tables counted two ways, as they are told."""

from segmentation.privacy.crossed import choices_told, outcomes_told, rfm_told

NAMES = ("Champions", "At risk", "Hibernating")


def rfm(counts):
    """Both tables of these counts, a list of customers by RFM segment for each of ours."""
    overlap = [
        {"segment_id": segment, "rfm_segment": name, "customers": count}
        for segment, line in enumerate(counts, start=1)
        for name, count in zip(NAMES, line, strict=True)
        if count
    ]
    sums = [sum(column) for column in zip(*counts, strict=True)]
    baseline = [{"rfm_segment": name, "customers": total, "monetary_net_median": 674.23} for name, total in zip(NAMES, sums, strict=True)]
    return rfm_told(baseline, overlap, 10)


def cells(overlap):
    return {(row["segment_id"], row["rfm_segment"]): row["customers"] for row in overlap}


def test_a_small_cell_goes_with_three_others_and_the_rest_is_told():
    baseline, overlap = rfm([[3, 40, 60], [80, 15, 70], [90, 50, 100]])
    assert [row["customers"] for row in baseline] == [173, 105, 230]
    assert {cell for cell, count in cells(overlap).items() if count is None} == {
        (1, "Champions"),
        (1, "At risk"),
        (2, "Champions"),
        (2, "At risk"),
    }


def test_a_small_rfm_segment_goes_with_another_and_with_all_of_their_figures():
    baseline, overlap = rfm([[4, 12, 60], [3, 11, 70]])
    assert baseline[0] == {"rfm_segment": "Champions", "customers": None, "monetary_net_median": None}
    assert baseline[1] == {"rfm_segment": "At risk", "customers": None, "monetary_net_median": None}
    assert cells(overlap) == {(s, n): None if n != "Hibernating" else 50 + 10 * s for s in (1, 2) for n in NAMES}


def test_medians_of_rfm_segments_have_three_figures():
    baseline, _ = rfm([[40, 40, 60], [80, 35, 70]])
    assert {row["monetary_net_median"] for row in baseline} == {674.0}


def choices(counts, ranks=None):
    """Rows of buyers, a list by product for each segment."""
    return [
        {"segment_id": s, "product_id": f"p{n}", "customers": count, "customer_share": 0.1, "lift": 1.0, "lift_low": 0.9, "rank": rank}
        for s, line in enumerate(counts, start=1)
        for n, count in enumerate(line)
        for rank in [(ranks or {}).get((s, n))]
    ]


def kept(rows):
    return {(row["segment_id"], row["product_id"]) for row in rows if row["customers"] is None}


def test_all_that_is_told_of_few_buyers_is_kept_back():
    told = choices_told(choices([[3, 40, 60], [80, 15, 70], [90, 50, 100]]), {1: 200, 2: 200, 3: 200}, 10)
    assert kept(told) == {(1, "p0"), (1, "p1"), (2, "p0"), (2, "p1")}
    assert told[0] == {"segment_id": 1, "product_id": "p0"} | dict.fromkeys(("customers", "customer_share", "lift", "lift_low", "rank"))


def test_all_but_a_few_are_a_few_too():
    told = choices_told(choices([[196, 40, 60], [80, 45, 70], [90, 50, 100]]), {1: 200, 2: 200, 3: 200}, 10)
    assert (1, "p0") in kept(told)
    assert len(kept(told)) == 4


def test_what_is_typical_is_kept_back_last():
    told = choices_told(choices([[3, 40, 60], [80, 45, 70], [90, 50, 100]], {(1, 1): 1}), {1: 200, 2: 200, 3: 200}, 10)
    assert (1, "p1") not in kept(told)


def outcomes(groups):
    """Both tables of these groups, given as customers and how many of them bought again."""
    rows = [
        {"grouping": "segments", "group_id": n, "outcome": o, "customers": size, "customer_share": 0.1, "mean": mean, "lift": 1.0}
        for n, (size, again) in enumerate(groups, start=1)
        for o, mean in (("repurchase", again / size), ("spend", 12.5))
    ]
    size, again = (sum(part) for part in zip(*groups, strict=True))
    whole = [
        {"grouping": "segments", "outcome": o, "customers": size, "mean": mean}
        for o, mean in (("repurchase", again / size), ("spend", 9.0))
    ]
    return outcomes_told(whole, rows, 10)


def test_where_few_bought_again_nothing_is_told_of_what_that_group_and_another_did():
    whole, groups = outcomes([(100, 3), (100, 40), (100, 50)])
    assert {row["group_id"] for row in groups if row["mean"] is None} == {1, 2}
    assert all(row["customers"] == 100 for row in groups)
    assert [row["mean"] for row in whole] == [93 / 300, 9.0]


def test_a_small_group_is_not_told_at_all_nor_is_another():
    _, groups = outcomes([(7, 3), (60, 30), (200, 100)])
    assert [row["customers"] for row in groups] == [None, None, None, None, 200, 200]


def test_where_few_bought_again_in_all_no_mean_is_told():
    whole, groups = outcomes([(100, 3), (100, 4)])
    assert {row["mean"] for row in (*whole, *groups)} == {None}


def test_of_a_total_that_is_kept_back_no_cell_is_told_that_holds_anybody():
    _, overlap = rfm([[4, 30, 60], [3, 20, 70], [0, 25, 70]])
    assert {name for (_, name), count in cells(overlap).items() if count is not None} == {"Hibernating"}
