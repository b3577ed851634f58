"""Tables that describe segments and the run, as they are told."""

import pytest

from segmentation.privacy.described import (
    Block,
    Quiet,
    Support,
    accounting_told,
    attributes_told,
    comparison_told,
    profile_told,
    quiet_figures,
    rules_told,
    selection_told,
    summary_told,
)

SIZES = {1: 200, 2: 200, 3: 200}


def supports(having, customers=None):
    """Of features `a`, `b` … by segment; all customers have a value but where told."""
    customers = customers or {s: [SIZES[s]] * len(having[s]) for s in having}
    return {(s, "abcd"[n]): Support(customers[s][n], count) for s in having for n, count in enumerate(having[s])}


def hidden(having, block, customers=None):
    return set(quiet_figures(SIZES, supports(having, customers), [block], 10).hidden)


def test_a_mean_that_few_have_a_share_in_goes_with_that_of_another_segment():
    assert hidden({1: [3], 2: [40], 3: [80]}, Block(("a",), is_share=True)) == {(1, "a"), (2, "a")}


def test_shares_that_sum_to_one_go_in_squares():
    found = hidden({1: [3, 40, 60], 2: [80, 15, 70], 3: [90, 50, 100]}, Block(("a", "b", "c"), is_share=True))
    assert found == {(1, "a"), (1, "b"), (2, "a"), (2, "b")}


def test_what_few_have_a_value_of_is_not_told():
    customers = {1: [5], 2: [150], 3: [190]}
    assert hidden({1: [5], 2: [150], 3: [190]}, Block(("a",)), customers) == {(1, "a"), (2, "a")}


def test_a_level_that_all_but_a_few_have_is_not_told():
    assert (1, "a") in hidden({1: [196], 2: [100], 3: [100]}, Block(("a",), is_share=True, is_attribute=True))


def test_who_lacks_an_attribute_is_not_told_where_they_are_few_and_its_levels_are_round():
    having = {1: [100, 97, 3], 2: [80, 100, 20], 3: [90, 80, 30]}
    found = quiet_figures(
        SIZES,
        {(s, f): Support(SIZES[s] - line[2] if f != "c" else SIZES[s], line["abc".index(f)]) for s, line in having.items() for f in "abc"},
        [Block(("a", "b"), is_share=True, is_attribute=True, flag="c")],
        10,
    )
    assert (1, "c") in found.hidden
    assert found.rounded | found.hidden >= {(1, "a"), (1, "b")}


ROW = {"segment_id": 1, "feature": "a", "unit": "share", "mean": 0.12345, "p10": 0.01234, "p50": 0.1, "p90": 0.2, "index": 123.4}
ROW |= {"effect": 0.5678, "effect_low": 0.1234, "effect_high": 0.9876, "rank": 1}


def profile(customers, quiet):
    return profile_told([ROW], {(1, "a"): Support(customers, customers)}, quiet, 10)[0]


def test_figures_that_are_kept_back_leave_the_feature_and_its_unit():
    told = profile(500, Quiet(hidden=frozenset({(1, "a")})))
    assert {name for name, value in told.items() if value is not None} == {"segment_id", "feature", "unit"}


def test_round_figures_have_two_places():
    told = profile(500, Quiet(rounded=frozenset({(1, "a")})))
    assert (told["mean"], told["index"], told["effect"]) == (0.12, 123.0, 0.57)


def test_quantiles_of_a_small_segment_are_kept_back_from_the_ends_on():
    assert [profile(50, Quiet())[name] for name in ("mean", "p10", "p50", "p90")] == [0.12345, None, 0.1, None]


SUMMARY = {"segment_id": 1, "customers": 200, "silhouette_p10": 0.12345, "silhouette_p50": 0.5, "silhouette_p90": 0.9}
SUMMARY |= {"silhouette_below_0_share": 0.1, "border_customers": 30, "border_share": 0.15, "a_mean": 12.5, "a_median": 11.0}


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, set()),
        ({"border_customers": 3, "border_share": 0.015}, {"border_customers", "border_share"}),
        ({"border_customers": 195, "border_share": 0.975}, {"border_customers", "border_share"}),
        ({"border_customers": 0, "border_share": 0.0}, set()),
        ({"silhouette_below_0_share": 0.04}, {"silhouette_below_0_share"}),
        ({"customers": 60}, {"silhouette_p10", "silhouette_p90", "silhouette_below_0_share"}),
    ],
)
def test_a_summary_tells_of_no_few(changed, kept):
    (told,) = summary_told([SUMMARY | changed], {(1, "a"): Support(200, 200)}, Quiet(), 10)
    assert {name for name, value in told.items() if value is None} == kept


