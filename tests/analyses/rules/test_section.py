"""Conditions, borders and examples are described in words a marketer knows."""

from dataclasses import replace

import pandas as pd
import pytest
from oracle.page_input import rendered

from segmentation.analyses.k_selection.section import gap_text, wcss_table
from segmentation.analyses.rules.section import compactness_table, examples_table, fidelity, who_they_are
from segmentation.analyses.summary.section import cards


@pytest.fixture
def sentence_of(make_page_input):
    """The sentence on a segment of so many conditions, each a feature, whether above, and a bound."""

    def sentence(*conditions):
        page_input = make_page_input(features=18)
        terms = [{"feature": f, "is_above": above, "bound": bound, "or_unknown": False} for f, above, bound in conditions]
        rules = pd.DataFrame([(1, terms, 0.874, 0.7)], columns=["segment_id", "conditions", "precision", "recall"])
        page = replace(page_input, rules=rules)
        return who_they_are(page.data, page.conditions)[1].replace("\u00a0", " ")

    return sentence


def test_conditions_are_shown_as_a_sentence_with_how_often_they_are_right(sentence_of):
    assert sentence_of(("recency_days", False, 48.0), ("monetary_net", True, 1200.0)) == (
        "Last bought at most 48 days ago and spent more than £1,200 (right for 87 %; 70 % of the segment are like this)."
    )


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (("frequency_orders", True, 1.0), "More than 1 order ("),
        (("order_value_avg", False, 180.0), "Orders of at most £180 on average ("),
        (("monetary_net", False, 1200.5), "Spent at most £1,200 ("),
        (("category_share_bags", True, 0.09), "More than 9 % of spend on Bags & cases ("),
        (("category_share_bags", False, 0.005), "At most 0.50 % of spend on Bags & cases ("),
        (("return_rate", True, 0.1), "Returned more than 10 % ("),
        (("annual {income}", True, 60.0), "Annual {income} above 60 ("),
    ],
)
def test_each_feature_has_its_own_words(sentence_of, condition, words):
    assert sentence_of(condition).startswith(words)


def test_three_conditions_are_a_list(sentence_of):
    sentence = sentence_of(("recency_days", False, 48.0), ("frequency_orders", True, 3.0), ("monetary_net", True, 850.0))
    assert sentence.startswith("Last bought at most 48 days ago, more than 3 orders and spent more than £850 (")


def test_a_segment_without_a_rule_has_no_sentence(page_input):
    page = replace(page_input, rules=page_input.rules.iloc[1:])
    assert 1 not in who_they_are(page.data, page.conditions)


def test_customers_near_the_border_are_counted_in_words(page_input):
    summary = page_input.summary.assign(border_customers=[38, 0, 1, 2], border_share=[0.123, 0, 0.1, 0.1])
    first, second, *_ = cards(replace(page_input, summary=summary).data)
    assert first.border.replace("\u00a0", " ") == "12.3 % (38) are near the boundary, and could as well be in another segment."
    assert second.border == "No customer is near the boundary of another segment."


def test_examples_show_what_customers_do_and_like_best_and_nothing_else(page_input):
    table = examples_table(page_input.data)
    assert table.columns == ("Segment", "Rank", "Days since last purchase", "Net spend", "Most spent on")
    assert table.rows[0] == ("Segment 1", "1", "12\u00a0days", "£1,310", "Bags & cases (41\u00a0%)")
    assert len(table.rows) == 12


def test_firmness_has_the_spread_of_silhouettes_and_the_border(page_input):
    assert compactness_table(page_input.data).rows[0] == (
        "Segment 1",
        "0.310",
        "0.010",
        "0.330",
        "0.610",
        "8.0\u00a0%",
        "38",
        "12.3\u00a0%",
    )


def test_fidelity_describes_tree_and_conditions(page_input):
    sentence = fidelity(page_input.data).replace("\u00a0", " ")
    assert "a decision tree of depth 3 assigns 88 % of customers to the model’s own segment, the conditions on the cards 83 %" in sentence


@pytest.mark.parametrize(
    ("k", "words"), [(None, "chooses no k"), (1, "would not divide these customers"), (4, "would choose 4 too."), (6, "would choose 6.")]
)
def test_what_the_gap_statistic_would_choose_is_shown(page_input, k, words):
    choice = page_input.manifest["choice"] | {"gap_k": k}
    assert words in gap_text(replace(page_input, manifest=page_input.manifest | {"choice": choice}).data)


def test_the_table_behind_the_curve_has_gaps_with_their_error_and_shows_the_choice(page_input):
    rows = {row[0]: row for row in wcss_table(page_input.data).rows}
    assert rows["6"][-3:] == ("0.800", "0.004", "eligible, gap")
    assert rows["5"][-1] == "eligible, elbow"


def test_the_page_shows_who_customers_are_and_who_is_near_the_border(page_input):
    page = rendered(page_input).replace("\u00a0", " ")
    assert page.count("<strong>Who they are.</strong> Last bought at most 48 days ago and spent more than £1,200") == 4
    assert page.count("are near the boundary, and could as well") == 4
    assert "Customers nearest to the center of each segment" in page
    assert "The gap statistic would choose 6." in page
