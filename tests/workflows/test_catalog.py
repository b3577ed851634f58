"""Views in a catalog show the run that readers follow, wherever they are sent."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql.types import StructType
from typer.testing import CliRunner

from segmentation.cli import app, keeping
from segmentation.errors import EnvironmentFault, SettingsError
from segmentation.publish.integrity import files_of, sealed
from segmentation.publish.publications import publish_in_order
from segmentation.publish.run import begin, published
from segmentation.publish.successors import next_id
from segmentation.settings import validated
from segmentation.storage import write_rows
from segmentation.workflows.catalog import check_catalog, follow
from segmentation.workflows.rewriting import put_in_place

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SCHEMA = StructType().add("segment_id", "integer")


def _made(root, run_id, value, tables=("segment_summary", "k_selection"), **told):
    run = begin(root, run_id)
    for table in tables:
        write_rows([{"segment_id": value}], SCHEMA, run.path(table))
    facts = {"run_id": run_id, "as_of": "2026-01-01", "tables": dict.fromkeys(tables, 1), "audit": {"passed": True, "faults": []}}
    sealed(run, {**facts, "settings": {"publish": {"catalog": "shop"}}, **told}, files_of(run))
    return run


@pytest.fixture
def root(spark, tmp_path):
    """An output with one published run, in a folder with a difficult name, and a schema beside it."""
    spark.sql("CREATE SCHEMA shop")
    root = str(tmp_path / "it's `all` here")
    publish_in_order(_made(root, "r1", 1, ("segment_summary", "k_selection", "drift")), "2026-01-01", NOON)
    yield root
    spark.sql("DROP SCHEMA shop CASCADE")


def _shown(spark, table="segment_summary"):
    return [row.segment_id for row in spark.table(f"shop.{table}").collect()]


def _views(spark):
    return {row.viewName for row in spark.sql("SHOW VIEWS IN shop").collect()}


def test_there_is_a_view_for_each_table_and_it_follows_the_next_run(spark, root):
    assert follow(spark, root, "shop") == 3
    assert (_shown(spark), _shown(spark, "drift")) == ([1], [1])
    publish_in_order(_made(root, "r2", 2), "2026-01-01", NOON)
    assert _shown(spark) == [1]
    assert follow(spark, root, "spark_catalog.shop") == 2
    assert _shown(spark) == [2]
    assert _views(spark) == {"segment_summary", "k_selection"}


def test_what_others_keep_in_the_schema_is_left_alone(spark, root):
    spark.sql("CREATE VIEW shop.visitors AS SELECT 7 AS segment_id")
    follow(spark, root, "shop")
    assert _shown(spark, "visitors") == [7]


def test_before_the_first_run_nothing_is_shown(spark, root, tmp_path):
    assert follow(spark, str(tmp_path / "nowhere"), "shop") == 0
    assert _views(spark) == set()


def test_views_go_back_with_readers(spark, root, monkeypatch):
    monkeypatch.setattr(keeping, "session_and_libraries", lambda _: spark)
    publish_in_order(_made(root, "r2", 2), "2026-01-01", NOON)
    follow(spark, root, "shop")
    result = CliRunner().invoke(app, ["rollback", "--output", root, "--because", "wrong prices"])
    assert result.exit_code == 0, result.output
    assert (_shown(spark), _views(spark)) == ([1], {"segment_summary", "k_selection", "drift"})
    result = CliRunner().invoke(app, ["publish", "--run", "r2", "--output", root, "--because", "they were right"])
    assert result.exit_code == 0, result.output
    assert _shown(spark) == [2]


def test_a_run_written_anew_is_shown_before_the_old_one_goes(spark, root):
    run = published(root)
    follow(spark, root, "shop")
    put_in_place(spark, run, _made(root, next_id(run), 5, rewritten=[{"because": "erased"}]), NOON.isoformat())
    assert _shown(spark) == [5]
    assert not Path(run.path()).exists()


def test_a_table_in_the_way_is_told_and_readers_of_files_stay_where_they_are(spark, root):
    spark.sql("CREATE TABLE shop.segment_summary (segment_id INT) USING parquet")
    with pytest.raises(SettingsError, match=r"run r1 is published, and not all views follow it: .*segment_summary.*`segmentation catalog`"):
        follow(spark, root, "shop")
    assert published(root).run_id == "r1"


def test_a_schema_that_is_not_there_is_told_with_the_remedy(spark):
    with pytest.raises(SettingsError, match=r"no schema main\.shop.*`CREATE SCHEMA `main`\.`shop`` makes it"):
        check_catalog(spark, "main.shop")
    check_catalog(spark, None)
    check_catalog(spark, "default")


def test_views_of_delta_tables_ask_for_a_session_with_delta_before_anything_is_read(spark, monkeypatch):
    with pytest.raises(EnvironmentFault, match=r"views in publish\.catalog would be of Delta.*without Delta.*spark\.sql\.extensions"):
        check_catalog(spark, "default", "delta")
    check_catalog(spark, None, "delta")
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "19.0")
    check_catalog(spark, "default", "delta")


@pytest.mark.parametrize("name", ["a`b", "shop; DROP TABLE x", "a.b.c", "../shop", "", "shop.", "a b", "shop\n"])
def test_a_name_that_is_more_than_a_schema_is_refused(name):
    with pytest.raises(SettingsError, match=r"publish\.catalog"):
        validated({"input": {"format": "csv", "path": "log"}, "publish": {"catalog": name}})


def test_the_command_shows_what_is_published(spark, root, tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "session_and_libraries", lambda _: spark)
    config = tmp_path / "settings.yaml"
    columns = "columns: {customer_id: who, ordered_at: at, amount: paid}"
    config.write_text(f'input: {{format: csv, path: log, {columns}}}\noutput: {{path: "{root}"}}\n')
    result = CliRunner().invoke(app, ["catalog", "--config", str(config)])
    assert (result.exit_code, "publish.catalog is not set" in result.output) == (2, True)
    shop = ["catalog", "--config", str(config), "--set", "publish.catalog=shop"]
    result = CliRunner().invoke(app, [*shop, "--set", "publish.format=delta"])
    assert (result.exit_code, "started without Delta" in result.output) == (2, True)
    result = CliRunner().invoke(app, shop)
    assert (result.exit_code, result.output) == (0, "shop: 3 views follow the published run\n")
    assert _shown(spark) == [1]
