"""Segments keep their ids and names when a model is fitted again, and no id is ever given twice."""

import random
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from segmentation.pipeline.run import segment
from segmentation.settings import PublishSettings, settings_from_dict

NOW = datetime(2026, 2, 1, tzinfo=UTC)
TYPES = {
    "best": {"orders": 24, "basket": 90.0, "last": 3},
    "regular": {"orders": 8, "basket": 30.0, "last": 20},
    "lapsed": {"orders": 2, "basket": 15.0, "last": 200},
    "hoarder": {"orders": 2, "basket": 4000.0, "last": 25},
}
DAY = datetime(2025, 12, 31, 12, tzinfo=UTC)


def _log(folder, kinds, customers=60):
    """A log of customers of some types, the same ones for the same type."""
    rows = ["customer_id,ordered_at,order_id,quantity,unit_price"]
    for kind in kinds:
        draw = random.Random(kind)
        for number in range(customers):
            habits = TYPES[kind]
            for order in range(habits["orders"] + draw.randint(0, 1)):
                day = DAY - timedelta(days=habits["last"] * draw.uniform(0.8, 1.2) + 7 * order)
                price = habits["basket"] * draw.uniform(0.8, 1.25)
                rows.append(f"{kind}{number},{day:%Y-%m-%d %H:%M:%S},{kind}{number}-{order},1,{price:.2f}")
    folder.mkdir(parents=True)
    (folder / "log.csv").write_text("\n".join(rows) + "\n")
    return str(folder)


def _settings(log, root, **clustering):
    columns = {name: name for name in ("customer_id", "ordered_at", "order_id", "quantity", "unit_price")}
    free = {name: None for name in PublishSettings.model_fields if name.startswith("max_")}
    return settings_from_dict(
        {
            "input": {"format": "csv", "path": log, "options": {"header": True}, "columns": columns},
            "features": {"as_of": "2026-01-01"},
            "clustering": {"k": 3, "n_init": 3, **clustering},
            "publish": free,
            "baskets": {"use": False},
            "output": {"path": str(root)},
        }
    )


def _members(run):
    query = f"SELECT customer_id, segment_id, segment_name FROM read_parquet('{run.path('customer_segments')}/*.parquet')"
    return {customer: (segment_id, name) for customer, segment_id, name in duckdb.sql(query).fetchall()}


def _kinds(run):
    """Segment of each type, which all of its customers are in."""
    places_by_kind = {}
    for customer, (segment_id, name) in _members(run).items():
        places_by_kind.setdefault(customer.rstrip("0123456789"), set()).add((segment_id, name))
    return {kind: next(iter(places)) for kind, places in places_by_kind.items() if len(places) == 1}


@pytest.fixture(scope="module")
def refitted(spark, tmp_path_factory):
    """Three types; the same with another seed; one type gone and another come; and that one back again."""
    folder, root = tmp_path_factory.mktemp("logs"), tmp_path_factory.mktemp("out")
    first, other = _log(folder / "1", ["best", "regular", "lapsed"]), _log(folder / "2", ["best", "lapsed", "hoarder"])
    steps = [(first, {}), (first, {"seed": 7}), (other, {"seed": 7}), (first, {"seed": 11})]
    return [segment(spark, _settings(log, root, **values), NOW + timedelta(hours=hour)) for hour, (log, values) in enumerate(steps)]


def test_another_seed_leaves_everybody_where_they_are(refitted):
    first, again, *_ = refitted
    assert _members(first.run) == _members(again.run)
    assert [row["event"] for row in _rows(again, "segment_lineage")] == ["continued"] * 3
    assert again.manifest["analyses"]["migration"]["customers"] == {"new": 0, "left": 0, "stayed": 180, "moved": 0}


def test_a_type_that_leaves_retires_its_id_and_one_that_comes_gets_a_new_one(refitted):
    _, before, after, _ = refitted
    then, now = _kinds(before.run), _kinds(after.run)
    assert then.keys() == {"best", "regular", "lapsed"}
    assert {kind: now[kind] for kind in ("best", "lapsed")} == {kind: then[kind] for kind in ("best", "lapsed")}
    assert now["hoarder"][0] == 4
    assert now["hoarder"][1] not in {name for _, name in then.values()}
    fates = {(row["event"], row["from_segment_id"], row["segment_id"]) for row in _rows(after, "segment_lineage")}
    assert {("retired", then["regular"][0], None), ("born", None, 4)} < fates


def test_an_id_that_was_retired_is_never_given_again(refitted):
    back = refitted[-1]
    assert _kinds(back.run)["regular"][0] == 5
    assert back.manifest["identity"] == {"last_segment_id": 5}
    assert [outcome.manifest["identity"]["last_segment_id"] for outcome in refitted] == [3, 3, 4, 5]


def test_tables_of_segments_are_in_the_order_of_ids_and_agree(refitted):
    back = refitted[-1]
    ids = [row["segment_id"] for row in back.tables["segment_summary"]]
    assert ids == sorted(ids)
    members = _members(back.run)
    for row in back.tables["segment_summary"]:
        mine = [name for segment_id, name in members.values() if segment_id == row["segment_id"]]
        assert (len(mine), set(mine)) == (row["customers"], {row["segment_name"]})
    best = _kinds(back.run)["best"][0]
    assert max(back.tables["segment_summary"], key=lambda row: row["monetary_net_mean"])["segment_id"] == best
    with open(back.run.path("model", "scoring.sql")) as file:
        query = file.read().replace("FROM customer_features", f"FROM read_parquet('{back.run.path('customer_features')}/*.parquet')")
    assert {customer: segment_id for customer, segment_id, _ in duckdb.sql(query).fetchall()} == {c: s for c, (s, _) in members.items()}


def _rows(outcome, table):
    rows = duckdb.sql(f"SELECT * FROM read_parquet('{outcome.run.path(table)}/*.parquet')")
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
