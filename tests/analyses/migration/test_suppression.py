"""Suppression in segment_migration and segment_lineage."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.analyses.analysis import Result
from segmentation.analyses.migration.migration import Migration, migration_rows, suppress_churn, suppress_lineage, suppress_migration
from segmentation.fitted.identity import Flow


def suppressed(counts):
    flows = [Flow(i + 1, j + 1, int(n), Decimal(int(n))) for (i, j), n in np.ndenumerate(counts) if n]
    names = dict.fromkeys(range(1, 9), "S")
    return suppress_migration(migration_rows(flows, names, names), 10)


def test_small_groups_are_suppressed_and_cannot_be_derived():
    rows = suppressed(np.array([[100, 3, 40], [30, 200, 50], [20, 60, 90]]))
    cells = {(row["from_segment_id"], row["segment_id"]): row["customers"] for row in rows}
    assert cells[1, 2] is None
    for line in (1, 2, 3):
        assert sum(cells[line, other] is None for other in (1, 2, 3)) != 1
        assert sum(cells[other, line] is None for other in (1, 2, 3)) != 1


@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=3))
def test_the_rest_of_a_segments_spend_is_that_of_a_group_or_of_nobody(counts):
    """What all of a segment spent is known."""
    rows = suppressed(np.array(counts))
    for segment in (1, 2, 3):
        without_spend = [row["from_segment_id"] for row in rows if row["segment_id"] == segment and row["revenue_net"] is None]
        customers = sum(counts[line - 1][segment - 1] for line in without_spend)
        assert customers == 0 or customers >= min(10, sum(line[segment - 1] for line in counts))


def test_a_lineage_event_that_reveals_a_small_rest_is_suppressed():
    row = {"event": "continued", "customers": 95, "from_share": 0.95, "to_share": 1.0}  # five went elsewhere
    assert suppress_lineage([row], 10) == [{"event": "continued", "customers": None, "from_share": None, "to_share": None}]
    assert suppress_lineage([row], 5) == [row]


@pytest.mark.parametrize(
    ("moved", "moved_to_nearest", "is_published"), [(100, 140, True), (100, 100, True), (3, 40, False), (100, 105, False)]
)
def test_churn_is_suppressed_where_a_count_or_a_difference_is_small(moved, moved_to_nearest, is_published):
    churn = {"customers": 1000, "moved": moved, "moved_to_nearest": moved_to_nearest, "wcss": 1.0, "wcss_of_nearest": 1.0}
    assert (suppress_churn(churn, 10) is not None) is is_published
    assert suppress_churn(None, 10) is None


def test_both_tables_of_the_analysis_are_suppressed():
    lineage = [{"event": "ended", "customers": 3, "from_share": 0.5, "to_share": None}]
    flows = migration_rows([Flow(1, 1, 100, None), Flow(1, 2, 3, None)], {1: "S"}, {1: "S", 2: "T"})
    exact = Result({"segment_migration": flows, "segment_lineage": lineage}, {"customers": {"moved": 30}, "churn": None})
    published = Migration().suppress(exact, 10)
    assert [row["customers"] for row in published.rows("segment_lineage")] == [None]
    assert None in [row["customers"] for row in published.rows("segment_migration")]


@pytest.mark.parametrize(("moved", "published"), [(3, None), (30, 30)])
def test_counts_of_movement_are_suppressed_together(moved, published):
    customers = {"new": 20, "left": 0, "stayed": 100, "moved": moved}
    suppressed_result = Migration().suppress(Result(facts={"customers": customers, "churn": None}), 10)
    assert suppressed_result.facts["customers"]["moved"] == published
    assert (suppressed_result.facts["customers"] == customers) is (published is not None)
