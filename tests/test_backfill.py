"""Backfill scores missing days in order, repeats none, and never leaves readers with an earlier day than before."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import duckdb
import pytest

from segmentation.backfill import backfill, missing_days
from segmentation.errors import AuditFailedError, InputError
from segmentation.pipeline.run import score, segment
from segmentation.publish.run import published_run

FITTED = date(2025, 11, 1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def caught_up(spark, settings_for, tmp_path_factory):
    """A fit, and two days after it in one go."""
    root = tmp_path_factory.mktemp("caught_up")
    settings = settings_for(root, **{"features.as_of": str(FITTED), "baskets.use": False})
    fitted = segment(spark, settings, NOW)
    days = missing_days(str(root), FITTED + 2 * DAY)
    return SimpleNamespace(
        root=root, settings=settings, fitted=fitted, days=days, done=list(backfill(spark, settings, days, partial(datetime.now, UTC)))
    )


def _members(outcome):
    table = f"'{outcome.run.path('customer_segments')}/*.parquet'"
    return duckdb.sql(f"SELECT customer_id, segment_id, distance FROM {table} ORDER BY 1").fetchall()


def test_every_day_since_the_last_has_a_published_run_of_the_same_model(caught_up):
    assert [outcome.manifest["as_of"] for outcome in caught_up.done] == ["2025-11-02", "2025-11-03"] == list(map(str, caught_up.days))
    assert {outcome.manifest["model"]["run_id"] for outcome in caught_up.done} == {caught_up.fitted.run.run_id}
    assert json.loads((caught_up.root / "current.json").read_text())["as_of"] == "2025-11-03"
    assert [outcome.manifest["analyses"]["migration"]["since_as_of"] for outcome in caught_up.done] == ["2025-11-01", "2025-11-02"]


def test_after_a_backfill_no_day_is_missing(caught_up):
    assert missing_days(str(caught_up.root), date(2025, 11, 3)) == missing_days(str(caught_up.root), date(2025, 10, 1)) == []


def test_a_backfilled_day_equals_a_nightly_run_of_that_day(spark, caught_up):
    features = caught_up.settings.features.model_copy(update={"as_of": date(2025, 11, 3)})
    alone = score(spark, caught_up.settings.model_copy(update={"features": features}), NOW + timedelta(days=400))
    assert _members(alone) == _members(caught_up.done[-1])


def test_days_can_be_scored_again_but_readers_never_go_back(caught_up):
    root = str(caught_up.root)
    assert missing_days(root, date(2025, 11, 4), date(2025, 11, 2)) == [date(2025, 11, day) for day in (2, 3, 4)]
    with pytest.raises(InputError, match=r"readers see 2025-11-03, and would go back to 2025-11-02.*--no-publish"):
        missing_days(root, date(2025, 11, 2), date(2025, 11, 1))


def test_without_a_published_model_backfill_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"no run is published.*`segmentation segment`"):
        missing_days(str(tmp_path), date(2025, 11, 2))


def test_a_day_that_fails_its_audit_stops_later_days(spark, caught_up, monkeypatch):
    scored = []

    def fails_on_the_second(_, settings, *__):
        scored.append(settings.features.as_of)
        if len(scored) == 2:
            raise AuditFailedError("customers fell")
        return published_run(str(caught_up.root))

    monkeypatch.setattr("segmentation.backfill.score", fails_on_the_second)
    days = [date(2025, 12, day) for day in (1, 2, 3)]
    with pytest.raises(AuditFailedError, match=r"^2025-12-02, which later days depend on: customers fell$"):
        list(backfill(spark, caught_up.settings, days, partial(datetime.now, UTC)))
    assert scored == days[:2]
