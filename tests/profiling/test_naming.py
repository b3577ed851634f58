"""Segments are called by where they stand, never by their number."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.errors import SettingsError
from segmentation.profiling.naming import NAMES, Level, SegmentKind, continued_names, name_segments

CATEGORIES = {"toys": "Toys", "tea": "お茶", "other": "other"}
HIGH, MIDDLE, LOW = Level.HIGH, Level.MIDDLE, Level.LOW


def _named(*segments, own=None):
    """Names of segments, each given as customers and features by name; a feature is (median, index), its mean the median."""
    summary = [{"segment_id": number, "customers": customers} for number, (customers, _) in enumerate(segments, start=1)]
    profile = [
        {"segment_id": number, "feature": feature, "mean": median, "p50": median, "index": index}
        for number, (_, features) in enumerate(segments, start=1)
        for feature, (median, index) in features.items()
    ]
    return [naming.name for naming in name_segments(summary, profile, CATEGORIES, own or {}).values()]


def _segment(spend, absence, customers=100, **features):
    """Spend and days of absence as (median, index)."""
    return customers, {"monetary_net": spend, "recency_days": absence, **features}


VIP, CORE, ENTRY = _segment((900.0, 300), (10, 40)), _segment((200.0, 90), (40, 100)), _segment((30.0, 20), (90, 180))


def test_three_tiers_are_called_as_a_retailer_calls_them():
    assert _named(VIP, CORE, ENTRY) == ["Best customers", "Regulars", "Lapsed occasional buyers"]


def test_five_segments_distinguish_spend_from_recency():
    lapsing = _segment((800.0, 250), (200, 260))
    fresh = _segment((25.0, 15), (9, 30))
    assert _named(VIP, lapsing, CORE, fresh, ENTRY) == [
        "Best customers",
        "Lapsing big spenders",
        "Regulars",
        "Recent occasional buyers",
        "Lapsed occasional buyers",
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_names_follow_the_profile_and_not_the_number(order):
    segments, names = (VIP, CORE, ENTRY), ("Best customers", "Regulars", "Lapsed occasional buyers")
    assert _named(*(segments[place] for place in order)) == [names[place] for place in order]


def test_a_rank_without_a_difference_from_the_average_is_no_reason_to_be_called_high_or_low():
    alike = [_segment((100.0 + place, 99 + place), (30 + place, 99 + place)) for place in range(3)]
    assert [name.split(",")[0] for name in _named(*alike)] == ["Regulars"] * 3


def test_segments_of_one_kind_are_distinguished_by_what_they_buy_and_how():
    toys = _segment((30.0, 20), (90, 180), customers=30, category_share_toys=(0.6, 300))
    single = _segment((30.0, 20), (90, 180), customers=30, frequency_orders=(1, 40))
    assert _named(VIP, toys, single)[1:] == ["Lapsed occasional buyers, mostly Toys", "Lapsed occasional buyers, one order"]


def test_the_rest_category_is_nobodys_favourite_and_a_small_share_is_none():
    rest = _segment((30.0, 20), (90, 180), customers=30, category_share_other=(0.9, 300), category_share_toys=(0.2, 900))
    tea = _segment((30.0, 20), (90, 180), customers=30, category_share_tea=(0.5, 151))
    assert _named(VIP, rest, tea)[1:] == ["Lapsed occasional buyers", "Lapsed occasional buyers, mostly お茶"]


def test_segments_alike_in_all_that_names_describe_go_by_spend():
    two = [_segment((30.0 + place, 20), (90, 180), customers=30) for place in range(2)]
    assert _named(VIP, *two)[1:] == [
        "Lapsed occasional buyers, lower spend",
        "Lapsed occasional buyers, higher spend",
    ]
    four = [_segment((30.0 + place, 20), (90, 180), customers=10) for place in range(4)]
    assert _named(_segment((900.0, 300), (10, 40)), *four)[1:] == [
        f"Lapsed occasional buyers, {rank} of 4 by spend" for rank in (4, 3, 2, 1)
    ]


def test_features_without_a_value_count_as_average():
    assert _named(_segment((None, None), (10, 40)), _segment((50.0, 100), (None, None)))[0].startswith("Active regulars")


def test_a_retailers_own_names_take_the_place_of_ours():
    assert _named(VIP, CORE, ENTRY, own={"Best customers": "Gold", "Big spenders": "unused"})[0] == "Gold"


def test_own_names_that_collide_are_refused():
    with pytest.raises(SettingsError, match=r"^report\.segment_names: 'Regulars' would name more than one segment$"):
        _named(VIP, CORE, ENTRY, own={"Best customers": "Regulars"})


def test_every_kind_has_a_name():
    assert set(NAMES) == {SegmentKind(value, absence) for value in Level for absence in Level}


RANDOM = st.tuples(st.integers(1, 50), st.floats(0, 1e6), st.floats(0, 1000), st.integers(0, 700), st.floats(0, 1000))


@given(st.lists(RANDOM, min_size=1, max_size=12))
def test_no_two_segments_share_a_name(segments):
    names = _named(*(_segment((spend, of_spend), (days, of_days), customers=n) for n, spend, of_spend, days, of_days in segments))
    assert len(set(names)) == len(segments)


def test_names_stay_with_their_segments_and_what_is_new_is_called_otherwise():
    fresh = {1: "Regulars", 2: "Best customers", 5: "Regulars", 6: "Regulars"}
    carried = {1: "Best customers", 2: "Big spenders", 4: "Regulars"}
    names = continued_names(fresh, carried, {"Big spenders": "Gold"})
    assert names == {1: "Best customers", 2: "Gold", 5: "Regulars", 6: "Regulars, new"}
    assert continued_names({7: "Regulars"}, names, {}) == {7: "Regulars"}


def test_any_number_of_newcomers_have_names_of_their_own():
    names = continued_names(dict.fromkeys(range(1, 6), "Regulars"), {1: "Regulars"}, {})
    assert list(names.values()) == ["Regulars", "Regulars, new", "Regulars, new 2", "Regulars, new 3", "Regulars, new 4"]
