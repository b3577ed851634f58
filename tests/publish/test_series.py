"""A run far from the one published before it is held back, and what changes from night to night is not."""

from pathlib import Path

import pytest

from segmentation.errors import SettingsError
from segmentation.publish.run import publish
from segmentation.publish.series import change_faults, last_manifest, size_change, totals_of
from segmentation.settings import validated
from segmentation.settings.publish import PublishSettings


def _told(*sizes, revenue="100.0000"):
    segments = [{"segment_id": number, "customers": size} for number, size in enumerate(sizes, 1)]
    return {"run_id": "last", "totals": {"customers": sum(sizes), "revenue_net": revenue}, "segments": segments}


def _faults(now, last, **settings):
    return change_faults(now, last, PublishSettings(**settings))


def test_a_first_run_has_nothing_to_be_held_to():
    assert _faults(_told(1, 1), None) == []


def test_what_changes_from_night_to_night_passes():
    assert _faults(_told(51, 29, 21, revenue="101.5"), _told(50, 30, 20)) == []
    assert _faults(_told(70, 80, revenue="250"), _told(50, 50)) == []
    assert _faults(_told(40, 35, revenue="75"), _told(50, 50)) == []


def test_half_the_customers_and_half_the_revenue_are_held_back():
    assert _faults(_told(25, 25, revenue="50.0000"), _told(50, 50)) == [
        "customers: 50 after 100, -50.0%; publish.largest_customer_fall is 25% (against run last)",
        "revenue_net: 50.0000 after 100.0000, -50.0%; publish.largest_revenue_fall is 25% (against run last)",
    ]


def test_half_the_log_is_held_back_for_its_revenue_where_most_customers_are_still_seen():
    assert len(_faults(_told(45, 45, revenue="49"), _told(50, 50))) == 1


def test_rises_are_held_back_where_asked_only():
    twice = _told(50, 50, revenue="200.0000")
    assert _faults(twice, _told(50, 50)) == []
    assert _faults(twice, _told(50, 50), largest_revenue_rise=0.9) == [
        "revenue_net: 200.0000 after 100.0000, +100.0%; publish.largest_revenue_rise is 90% (against run last)"
    ]
    assert len(_faults(_told(150, 151), _told(50, 50), largest_customer_rise=2.0)) == 1


def test_one_segment_that_swallows_the_others_is_held_back():
    assert _faults(_told(98, 1, 1), _told(34, 33, 33)) == [
        "sizes of segments: 98, 1, 1 after 34, 33, 33, 64.0% moved at least; publish.largest_size_change is 50% (against run last)"
    ]


def test_null_switches_each_off():
    off = dict.fromkeys(("largest_customer_fall", "largest_revenue_fall", "largest_size_change"))
    assert _faults(_told(1, 0, revenue="0"), _told(50, 50), **off) == []


@pytest.mark.parametrize(
    ("one", "other", "change"),
    [((50, 50), (50, 50), 0), ((70, 30), (30, 70), 0), ((50, 50), (100,), 0.5), ((1, 1), (500, 500), 0), ((60, 40), (40, 30, 30), 0.3)],
)
def test_a_change_of_sizes_is_what_must_have_moved_whatever_segments_are_called(one, other, change):
    assert size_change(one, other) == size_change(other, one) == pytest.approx(change)


def test_without_purchases_or_with_a_revenue_below_nothing_there_is_none_to_compare():
    assert _faults(_told(50, 50, revenue=None), _told(50, 50)) == []
    assert _faults(_told(50, 50), _told(50, 50, revenue="-3")) == []
    assert totals_of([{"customers": 2}, {"customers": 3}]) == {"customers": 5, "revenue_net": None}


def test_a_published_run_that_cannot_be_relied_on_is_not_compared_with(complete):
    run = complete("r1")
    assert last_manifest(run.root) is None
    publish(run, "2026-01-01")
    assert last_manifest(run.root)["run_id"] == "r1"
    Path(run.path("manifest.json")).write_text("{}")
    assert last_manifest(run.root) is None


def test_impossible_limits_are_faults_of_the_settings():
    with pytest.raises(SettingsError, match="largest_customer_fall"):
        validated({"publish": {"largest_customer_fall": 1.5}})
