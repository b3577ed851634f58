"""A run that differs too much from the published run before it fails its audit; ordinary nightly changes do not."""

import pytest

from segmentation.errors import SettingsError
from segmentation.publish.change_checks import change_faults, size_change
from segmentation.settings import PublishSettings, settings_from_dict


def _manifest(*sizes, revenue="100.0000"):
    segments = [{"segment_id": number, "customers": size} for number, size in enumerate(sizes, 1)]
    return {"run_id": "last", "totals": {"customers": sum(sizes), "revenue_net": revenue}, "segments": segments}


def _faults(now, last, **settings):
    return change_faults(now, last, PublishSettings(**settings))


def test_a_first_run_is_compared_with_nothing():
    assert _faults(_manifest(1, 1), None) == []


def test_ordinary_nightly_changes_pass():
    assert _faults(_manifest(51, 29, 21, revenue="101.5"), _manifest(50, 30, 20)) == []
    assert _faults(_manifest(70, 80, revenue="250"), _manifest(50, 50)) == []
    assert _faults(_manifest(40, 35, revenue="75"), _manifest(50, 50)) == []


def test_half_the_customers_and_half_the_revenue_are_faults():
    assert _faults(_manifest(25, 25, revenue="50.0000"), _manifest(50, 50)) == [
        "customers: 50 after 100, -50.0%; publish.max_customer_drop is 25% (against run last)",
        "revenue_net: 50.0000 after 100.0000, -50.0%; publish.max_revenue_drop is 25% (against run last)",
    ]


def test_half_the_revenue_is_a_fault_even_with_most_customers():
    assert len(_faults(_manifest(45, 45, revenue="49"), _manifest(50, 50))) == 1


def test_increases_are_faults_only_with_a_limit():
    twice = _manifest(50, 50, revenue="200.0000")
    assert _faults(twice, _manifest(50, 50)) == []
    assert _faults(twice, _manifest(50, 50), max_revenue_increase=0.9) == [
        "revenue_net: 200.0000 after 100.0000, +100.0%; publish.max_revenue_increase is 90% (against run last)"
    ]
    assert len(_faults(_manifest(150, 151), _manifest(50, 50), max_customer_increase=2.0)) == 1


def test_a_segment_that_absorbs_the_others_is_a_fault():
    assert _faults(_manifest(98, 1, 1), _manifest(34, 33, 33)) == [
        "sizes of segments: 98, 1, 1 after 34, 33, 33, 64.0% moved at least; publish.max_size_change is 50% (against run last)"
    ]


def test_null_switches_off_each_limit():
    off = dict.fromkeys(("max_customer_drop", "max_revenue_drop", "max_size_change"))
    assert _faults(_manifest(1, 0, revenue="0"), _manifest(50, 50), **off) == []


@pytest.mark.parametrize(
    ("one", "other", "change"),
    [((50, 50), (50, 50), 0), ((70, 30), (30, 70), 0), ((50, 50), (100,), 0.5), ((1, 1), (500, 500), 0), ((60, 40), (40, 30, 30), 0.3)],
)
def test_a_size_change_is_the_smallest_share_that_must_have_moved(one, other, change):
    assert size_change(one, other) == size_change(other, one) == pytest.approx(change)


def test_without_revenue_or_with_a_negative_one_there_is_no_comparison():
    assert _faults(_manifest(50, 50, revenue=None), _manifest(50, 50)) == []
    assert _faults(_manifest(50, 50), _manifest(50, 50, revenue="-3")) == []


def test_impossible_limits_are_errors_of_the_settings():
    with pytest.raises(SettingsError, match="max_customer_drop"):
        settings_from_dict({"publish": {"max_customer_drop": 1.5}})
