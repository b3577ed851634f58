"""Days that were missed are made up for in one go; asked again, nothing is done; and no reader is left with less than before."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import duckdb
import pytest

from segmentation.errors import HeldBackError, InputError
from segmentation.publish.run import published
from segmentation.workflows import backfill
from segmentation.workflows.backfill import backfilled, days_to_do
from segmentation.workflows.score import score
from segmentation.workflows.segment import segment

FITTED = date(2025, 11, 1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def caught_up(spark, settings_for, tmp_path_factory):
    """A fit, and two days after it in one go."""
    root = tmp_path_factory.mktemp("caught_up")
    settings = settings_for(root, **{"features.as_of": str(FITTED), "baskets.use": False})
    fitted = segment(spark, settings, NOW)
    days = days_to_do(str(root), FITTED + 2 * DAY)
    return SimpleNamespace(
        root=root, settings=settings, fitted=fitted, days=days, done=list(backfilled(spark, settings, days, partial(datetime.now, UTC)))
    )


def _members(outcome):
    table = f"'{outcome.run.path('customer_segments')}/*.parquet'"
    return duckdb.sql(f"SELECT customer_id, segment_id, distance FROM {table} ORDER BY 1").fetchall()


def test_every_day_since_the_last_has_a_published_run_of_the_same_model(caught_up):
    assert [outcome.manifest["as_of"] for outcome in caught_up.done] == ["2025-11-02", "2025-11-03"] == list(map(str, caught_up.days))
    assert {outcome.manifest["model"]["run_id"] for outcome in caught_up.done} == {caught_up.fitted.run.run_id}
    assert json.loads((caught_up.root / "current.json").read_text())["as_of"] == "2025-11-03"
    assert [outcome.manifest["movement"]["since_as_of"] for outcome in caught_up.done] == ["2025-11-01", "2025-11-02"]


def test_asked_again_nothing_is_left_to_do(caught_up):
    assert days_to_do(str(caught_up.root), date(2025, 11, 3)) == days_to_do(str(caught_up.root), date(2025, 10, 1)) == []


def test_a_day_is_as_if_its_night_had_come_alone(spark, caught_up):
    then = caught_up.settings.features.model_copy(update={"as_of": date(2025, 11, 3)})
    alone = score(spark, caught_up.settings.model_copy(update={"features": then}), NOW + timedelta(days=400))
    assert _members(alone) == _members(caught_up.done[-1])


def test_days_are_said_anew_where_asked_but_readers_keep_the_latest(caught_up):
    root = str(caught_up.root)
    assert days_to_do(root, date(2025, 11, 4), date(2025, 11, 2)) == [date(2025, 11, day) for day in (2, 3, 4)]
    with pytest.raises(InputError, match=r"readers see 2025-11-03, and would be left with 2025-11-02.*--aside"):
        days_to_do(root, date(2025, 11, 2), date(2025, 11, 1))


def test_without_a_model_there_is_nothing_to_go_on_from(tmp_path):
    with pytest.raises(InputError, match=r"no run is published.*`segmentation segment`"):
        days_to_do(str(tmp_path), date(2025, 11, 2))


def test_a_day_that_is_held_back_stops_those_after_it(spark, caught_up, monkeypatch):
    scored = []

    def held_on_the_second(_, settings, *__):
        scored.append(settings.features.as_of)
        if len(scored) == 2:
            raise HeldBackError("customers fell")
        return published(str(caught_up.root))

    monkeypatch.setattr(backfill, "score", held_on_the_second)
    days = [date(2025, 12, day) for day in (1, 2, 3)]
    with pytest.raises(HeldBackError, match=r"^2025-12-02, which the days after it wait for: customers fell$"):
        list(backfilled(spark, caught_up.settings, days, partial(datetime.now, UTC)))
    assert scored == days[:2]
