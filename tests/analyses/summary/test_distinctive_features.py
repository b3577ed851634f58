from dataclasses import replace

import pandas as pd
import pytest

from segmentation.analyses.summary.distinctive_features import distinctive_features


@pytest.fixture
def sentence_of(page_input, with_effects):
    """The sentence on one segment of which only some features are known."""

    def sentence(*rows):
        profile = pd.DataFrame(rows, columns=["feature", "unit", "mean", "index"])
        profile = with_effects(profile.assign(segment_id=1, p10=None, p50=None, p90=None))
        return distinctive_features(replace(page_input, summary=page_input.summary.head(1), profile=profile).data)[1].replace("\u00a0", " ")

    return sentence


def test_the_strongest_three_are_named_strongest_first(sentence_of):
    sentence = sentence_of(
        ("order_value_avg", "currency", 410, 130),
        ("frequency_orders", "orders", 17.9, 420),
        ("breadth_categories", "categories", 5, 120),
        ("monetary_net", "currency", 11580, 610),
    )
    assert sentence == "Spends 6.1 times as much as average, buys 4.2 times as often, places orders 30 % larger."


def test_less_than_average_is_shown_in_percent(sentence_of):
    assert sentence_of(("monetary_net", "currency", 380, 20), ("frequency_orders", "orders", 1.5, 40)) == (
        "Spends 80 % less than average, buys 60 % less often."
    )


def test_days_are_shown_with_those_of_all_customers(sentence_of):
    assert sentence_of(("recency_days", "days", 12.2, 13.2)) == "Last bought 12 days ago (all customers: 92 days)."


def test_the_most_distinctive_category_is_shown_by_its_own_name(sentence_of):
    sentence = sentence_of(("category_share_bags", "share", 0.24, 240), ("category_share_toys", "share", 0.2, 130))
    assert sentence.endswith("; most distinctive category: Bags & cases (24 % of its spend, all customers: 10 %).")


@pytest.mark.parametrize(
    ("feature", "mean", "index"),
    [
        ("category_share_toys", 0.011, 900),
        ("category_share_toys", 0.30, 110),
        ("category_share_other", 0.30, 300),
        ("return_rate", 0.010, 60),
        ("monetary_net", 1900, 104),
    ],
)
def test_what_hardly_matters_is_not_mentioned(sentence_of, feature, mean, index):
    unit = "currency" if feature == "monetary_net" else "share"
    assert sentence_of((feature, unit, mean, index)) == "Close to the average customer in everything measured."


def test_net_and_gross_spend_are_one_story(sentence_of):
    sentence = sentence_of(("monetary_gross", "currency", 9000, 450), ("monetary_net", "currency", 8000, 420))
    assert sentence == "Spends 4.2 times as much as average."
    assert sentence_of(("monetary_gross", "currency", 9000, 450)) == "Spends 4.5 times as much before returns as average."


def test_a_segment_that_returned_more_than_it_bought_is_described_by_its_amount(sentence_of):
    assert sentence_of(("monetary_net", "currency", -50.0, -5)) == "Net spend −£50.00 (all customers: £1,000)."


def test_nothing_at_all_needs_no_average(sentence_of):
    assert sentence_of(("return_rate", "share", 0.0, 0)) == "Returns 0.0 % of what it buys."


def test_months_are_shown_by_name(sentence_of):
    assert sentence_of(("month_order_share_12", "share", 0.3, 250)) == "Places 30.0 % of its orders in December (all customers: 12.0 %)."


def test_features_of_a_customer_table_are_shown_by_their_names(sentence_of):
    assert sentence_of(("annual_income_k", "count", 86.5, 143)) == "Annual income k 86 (all customers: 60)."


def test_missing_indices_and_means_are_passed_over(sentence_of):
    assert (
        sentence_of(("monetary_net", "currency", None, None), ("frequency_orders", "orders", 8.6, 200))
        == "Buys 2.0 times as often as average."
    )


def test_a_segment_without_profile_still_gets_a_sentence(page_input):
    empty = replace(page_input, profile=page_input.profile[page_input.profile["segment_id"] > 1])
    assert distinctive_features(empty.data)[1] == "Close to the average customer in everything measured."