def test_a_summary_keeps_back_what_the_profile_keeps_back():
    (told,) = summary_told([SUMMARY], {(1, "a"): Support(200, 200)}, Quiet(hidden=frozenset({(1, "a")})), 10)
    assert (told["a_mean"], told["a_median"]) == (None, None)


@pytest.mark.parametrize(
    ("precision", "recall", "is_told"),
    [(0.9, 0.5, True), (0.95, 0.5, False), (1.0, 0.5, True), (0.9, 90 / 95, False), (0.05, 0.1, False)],
)
def test_a_rule_is_measured_aloud_where_no_side_of_it_is_small(precision, recall, is_told):
    row = {"segment_id": 1, "conditions": "TRUE", "precision": precision, "recall": recall, "sample_customers": 100}
    (told,) = rules_told([row], 1_000, 10)
    assert (told["sample_customers"], told["precision"]) == ((100, precision) if is_told else (None, None))


def test_a_smallest_segment_that_is_small_has_no_share():
    rows = selection_told([{"k": 2, "smallest_share": 0.3}, {"k": 3, "smallest_share": 0.009}], 1_000, 10)
    assert [row["smallest_share"] for row in rows] == [0.3, None]


def accounting(customers=(), attribute_rows=()):
    parts = [("lines", "read", None, 3), ("lines", "rejected", "guest", 3)]
    parts += [("customers", *part) for part in customers] + [("attribute_rows", *part) for part in attribute_rows]
    rows = [dict(zip(("subject", "outcome", "reason", "count", "count_any"), (*part, part[-1]), strict=True)) for part in parts]
    told = accounting_told(rows, 10)
    assert [row["count"] for row in told[:2]] == [3, 3]
    return [row["count"] for row in told[2:]]


def test_a_few_unsegmented_customers_take_the_number_of_all_with_them():
    told = accounting([("seen", None, 503), ("segmented", None, 500), ("unsegmented", "no_purchase", 3)])
    assert told == [None, 500, None]


def test_where_others_are_unsegmented_for_another_reason_the_number_of_all_is_told():
    parts = [("seen", None, 570), ("segmented", None, 500), ("unsegmented", "no_purchase", 3), ("unsegmented", "only_voided_lines", 67)]
    assert accounting(parts) == [570, 500, None, None]


def test_many_unsegmented_customers_are_told():
    parts = [("seen", None, 540), ("segmented", None, 500), ("unsegmented", "no_purchase", 40)]
    assert accounting(parts) == [540, 500, 40]


def test_a_few_rows_of_the_customer_table_take_those_read_and_used_with_them():
    rows = [("read", None, 206), ("used", None, 183), ("merged", "same_customer", 20), ("rejected", "missing_customer_id", 3)]
    assert accounting(attribute_rows=rows) == [None, None, 20, None]


def test_a_manifest_tells_of_the_customer_table_all_or_nothing():
    facts = {"rows": 206, "unreadable_rows": 0, "without_id": 3, "duplicates": 0, "customers": 203, "without_row": None, "unknown": None}
    facts |= {"undescribed": 0, "columns": {"age": {"type": "number", "missing": 4, "unreadable": 0}}}
    told = attributes_told(facts, 203, 10)
    assert {told[name] for name in ("rows", "customers", "without_id", "undescribed")} == {None}
    assert told["columns"]["age"] == {"type": "number", "missing": None, "unreadable": 0}


def test_a_comparison_tells_no_size_of_a_small_cluster():
    rows = [
        {"smallest_share": 0.004, "noise_share": 0.0},
        {"smallest_share": 0.2, "noise_share": 0.004},
        dict.fromkeys(("smallest_share", "noise_share")),
    ]
    told = comparison_told(rows, 1_000, 10)
    assert told == [{"smallest_share": None, "noise_share": 0.0}, {"smallest_share": 0.2, "noise_share": None}, rows[2]]
