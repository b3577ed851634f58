"""Who moves between two runs, counted and told."""

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segmentation.monitor.migration import Flow, flows, migration_rows, movement
from segmentation.privacy.moves import lineage_told, migration_told, movement_told

NAMES = {1: "Best", 2: "Rest"}


def test_flows_hold_everybody_who_is_or_was_there(spark):
    now = spark.createDataFrame(
        [("a", 1, 1, 5.0), ("b", 2, 1, 7.0), ("c", 2, 1, 1.0), ("d", 2, None, 3.0)],
        "customer_id string, segment_id int, previous_segment_id int, monetary_net double",
    )
    then = spark.createDataFrame(
        [("a", 1, 4.0), ("b", 1, 4.0), ("c", 1, 1.0), ("e", 2, 9.0)], "customer_id string, previous_segment_id int, monetary_net double"
    )
    found = flows(now, then)
    assert found == [Flow(1, 1, 1, 5.0), Flow(1, 2, 2, 8.0), Flow(2, None, 1, 9.0), Flow(None, 2, 1, 3.0)]
    assert movement(found) == {"new": 1, "left": 1, "stayed": 1, "moved": 2}
    rows = migration_rows(found, NAMES, NAMES)
    assert [row["from_share"] for row in rows] == [1 / 3, 2 / 3, 1.0, None]
    assert (rows[1]["from_segment_name"], rows[1]["segment_name"], rows[2]["segment_name"]) == ("Best", "Rest", None)


def _rows(counts, price=1):
    found = [Flow(i + 1, j + 1, int(n), Decimal(int(n) * price)) for (i, j), n in np.ndenumerate(counts) if n]
    ids = dict.fromkeys(range(1, 9), "S")
    return migration_rows(found, ids, ids)


def test_small_groups_are_not_told_and_cannot_be_worked_out():
    rows = migration_told(_rows(np.array([[100, 3, 40], [30, 200, 50], [20, 60, 90]])), 10)
    told = {(row["from_segment_id"], row["segment_id"]): row["customers"] for row in rows}
    assert told[1, 2] is None
    for line in (1, 2, 3):
        assert sum(told[line, other] is None for other in (1, 2, 3)) != 1
        assert sum(told[other, line] is None for other in (1, 2, 3)) != 1


@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=3))
def test_what_a_segment_spent_gives_no_small_group_back(counts):
    """What all of a segment spent is known; what is left of it after subtraction is of a group, or of nobody."""
    rows = migration_told(_rows(np.array(counts)), 10)
    for segment in (1, 2, 3):
        silent = [
            counts[row["from_segment_id"] - 1][segment - 1] for row in rows if row["segment_id"] == segment and row["revenue_net"] is None
        ]
        whole = sum(line[segment - 1] for line in counts)
        assert sum(silent) == 0 or sum(silent) >= min(10, whole)


def test_lineage_and_movement_tell_no_few():
    row = {"fate": "continued", "customers": 95, "from_share": 0.95, "to_share": 1.0}
    assert lineage_told([row], 10)[0]["customers"] is None  # five went elsewhere
    assert lineage_told([row], 5)[0]["customers"] == 95
    assert movement_told({"new": 3, "stayed": 100}, 10) == {"new": None, "stayed": None}
    assert movement_told({"new": 0, "stayed": 100}, 10) == {"new": 0, "stayed": 100}
