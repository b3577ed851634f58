"""Every kind of segment has an action, and each segment the figures that justify it."""

from decimal import Decimal

from segmentation.profiling.actions import ACTIONS, segment_actions
from segmentation.profiling.naming import Level, SegmentKind, SegmentNaming

ROW = {
    "segment_id": 2,
    "segment_name": "Sleeping beauties",
    "customers": 1204,
    "revenue_net": Decimal("81000.5000"),
    "revenue_share": 0.0807,
    "monetary_net_median": 1340.4,
    "frequency_orders_median": 7.0,
    "recency_days_median": 174.0,
}
NAMINGS = {2: SegmentNaming(SegmentKind(Level.HIGH, Level.HIGH), "Sleeping beauties")}


def test_every_kind_has_a_complete_action():
    assert set(ACTIONS) == {SegmentKind(value, absence) for value in Level for absence in Level}
    assert [action for action in ACTIONS.values() if not all(action)] == []


def test_an_action_is_tied_to_its_figures_and_the_revenue_at_stake():
    (action,) = segment_actions([ROW], NAMINGS, "GBP")
    assert (action["segment_id"], action["segment_name"], action["goal"]) == (2, "Sleeping beauties", "Win back")
    assert action["revenue_at_stake"] == Decimal("81000.5000")
    figures = "Medians of its 1,204 customers: 1,340 GBP spent, 7 orders, 174 days since the last purchase"
    assert action["reason"] == f"{figures}; together 8.1% of all revenue"


def test_without_revenue_the_reason_has_no_share():
    (action,) = segment_actions([{**ROW, "revenue_share": None}], NAMINGS)
    assert action["reason"].endswith(": 1,340 spent, 7 orders, 174 days since the last purchase")


def test_an_action_in_one_line_has_goal_and_offer():
    action = ACTIONS[NAMINGS[2].kind]
    assert action.in_one_line == "Win back: a personal invitation with a strong benefit that ends on a day"
