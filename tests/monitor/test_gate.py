"""A challenger passes the gate or is held back, each fault told with its figures; null switches each limit off."""

from decimal import Decimal

import pytest

from segmentation.errors import SettingsError
from segmentation.monitor.gate import Impact, Standing, gate_faults, impact_of
from segmentation.monitor.migration import Flow
from segmentation.settings import validated
from segmentation.settings.publish import PublishSettings

SAME = Standing(0.5, 0.9)
STAYED = [Flow(1, 1, 70, Decimal(700)), Flow(2, 2, 30, Decimal(300)), Flow(None, 2, 50, Decimal(9_000)), Flow(1, None, 40, Decimal(9_000))]


def _faults(challenger=SAME, flows=STAYED, **settings):
    return gate_faults(impact_of(SAME, challenger, flows), PublishSettings(**settings))


def test_a_challenger_that_changes_little_passes():
    assert _faults() == []
    assert _faults(Standing(0.46, 0.76)) == []
    assert _faults(Standing(0.9, 1.0)) == []


def test_segments_that_are_worth_less_are_held_back():
    assert _faults(Standing(0.44, 0.7)) == [
        "silhouette: 0.440, of the model in use 0.500; publish.largest_silhouette_fall is 0.05",
        "stability of the least stable segment: 0.700, of the model in use 0.900; publish.largest_stability_fall is 0.15",
    ]


def test_too_many_customers_who_would_move_hold_it_back():
    flows = [Flow(1, 1, 69, Decimal(900)), Flow(1, 2, 31, Decimal(100))]
    assert _faults(flows=flows) == ["customers who would move to another segment: 31.0%; publish.largest_share_moved is 30%"]
    assert _faults(flows=[Flow(1, 1, 70), Flow(1, 2, 30)]) == []


def test_too_much_revenue_that_would_move_holds_it_back_where_few_customers_do():
    flows = [Flow(1, 1, 90, Decimal(59)), Flow(1, 2, 10, Decimal(41))]
    assert _faults(flows=flows) == ["net revenue of customers who would move: 41.0%; publish.largest_revenue_moved is 40%"]


def test_a_share_of_nearly_all_does_not_tell_of_the_few_who_stay():
    flows = [Flow(1, 1, 3, Decimal(3)), Flow(1, 2, 997, Decimal(997))]
    assert _faults(flows=flows) == [
        "customers who would move to another segment: more than 90%; publish.largest_share_moved is 30%",
        "net revenue of customers who would move: more than 90%; publish.largest_revenue_moved is 40%",
    ]


def test_who_is_new_or_has_left_has_not_moved():
    impact = impact_of(SAME, SAME, STAYED)
    assert (impact.share_moved, impact.revenue_share_moved, impact.customers["new"]) == (0.0, 0.0, 50)


def test_null_switches_each_off():
    off = dict.fromkeys(("largest_silhouette_fall", "largest_stability_fall", "largest_share_moved", "largest_revenue_moved"))
    assert _faults(Standing(-1.0, 0.0), [Flow(1, 2, 5, Decimal(5))], **off) == []


def test_what_is_not_known_is_not_held_against_it():
    assert _faults(Standing(None, None), [Flow(1, 1, 5)]) == []
    assert impact_of(SAME, SAME, [Flow(1, 2, 5)]).revenue_share_moved is None
    assert impact_of(SAME, SAME, [Flow(1, 2, 5, Decimal(-5))]).revenue_share_moved is None
    assert impact_of(SAME, SAME, []).share_moved == 0.0


def test_the_impact_report_has_both_sides():
    flows = [Flow(1, 1, 60, Decimal(60)), Flow(1, 2, 40, Decimal(40)), Flow(None, 1, 7, Decimal(1))]
    assert impact_of(SAME, Standing(0.4, None), flows).told() == {
        "silhouette": {"champion": 0.5, "challenger": 0.4},
        "stability": {"champion": 0.9, "challenger": None},
        "customers": {"new": 7, "left": 0, "stayed": 60, "moved": 40},
        "share_moved": 0.4,
        "revenue_share_moved": 0.4,
    }


def test_a_standing_is_of_the_summary():
    rows = [{"silhouette": 0.6, "customers": 1, "stability": 0.8}, {"silhouette": 0.2, "customers": 3, "stability": 0.95}]
    found = Standing.of(rows)
    assert (found.silhouette, found.stability) == (pytest.approx(0.3), 0.8)
    assert isinstance(impact_of(found, found, []), Impact)


def test_impossible_limits_are_faults_of_the_settings():
    with pytest.raises(SettingsError, match="largest_share_moved"):
        validated({"publish": {"largest_share_moved": 2}})
