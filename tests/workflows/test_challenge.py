"""A challenger's impact as the manifest tells it: without small groups."""

from decimal import Decimal

import pytest

from segmentation.monitor.migration import Flow
from segmentation.settings import validated
from segmentation.workflows.challenge import challenged

LOG = {"input": {"format": "csv", "path": "log.csv", "columns": {"customer_id": "c", "ordered_at": "t", "amount": "a"}}}
ROWS = [{"silhouette": 0.5, "customers": 200, "stability": 0.9}]


def _told(flows, challenger=ROWS):
    return challenged(ROWS, challenger, flows, validated(LOG))


def test_a_challenger_that_passes_tells_its_impact():
    flows = [Flow(1, 1, 150, Decimal(600)), Flow(1, 2, 50, Decimal(200)), Flow(None, 2, 20, Decimal(5)), Flow(2, None, 10, Decimal(5))]
    found = _told(flows)
    assert found.faults == ()
    assert found.told["customers"] == {"new": 20, "left": 10, "stayed": 150, "moved": 50}
    assert (found.told["share_moved"], found.told["revenue_share_moved"], found.told["passed"]) == (0.25, 0.25, True)


def test_one_that_does_not_says_why():
    found = _told([Flow(1, 1, 60), Flow(1, 2, 40)], [{"silhouette": 0.3, "customers": 100, "stability": 0.9}])
    assert [fault.split(":")[0] for fault in found.faults] == ["silhouette", "customers who would move to another segment"]
    assert found.told["passed"] is False


@pytest.mark.parametrize("few", [{"moved": 3}, {"left": 9}, {"new": 1}, {"stayed": 5}])
def test_counts_and_shares_of_few_are_kept_back(few):
    size = {"stayed": 150, "moved": 40, "new": 20, "left": 10, **few}
    flows = [Flow(1, 1, size["stayed"]), Flow(1, 2, size["moved"]), Flow(None, 1, size["new"]), Flow(1, None, size["left"])]
    told = _told(flows).told
    assert set(told["customers"].values()) == {None}
    assert (told["share_moved"], told["revenue_share_moved"]) == (None, None)
