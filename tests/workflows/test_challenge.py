"""A challenger's impact as the manifest tells it: without small groups."""

from decimal import Decimal

import pytest

from segmentation.monitor.gate import Standing, impact_of
from segmentation.monitor.migration import Flow
from segmentation.workflows.challenge import _told as told

SAME = Standing(0.5, 0.9)


def test_an_impact_is_told_with_both_sides():
    flows = [Flow(1, 1, 150, Decimal(600)), Flow(1, 2, 50, Decimal(200)), Flow(None, 2, 20, Decimal(5)), Flow(2, None, 10, Decimal(5))]
    found = told(impact_of(SAME, Standing(0.4, 0.8), flows), 10)
    assert found["customers"] == {"new": 20, "left": 10, "stayed": 150, "moved": 50}
    assert (found["share_moved"], found["revenue_share_moved"]) == (0.25, 0.25)
    assert found["silhouette"] == {"champion": 0.5, "challenger": 0.4}


@pytest.mark.parametrize("few", [{"moved": 3}, {"left": 9}, {"new": 1}, {"stayed": 5}])
def test_counts_and_shares_of_few_are_kept_back(few):
    size = {"stayed": 150, "moved": 40, "new": 20, "left": 10, **few}
    flows = [Flow(1, 1, size["stayed"]), Flow(1, 2, size["moved"]), Flow(None, 1, size["new"]), Flow(1, None, size["left"])]
    found = told(impact_of(SAME, SAME, flows), 10)
    assert set(found["customers"].values()) == {None}
    assert (found["share_moved"], found["revenue_share_moved"]) == (None, None)
