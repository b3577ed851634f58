"""Rows of segment_migration and segment_lineage."""

from segmentation.analyses.migration.migration import lineage_rows, migration_rows
from segmentation.analyses.migration.tables import SEGMENT_LINEAGE, SEGMENT_MIGRATION
from segmentation.clustering.lineage import Fate
from segmentation.fitted.identity import Flow, LineageEvent

NAMES = {1: "Best", 2: "Rest"}


def test_shares_are_of_the_segment_that_customers_come_from():
    flows = [Flow(1, 1, 1, 5.0), Flow(1, 2, 2, 8.0), Flow(2, None, 1, 9.0), Flow(None, 2, 1, 3.0)]
    rows = migration_rows(flows, {1: "Old best", 2: "Old rest"}, NAMES)
    assert [row["from_share"] for row in rows] == [1 / 3, 2 / 3, 1.0, None]
    assert [(row["from_segment_name"], row["segment_name"]) for row in rows] == [
        ("Old best", "Best"), ("Old best", "Rest"), ("Old rest", None), (None, "Rest"),
    ]  # fmt: skip
    assert list(rows[0]) == SEGMENT_MIGRATION.schema.names


def test_a_lineage_event_has_nothing_on_the_side_where_there_is_no_segment():
    rows = lineage_rows(
        [LineageEvent(Fate.CONTINUED, 1, 1, 90, 0.9, 1.0), LineageEvent(Fate.RETIRED, 2, None, 0, None, None)], NAMES, NAMES
    )
    assert list(rows[0].values()) == ["continued", 1, "Best", 1, "Best", 90, 0.9, 1.0]
    assert list(rows[1].values()) == ["retired", 2, "Rest", None, None, 0, None, None]
    assert list(rows[0]) == SEGMENT_LINEAGE.schema.names
