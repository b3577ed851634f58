"""Segments without purchases are called by what sets them furthest apart."""

import pytest

from segmentation.errors import SettingsError
from segmentation.profiling.naming import Attribute, name_segments_by_attributes

INCOME, SCORE = Attribute("annual_income", "annual_income", "number", None), Attribute("spending_score", "spending_score", "number", None)
AGE, MEMBER = Attribute("age", "age", "number", None), Attribute("member", "member", "boolean", None)
WOMEN, MEN = Attribute("sex_f", "sex", "nominal", "Female"), Attribute("sex_m", "sex", "nominal", "Male")
ALL = (AGE, INCOME, SCORE, MEMBER, WOMEN, MEN)


def _named(*segments, own=None):
    """Names of segments, each given as customers and (score, mean) by attribute."""
    numbered = list(enumerate(segments, start=1))
    summary = [{"segment_id": number, "customers": customers} for number, (customers, _) in numbered]
    profile = [{"segment_id": n, "feature": a.feature, "mean": mean} for n, (_, values) in numbered for a, (_, mean) in values.items()]
    standardized = {n: {a.feature: score for a, (score, _) in values.items()} for n, (_, values) in numbered}
    return list(name_segments_by_attributes(summary, profile, standardized, ALL, own or {}).values())


def _two(income, score, customers=20):
    return customers, {INCOME: (income, 1.0), SCORE: (score, 1.0)}


def test_income_against_spending_score_reads_as_anybody_would_say_it():
    assert _named(_two(0.0, 0.1), _two(1.0, 1.2), _two(1.1, -1.3), _two(-1.3, 1.1), _two(-1.3, -1.1)) == [
        "Close to average",
        "High annual income, high spending score",
        "High annual income, low spending score",
        "Low annual income, high spending score",
        "Low annual income, low spending score",
    ]


def test_the_two_most_distinctive_are_named_in_the_order_of_the_settings():
    assert _named((9, {AGE: (-0.6, 25), INCOME: (0.7, 80), SCORE: (2.0, 90)})) == ["High annual income, high spending score"]


def test_what_is_near_the_average_is_no_reason_for_a_name():
    assert _named((9, {AGE: (0.49, 42), INCOME: (-0.5, 50)})) == ["Low annual income"]


def test_age_is_old_or_young_and_not_high_or_low():
    assert _named((9, {AGE: (1.0, 60)}), (9, {AGE: (-1.0, 20)})) == ["Older", "Younger"]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({WOMEN: (1.0, 1.0), MEN: (-1.0, 0.0)}, "Female"),
        ({WOMEN: (0.6, 0.8), MEN: (-0.6, 0.2)}, "Mostly Female"),
        ({WOMEN: (0.8, 0.5), MEN: (-0.8, 0.5)}, "Close to average"),
        ({MEMBER: (1.5, 0.9)}, "Mostly member"),
        ({MEMBER: (-1.5, 0.1)}, "Rarely member"),
    ],
)
def test_a_level_is_named_where_most_customers_have_it(values, name):
    assert _named((9, values)) == [name]


def test_segments_called_alike_are_distinguished_by_what_comes_next_and_at_last_by_size():
    alike = {INCOME: (1.0, 1.0), SCORE: (1.0, 1.0)}
    assert _named((9, alike | {AGE: (0.9, 60)}), (9, alike | {AGE: (-0.9, 20)})) == [
        "High annual income, high spending score, older",
        "High annual income, high spending score, younger",
    ]
    assert _named(_two(1, 1, 5), _two(1, 1, 7)) == [
        "High annual income, high spending score, smaller",
        "High annual income, high spending score, larger",
    ]


def test_a_retailers_own_names_take_the_place_of_ours_unless_they_collide():
    own = {"High annual income, high spending score": "Target"}
    assert _named(_two(1, 1), _two(0, 0), own=own) == ["Target", "Close to average"]
    with pytest.raises(SettingsError, match=r"report\.segment_names: 'Target' would name more than one segment"):
        _named(_two(1, 1), _two(0, 0), own=own | {"Close to average": "Target"})
