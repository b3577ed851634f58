"""Rows of the tables drift and drift_trend."""

from datetime import UTC, date, datetime

from segmentation.analyses.drift.drift import drift_table, trend_rows
from segmentation.analyses.drift.tables import DRIFT, DRIFT_TREND
from segmentation.fitted.references import LAST, ReferenceRun
from segmentation.profiling.psi import Deciles, FeatureDrift
from segmentation.publish.run import Run

REFERENCE = ReferenceRun(Run("root", "r1"), date(2026, 1, 1), datetime(2026, 1, 2, tzinfo=UTC), "r1")
BEFORE, AFTER = (Deciles(tuple(first + number / 7 for number in range(9))) for first in (0.0, 10.0))


def _table():
    drifts = [
        FeatureDrift(None, "spend", 0.3, 0.01, BEFORE, AFTER, (1000, 1000)),
        FeatureDrift(4, "spend", 0.05, 0.01, BEFORE, AFTER, (50, 1000)),
    ]
    return drift_table({LAST: drifts}, {LAST: REFERENCE}, 0.25)


def test_a_row_has_index_quantiles_and_verdict():
    rows = _table().rows
    assert list(rows[0]) == DRIFT.schema.names
    assert [(row["reference"], row["reference_run_id"], row["segment_id"], row["psi"], row["verdict"]) for row in rows] == [
        ("last", "r1", None, 0.3, "major"), ("last", "r1", 4, 0.05, "stable"),
    ]  # fmt: skip
    assert (rows[0]["p10_reference"], rows[0]["p50_current"]) == (0.0, 10 + 4 / 7)


def test_quantiles_of_small_groups_are_suppressed_and_others_have_three_digits():
    rows = _table().suppressed(10).rows
    assert (rows[0]["p10_current"], rows[0]["p50_current"]) == (10.0, 10.6)
    assert (rows[1]["p10_reference"], rows[1]["p50_reference"], rows[1]["p10_current"]) == (None, 0.571, 10.0)


def test_the_trend_has_all_customers_only():
    rows = trend_rows(_table().rows, {"run_id": "r2", "as_of": date(2026, 1, 2)})
    assert [list(row) for row in rows] == [DRIFT_TREND.schema.names]
    assert (rows[0]["run_id"], rows[0]["psi"], rows[0]["verdict"]) == ("r2", 0.3, "major")
